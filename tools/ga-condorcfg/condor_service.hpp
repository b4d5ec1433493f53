#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "io/event_loop.hpp"

namespace ipop::ga_condorcfg {

/// HTCondor's daemons of this machine: the service `condor` where systemd runs (CondorUnit), else a program of our own
/// (CondorProcess).
class CondorService {
 public:
  struct Handlers {
    std::function<void()> on_stopped;  ///< after stop(), when nothing runs any more
    std::function<void(const LogLine&)> log;
  };

  /// `command` runs in the foreground; empty: the service, or `condor_master -f` without systemd. `config` is
  /// the configuration file that it has to have read.
  static std::unique_ptr<CondorService> make(io::EventLoop& loop, std::vector<std::string> command, std::string config,
                                             Handlers handlers);

  CondorService(const CondorService&) = delete;
  CondorService& operator=(const CondorService&) = delete;
  virtual ~CondorService() = default;

  /// Takes the service out of the machine's boot, where the package put it: without an address its daemons
  /// could only fail. One that runs already is_running() from then on, to be started or stopped.
  virtual void take_over() = 0;
  /// A service that runs already is started anew when its configuration has `changed`, or was written after
  /// it began.
  virtual void start(bool changed) = 0;
  /// Its daemons read their configuration again.
  virtual void reload() = 0;
  /// At once: running jobs of a submit machine stay with their workers, which hold them for their lease.
  virtual void restart() = 0;
  /// Jobs on this machine get time to leave.
  virtual void stop() = 0;
  /// SIGCHLD came.
  virtual void handle_child() = 0;
  [[nodiscard]] bool is_running() const { return is_wanted_; }

 protected:
  enum class Ending { none, graceful, fast };
  // For jobs to leave; then for the daemons themselves.
  static constexpr Duration graceful_limit = std::chrono::seconds(60);
  static constexpr Duration fast_limit = std::chrono::seconds(10);

  explicit CondorService(Handlers handlers) : handlers_(std::move(handlers)) {}

  Handlers handlers_;
  bool is_wanted_ = false;
  Ending ending_ = Ending::none;
};

}  // namespace ipop::ga_condorcfg
