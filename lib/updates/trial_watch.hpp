#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/machine.hpp"
#include "base/timer_table.hpp"
#include "updates/journal.hpp"

namespace ipop::updates {

/// Watches a boot of a new state until it is content, or its time has ended.
///
/// The node tells when it joins and leaves. Nothing tells when a name resolves or HTCondor answers, so they are asked,
/// and a while after a bad answer again. It is content as soon as all that is wanted is so.
class TrialWatch {
 public:
  struct AskName {};  ///< answered by handle_name
  struct AskPool {};  ///< answered by handle_pool
  struct Content {};
  struct GiveUp {
    std::string reason{};
  };
  using Output = std::variant<AskName, AskPool, Content, GiveUp>;

  /// How long after a bad answer the question is asked again.
  static constexpr Duration pause = std::chrono::seconds(5);

  TrialWatch(const Wants& wants, Duration limit) : wants_(wants), limit_(limit) {}

  /// The watch begins; called once.
  void begin(TimePoint now);
  void handle_node(TimePoint now, bool is_joined);
  void handle_name(TimePoint now, bool is_right);
  void handle_pool(TimePoint now, bool answers);
  void handle_timeout(TimePoint now);
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  /// What is awaited, in words; empty: nothing any more.
  [[nodiscard]] std::string awaited() const;

 private:
  enum class Timer {
    end,         // the time is over
    name_again,  // the name is asked for again
    pool_again,  // HTCondor is asked again
    count_
  };
  void judge();
  void ask_name();

  Wants wants_;
  Duration limit_;
  bool is_joined_ = false;
  bool is_named_ = false;
  bool answers_ = false;
  bool has_ended_ = false;
  bool is_name_asked_ = false;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};
static_assert(Machine<TrialWatch>);

}  // namespace ipop::updates
