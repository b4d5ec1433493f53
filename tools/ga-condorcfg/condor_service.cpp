#include "condor_service.hpp"

#include <csignal>
#include <utility>

#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"

namespace ipop::ga_condorcfg {
namespace {

// sd_booted(3): the directory exists where systemd is the init system.
constexpr const char* systemd_directory = "/run/systemd/system";
// After one that ended unasked: a daemon that can't start must not eat the machine.
constexpr Duration start_pause = 5s;
// For jobs to leave; then for the daemons themselves.
constexpr Duration graceful_limit = 60s;
constexpr Duration fast_limit = 10s;

}  // namespace

CondorService::CondorService(io::EventLoop& loop, std::vector<std::string> command, Handlers handlers)
    : command_(std::move(command)),
      handlers_(std::move(handlers)),
      is_service_(command_.empty() && io::exists(systemd_directory)),
      again_(loop,
             [this] {
               if (is_wanted_ && !child_) spawn();
             }),
      patience_(loop, [this] { press(); }) {
  if (command_.empty()) command_ = {"condor_master", "-f"};
}

void CondorService::start() {
  is_wanted_ = true;
  if (is_service_) {
    // One that runs already has another configuration.
    run_systemctl("restart");
    return;
  }
  if (!child_) spawn();
}

void CondorService::reload() {
  if (is_service_) {
    run_systemctl("reload");
    return;
  }
  // The signal also reaches daemons whose advertised address is gone, which condor_reconfig does not.
  if (child_ && ending_ == Ending::none) child_->send_signal(SIGHUP);
}

void CondorService::restart() {
  is_wanted_ = true;
  if (is_service_) {
    // The unit's own stop is graceful; SIGQUIT is HTCondor's fast end.
    const auto killed = io::run_process({"systemctl", "kill", "--kill-who=main", "--signal=SIGQUIT", "condor"}, 30s);
    if (!killed) handlers_.log({LogLevel::error, "systemctl fails", {{"reason", killed.error().message()}}});
    run_systemctl("restart");
    return;
  }
  if (child_)
    end_child(Ending::fast);
  else
    spawn();
}

void CondorService::stop() {
  is_wanted_ = false;
  again_.disarm();
  if (is_service_) {
    run_systemctl("stop");
    return handlers_.on_stopped();
  }
  if (!child_) return handlers_.on_stopped();
  end_child(Ending::graceful);
}

void CondorService::handle_child() {
  if (!child_) return;
  const auto status = child_->poll_end();
  if (!status) return;
  child_.reset();
  patience_.disarm();
  const Ending was = std::exchange(ending_, Ending::none);
  if (!is_wanted_) return handlers_.on_stopped();
  if (was != Ending::none) return spawn();
  handlers_.log(
      {LogLevel::error, "HTCondor ended by itself; it is started again", {{"status", std::to_string(*status)}}});
  again_.arm(io::monotonic_now() + start_pause);
}

void CondorService::spawn() {
  auto child = io::ChildProcess::start(command_);
  if (child) {
    child_ = *child;
    return;
  }
  handlers_.log({LogLevel::error, "HTCondor does not start", {{"reason", child.error().message()}}});
  again_.arm(io::monotonic_now() + start_pause);
}

void CondorService::end_child(Ending how) {
  if (ending_ == Ending::fast) return;
  ending_ = how;
  child_->send_signal(how == Ending::fast ? SIGQUIT : SIGTERM);
  patience_.arm(io::monotonic_now() + (how == Ending::fast ? fast_limit : graceful_limit));
}

void CondorService::press() {
  if (!child_) return;
  if (ending_ == Ending::graceful) return end_child(Ending::fast);
  child_->send_signal(SIGKILL);
}

bool CondorService::run_systemctl(const std::string& verb) {
  const auto ran = io::run_process({"systemctl", "--no-block", verb, "condor"}, 30s);
  if (ran && ran->status == 0) return true;
  const std::string reason = ran ? ran->output.substr(0, ran->output.find('\n')) : ran.error().message();
  handlers_.log({LogLevel::error, "systemctl " + verb + " condor fails", {{"reason", reason}}});
  return false;
}

}  // namespace ipop::ga_condorcfg
