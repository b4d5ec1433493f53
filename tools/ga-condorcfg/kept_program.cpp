#include "kept_program.hpp"

#include <csignal>
#include <utility>

#include "io/system_clock.hpp"

namespace ipop::ga_condorcfg {
namespace {

// A program that can't run must not eat the machine.
constexpr Duration respawn_pause = 10s;

}  // namespace

KeptProgram::KeptProgram(io::EventLoop& loop, std::vector<std::string> command, std::function<void(const LogLine&)> log)
    : command_(std::move(command)), log_(std::move(log)), again_(loop, [this] {
        if (is_wanted_ && !child_) spawn();
      }) {}

void KeptProgram::start() {
  if (!std::exchange(is_wanted_, true) && !child_) spawn();
}

void KeptProgram::stop() {
  is_wanted_ = false;
  again_.disarm();
  if (child_ && !std::exchange(is_told_, true)) child_->send_signal(SIGTERM);
}

void KeptProgram::handle_child() {
  if (!child_) return;
  const auto status = child_->poll_end();
  if (!status) return;
  child_.reset();
  const bool was_told = std::exchange(is_told_, false);
  if (!is_wanted_) return;
  if (was_told) return spawn();
  log_({LogLevel::warning,
        command_.front() + " " + command_.back() + " exited; restarting it",
        {{"status", std::to_string(*status)}}});
  again_.arm(io::monotonic_now() + respawn_pause);
}

void KeptProgram::spawn() {
  auto child = io::ChildProcess::start(command_);
  if (child) {
    child_ = *child;
    return;
  }
  log_({LogLevel::warning, command_.front() + " does not start", {{"reason", child.error().message()}}});
  again_.arm(io::monotonic_now() + respawn_pause);
}

}  // namespace ipop::ga_condorcfg
