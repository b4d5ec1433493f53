#include "condor_process.hpp"

#include <csignal>
#include <utility>

#include "io/processes.hpp"
#include "io/system_clock.hpp"

namespace ipop::ga_condorcfg {
namespace {

// After one that ended unasked: a daemon that can't start must not eat the machine.
constexpr Duration start_pause = 5s;

}  // namespace

CondorProcess::CondorProcess(io::EventLoop& loop, std::vector<std::string> command, Handlers handlers)
    : CondorService(std::move(handlers)),
      command_(std::move(command)),
      again_(loop,
             [this] {
               if (is_wanted_ && !child_) spawn();
             }),
      patience_(loop, [this] { press(); }) {}

void CondorProcess::start(bool /*changed*/) {
  is_wanted_ = true;
  if (!child_) return spawn();
  if (ending_ == Ending::graceful) end_child(Ending::fast);
}

void CondorProcess::reload() {
  // The signal also reaches daemons whose advertised address is gone, which condor_reconfig does not.
  if (child_ && ending_ == Ending::none) child_->send_signal(SIGHUP);
}

void CondorProcess::restart() {
  is_wanted_ = true;
  if (child_)
    end_child(Ending::fast);
  else
    spawn();
}

void CondorProcess::stop() {
  is_wanted_ = false;
  again_.disarm();
  if (!child_) return handlers_.on_stopped();
  end_child(Ending::graceful);
}

void CondorProcess::handle_child() {
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

void CondorProcess::spawn() {
  auto child = io::ChildProcess::start(command_);
  if (child) {
    child_ = *child;
    return;
  }
  handlers_.log({LogLevel::error, "HTCondor failed to start", {{"reason", child.error().message()}}});
  again_.arm(io::monotonic_now() + start_pause);
}

void CondorProcess::end_child(Ending how) {
  if (ending_ == Ending::fast) return;
  ending_ = how;
  child_->send_signal(how == Ending::fast ? SIGQUIT : SIGTERM);
  patience_.arm(io::monotonic_now() + (how == Ending::fast ? fast_limit : graceful_limit));
}

void CondorProcess::press() {
  if (!child_) return;
  if (ending_ == Ending::graceful) return end_child(Ending::fast);
  // Its daemons outlive a condor_master that is killed, and hold the port.
  io::end_process_tree(child_->id());
}

}  // namespace ipop::ga_condorcfg
