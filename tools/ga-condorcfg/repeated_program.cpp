#include "repeated_program.hpp"

#include <csignal>
#include <utility>

#include "io/system_clock.hpp"

namespace ipop::ga_condorcfg {
namespace {

// 1,000 machines ask a manager three times a second.
constexpr Duration pause_after_success = 5min;
// The manager is being started, or is another one in a moment.
constexpr Duration pause_after_failure = 20s;

}  // namespace

RepeatedProgram::RepeatedProgram(io::EventLoop& loop, std::vector<std::string> command)
    : command_(std::move(command)), again_(loop, [this] {
        if (is_wanted_ && !child_) spawn();
      }) {}

void RepeatedProgram::start() {
  is_wanted_ = true;
  if (child_)
    is_due_ = true;
  else
    spawn();
}

void RepeatedProgram::stop() {
  is_wanted_ = false;
  is_due_ = false;
  again_.disarm();
  if (child_) child_->send_signal(SIGTERM);
}

void RepeatedProgram::handle_child() {
  if (!child_) return;
  const auto status = child_->poll_end();
  if (!status) return;
  child_.reset();
  if (!is_wanted_) return;
  if (std::exchange(is_due_, false)) return spawn();
  again_.arm(io::monotonic_now() + (*status == 0 ? pause_after_success : pause_after_failure));
}

void RepeatedProgram::spawn() {
  // What it says of a manager that does not answer is of no use in this one's log.
  auto child = io::ChildProcess::start(command_, io::ChildOutput::none);
  if (child)
    child_ = *child;
  else
    again_.arm(io::monotonic_now() + pause_after_failure);
}

}  // namespace ipop::ga_condorcfg
