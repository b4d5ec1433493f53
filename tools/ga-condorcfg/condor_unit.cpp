#include "condor_unit.hpp"

#include <utility>

#include "io/system_clock.hpp"

namespace ipop::ga_condorcfg {
namespace {

// Between two looks at a service that ends.
constexpr Duration service_pause = 500ms;

}  // namespace

CondorUnit::CondorUnit(io::EventLoop& loop, std::string config, Handlers handlers)
    : CondorService(std::move(handlers)),
      config_(std::move(config)),
      unit_("condor", handlers_.log),
      patience_(loop, [this] { press(); }) {}

void CondorUnit::take_over() {
  if (unit_.is_enabled()) unit_.ask({"disable"});
  is_wanted_ = unit_.is_active();
}

void CondorUnit::start(bool changed) {
  is_wanted_ = true;
  // One that is being stopped is started when it has ended. Jobs that were given time have no address to leave to.
  if (ending_ == Ending::graceful) limit_ = io::monotonic_now();
  if (ending_ != Ending::none) return;
  const bool is_stale = unit_.is_active() && (changed || unit_.began_before(config_));
  unit_.ask({"--no-block", is_stale ? "restart" : "start"});
}

void CondorUnit::reload() {
  unit_.ask({"--no-block", "reload"});
}

void CondorUnit::restart() {
  is_wanted_ = true;
  patience_.disarm();
  ending_ = Ending::none;
  // HTCondor's fast end, whatever signal the unit would stop it with.
  unit_.ask({"kill", "--kill-who=main", "--signal=SIGQUIT"});
  unit_.ask({"--no-block", "restart"});
}

// By signals, not by `systemctl stop`: Debian's unit stops HTCondor with SIGQUIT, which gives jobs no time, and a stop
// of that unit waits for the end of ours when the machine goes down.
void CondorUnit::stop() {
  is_wanted_ = false;
  if (ending_ != Ending::none) return;
  if (!unit_.is_active()) {
    // One that is still to start, as in a boot, starts no more.
    unit_.ask({"--no-block", "stop"});
    return handlers_.on_stopped();
  }
  ending_ = Ending::graceful;
  limit_ = io::monotonic_now() + graceful_limit;
  unit_.ask({"kill", "--kill-who=main", "--signal=SIGTERM"});
  patience_.arm(io::monotonic_now() + service_pause);
}

void CondorUnit::press() {
  const TimePoint now = io::monotonic_now();
  if (unit_.is_active()) {
    if (now < limit_) return patience_.arm(now + service_pause);
    if (ending_ == Ending::graceful) {
      ending_ = Ending::fast;
      limit_ = now + fast_limit;
      unit_.ask({"kill", "--kill-who=main", "--signal=SIGQUIT"});
      return patience_.arm(now + service_pause);
    }
    unit_.ask({"kill", "--signal=SIGKILL"});
    // systemd would start again what was killed.
    unit_.ask({"--no-block", "stop"});
  }
  ending_ = Ending::none;
  if (is_wanted_) return start(false);
  handlers_.on_stopped();
}

}  // namespace ipop::ga_condorcfg
