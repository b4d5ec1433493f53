#pragma once

#include <optional>
#include <variant>

#include "base/machine.hpp"
#include "base/timer_table.hpp"

namespace ipop::updates {

/// What a machine waits for before it leaves its pool for an update.
struct Terms {
  Duration not_before{};             ///< from the beginning on
  std::optional<Duration> within{};  ///< after that time it does not go any more; none: it waits as long as it takes
  bool when_idle = false;            ///< no job may run
  bool when_spared = false;          ///< no more than a share of the pool may be away
};

/// Decides when a machine goes: its time has come, then no job runs, then the others can spare it.
///
/// Whether a job runs is told by whoever looks; whether the others can spare it is asked when all else is so, and a
/// while after a no again.
class Departure {
 public:
  struct AskSpared {};  ///< answered by handle_spared
  struct Go {};
  struct GiveUp {};  ///< the time is over
  using Output = std::variant<AskSpared, Go, GiveUp>;

  /// How long after a no it is asked again; a machine that was restarted needs about as long to be back.
  static constexpr Duration pause = std::chrono::seconds(30);

  explicit Departure(const Terms& terms) : terms_(terms) {}

  /// The wait begins; called once.
  void begin(TimePoint now);
  void handle_idle(TimePoint now, bool is_idle);
  void handle_spared(TimePoint now, bool is_spared);
  void handle_timeout(TimePoint now);
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

 private:
  enum class Timer {
    begin,  // the time to leave has come
    again,  // the others are asked again
    end,    // it does not go any more
    count_
  };
  void judge();
  void end_with(Output output);

  Terms terms_;
  bool is_idle_ = false;
  bool is_asked_ = false;
  bool has_ended_ = false;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};
static_assert(Machine<Departure>);

}  // namespace ipop::updates
