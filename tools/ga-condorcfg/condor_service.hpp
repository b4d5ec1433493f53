#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/time.hpp"
#include "io/child_process.hpp"
#include "io/event_loop.hpp"
#include "systemd_service.hpp"

namespace ipop::ga_condorcfg {

/// HTCondor's daemons of this machine: the service `condor` where systemd runs, else a condor_master of
/// our own, which is started again when it ends unasked.
class CondorService {
 public:
  struct Handlers {
    std::function<void()> on_stopped;  ///< after stop(), when nothing runs any more
    std::function<void(const LogLine&)> log;
  };

  /// `command` runs in the foreground; empty: the service, or `condor_master -f` without systemd. `config` is
  /// the configuration file that it has to have read.
  CondorService(io::EventLoop& loop, std::vector<std::string> command, std::string config, Handlers handlers);

  /// Takes the service out of the machine's boot, where the package put it: without an address its daemons
  /// could only fail. One that runs already is_running() from then on, to be started or stopped.
  void take_over();
  /// A service that runs already is started anew when its configuration has `changed`, or was written after
  /// it began.
  void start(bool changed);
  /// Its daemons read their configuration again.
  void reload();
  /// At once: running jobs of a submit machine stay with their workers, which hold them for their lease.
  void restart();
  /// Jobs on this machine get time to leave.
  void stop();
  /// SIGCHLD came.
  void handle_child();
  [[nodiscard]] bool is_running() const { return is_wanted_; }

 private:
  enum class Ending { none, graceful, fast };

  void spawn();
  void end_child(Ending how);
  void press();
  void stop_service();
  void press_service();

  std::vector<std::string> command_;
  std::string config_;
  Handlers handlers_;
  SystemdService service_;
  bool is_service_;
  bool is_wanted_ = false;
  Ending ending_ = Ending::none;
  TimePoint service_limit_{};  // of a stop in good order
  std::optional<io::ChildProcess> child_;
  io::LoopTimer again_;
  io::LoopTimer patience_;
};

}  // namespace ipop::ga_condorcfg
