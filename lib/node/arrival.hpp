#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/timer_table.hpp"
#include "net/endpoint.hpp"

namespace ipop::node {

/// When a node that entered has a ring: that of others, or one of its own when nobody answers and it may be the first
/// of its group (its lease yields to an older one when rings meet). Who may not be the first takes nothing: what it
/// took could be another's.
class Arrival {
 public:
  /// A bootstrap node that is up answers in well under a second.
  static constexpr Duration alone_after = std::chrono::seconds(10);

  struct Config {
    std::vector<net::Endpoint> bootstrap{};  ///< resolved so far
    bool has_bootstrap = false;              ///< the group names bootstrap nodes, resolved or not
    bool first = false;                      ///< may be the first member, though the bootstrap nodes are others
    bool knows_peers = false;                ///< of the last time
  };
  struct Ready {};  ///< there is a ring; once until handle_left()
  using Output = std::variant<Ready, LogLine>;

  explicit Arrival(Config config) : config_(std::move(config)) {}

  void handle_entered(TimePoint now);
  void handle_left();
  void handle_joined();
  /// Names are resolved, and addresses come, after the start: only then a bootstrap node knows itself.
  void handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints);
  void handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  [[nodiscard]] bool is_ready() const { return is_ready_; }
  [[nodiscard]] const std::vector<net::Endpoint>& local_endpoints() const { return local_; }
  /// Nobody answered, and this node may not be the first: a sentence for a person. Empty: not so.
  [[nodiscard]] std::string_view notice() const;

 private:
  enum class Timer { alone, count_ };  // alone: nobody was reached

  [[nodiscard]] bool is_ourselves(const net::Endpoint& endpoint) const;
  /// Nobody but this node itself is named or known, so that nobody is waited for.
  [[nodiscard]] bool has_nobody_to_ask() const;
  /// It may take an address though it reached nobody: it is a bootstrap node itself, or there are none.
  [[nodiscard]] bool may_be_first() const;
  void look_again(TimePoint now);
  void become_ready();

  Config config_;
  std::vector<net::Endpoint> local_;
  bool is_ready_ = false;
  bool is_cut_off_ = false;
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Arrival>);

}  // namespace ipop::node
