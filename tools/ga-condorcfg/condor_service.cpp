#include "condor_service.hpp"

#include <csignal>
#include <utility>

#include "io/file.hpp"
#include "io/processes.hpp"
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
// Between two looks at a service that ends.
constexpr Duration service_pause = 500ms;

}  // namespace

CondorService::CondorService(io::EventLoop& loop, std::vector<std::string> command, std::string config,
                             Handlers handlers)
    : command_(std::move(command)),
      config_(std::move(config)),
      handlers_(std::move(handlers)),
      service_("condor", handlers_.log),
      is_service_(command_.empty() && io::exists(systemd_directory)),
      again_(loop,
             [this] {
               if (is_wanted_ && !child_) spawn();
             }),
      patience_(loop, [this] { is_service_ ? press_service() : press(); }) {
  if (command_.empty()) command_ = {"condor_master", "-f"};
}

void CondorService::take_over() {
  if (!is_service_) return;
  if (service_.is_enabled()) service_.ask({"disable"});
  is_wanted_ = service_.is_active();
}

void CondorService::start(bool changed) {
  is_wanted_ = true;
  if (is_service_) {
    // One that is being stopped is started when it has ended. Jobs that were given time have no address to leave to.
    if (ending_ == Ending::graceful) service_limit_ = io::monotonic_now();
    if (ending_ != Ending::none) return;
    const bool is_stale = service_.is_active() && (changed || service_.began_before(config_));
    service_.ask({"--no-block", is_stale ? "restart" : "start"});
    return;
  }
  if (!child_) return spawn();
  if (ending_ == Ending::graceful) end_child(Ending::fast);
}

void CondorService::reload() {
  if (is_service_) {
    service_.ask({"--no-block", "reload"});
    return;
  }
  // The signal also reaches daemons whose advertised address is gone, which condor_reconfig does not.
  if (child_ && ending_ == Ending::none) child_->send_signal(SIGHUP);
}

void CondorService::restart() {
  is_wanted_ = true;
  if (is_service_) {
    patience_.disarm();
    ending_ = Ending::none;
    // HTCondor's fast end, whatever signal the unit would stop it with.
    service_.ask({"kill", "--kill-who=main", "--signal=SIGQUIT"});
    service_.ask({"--no-block", "restart"});
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
  if (is_service_) return stop_service();
  if (!child_) return handlers_.on_stopped();
  end_child(Ending::graceful);
}

// By signals, not by `systemctl stop`: Debian's unit stops HTCondor with SIGQUIT, which gives jobs no time, and a stop
// of that unit waits for the end of ours when the machine goes down.
void CondorService::stop_service() {
  if (ending_ != Ending::none) return;
  if (!service_.is_active()) {
    // One that is still to start, as in a boot, starts no more.
    service_.ask({"--no-block", "stop"});
    return handlers_.on_stopped();
  }
  ending_ = Ending::graceful;
  service_limit_ = io::monotonic_now() + graceful_limit;
  service_.ask({"kill", "--kill-who=main", "--signal=SIGTERM"});
  patience_.arm(io::monotonic_now() + service_pause);
}

void CondorService::press_service() {
  const TimePoint now = io::monotonic_now();
  if (service_.is_active()) {
    if (now < service_limit_) return patience_.arm(now + service_pause);
    if (ending_ == Ending::graceful) {
      ending_ = Ending::fast;
      service_limit_ = now + fast_limit;
      service_.ask({"kill", "--kill-who=main", "--signal=SIGQUIT"});
      return patience_.arm(now + service_pause);
    }
    service_.ask({"kill", "--signal=SIGKILL"});
    // systemd would start again what was killed.
    service_.ask({"--no-block", "stop"});
  }
  ending_ = Ending::none;
  if (is_wanted_) return start(false);
  handlers_.on_stopped();
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
      {LogLevel::error, "HTCondor exited unexpectedly; restarting it", {{"status", std::to_string(*status)}}});
  again_.arm(io::monotonic_now() + start_pause);
}

void CondorService::spawn() {
  auto child = io::ChildProcess::start(command_);
  if (child) {
    child_ = *child;
    return;
  }
  handlers_.log({LogLevel::error, "HTCondor failed to start", {{"reason", child.error().message()}}});
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
  // Its daemons outlive a condor_master that is killed, and hold the port.
  io::end_process_tree(child_->id());
}

}  // namespace ipop::ga_condorcfg
