#include "io/event_loop.hpp"

#include <chrono>
#include <poll.h>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>

namespace ipop::io {

namespace {

using Steady = std::chrono::steady_clock;

constexpr auto look_again = std::chrono::seconds(1);  // at a descriptor that failed, or that rests

// std::chrono::steady_clock is CLOCK_MONOTONIC, as TimePoint is.
Steady::time_point to_steady(TimePoint time) {
  return Steady::time_point(time.time_since_epoch());
}

}  // namespace

struct EventLoop::State {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::signal_set signals{context};
  std::function<void(int)> on_signal;

  void wait_for_signal() {
    signals.async_wait([this](const std::error_code& error, int number) noexcept {
      if (error) return;
      on_signal(number);
      wait_for_signal();
    });
  }
};

EventLoop::EventLoop() : state_(std::make_unique<State>()) {}
EventLoop::~EventLoop() = default;

void EventLoop::run() {
  state_->context.restart();
  state_->context.run();
}

bool EventLoop::run_until(const std::function<bool()>& done, Duration limit) {
  const auto end = Steady::now() + limit;
  state_->context.restart();
  while (!done()) {
    if (Steady::now() >= end) return false;
    state_->context.run_one_until(end);
  }
  return true;
}

void EventLoop::stop() {
  state_->context.stop();
}

void EventLoop::post(std::function<void()> handler) {
  asio::post(state_->context, [handler = std::move(handler)]() noexcept { handler(); });
}

Result<void> EventLoop::on_signals(std::initializer_list<int> signals, std::function<void(int)> handler) {
  for (const int number : signals) {
    std::error_code error;
    state_->signals.add(number, error);
    if (error) return make_error(error, "waiting for signals");
  }
  state_->on_signal = std::move(handler);
  state_->wait_for_signal();
  return {};
}

struct LoopTimer::State : std::enable_shared_from_this<LoopTimer::State> {
  State(EventLoop& loop, std::function<void()> call) : timer(loop.state().context), handler(std::move(call)) {}

  asio::steady_timer timer;
  std::function<void()> handler;
  std::optional<TimePoint> deadline;  // none: disarmed
  std::optional<TimePoint> waiting;   // what the running wait waits for

  /// A running wait that ends no later than the deadline is left alone: it looks again when it
  /// ends. Deadlines move later with almost every packet, and setting a timer costs more.
  void arm(TimePoint when) {
    deadline = when;
    if (waiting && *waiting <= when) return;
    waiting = when;
    timer.expires_at(to_steady(when));  // ends the earlier wait; a steady timer has no way to fail
    timer.async_wait([self = shared_from_this(), when](const std::error_code& error) noexcept {
      if (error || self->waiting != when) return;
      self->waiting.reset();
      self->expire();
    });
  }

  void expire() {
    if (!deadline) return;
    if (to_steady(*deadline) > Steady::now()) return arm(*deadline);
    deadline.reset();
    handler();
  }

  void close() {
    deadline.reset();
    waiting.reset();
    timer.cancel();
  }
};

LoopTimer::LoopTimer(EventLoop& loop, std::function<void()> handler)
    : state_(std::make_shared<State>(loop, std::move(handler))) {}
LoopTimer::LoopTimer(LoopTimer&&) noexcept = default;
LoopTimer& LoopTimer::operator=(LoopTimer&& other) noexcept {
  if (state_ && state_ != other.state_) state_->close();
  state_ = std::move(other.state_);
  return *this;
}
LoopTimer::~LoopTimer() {
  if (state_) state_->close();
}
void LoopTimer::arm(TimePoint deadline) {
  state_->arm(deadline);
}
void LoopTimer::disarm() {
  state_->deadline.reset();
}

struct ReadWatch::State : std::enable_shared_from_this<ReadWatch::State> {
  State(EventLoop& loop, int fd, std::function<void()> call)
      : descriptor(loop.state().context), pause(loop.state().context), handler(std::move(call)) {
    std::error_code error;
    descriptor.assign(fd, error);
    usable = !error;
  }

  asio::posix::stream_descriptor descriptor;
  asio::steady_timer pause;
  std::function<void()> handler;
  bool usable = false;
  bool reading = true;
  bool resting = false;

  void wait() {
    if (!usable || !reading) return;
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const std::error_code& error) noexcept {
                            if (error || !self->usable || !self->reading) return;
                            self->handler();
                            self->wait_again();
                          });
  }

  /// epoll tells a failed descriptor without end, whatever its owner does about it (a TAP that was deleted): it is
  /// asked now and then, so that a failure costs nothing.
  void wait_again() {
    if (!usable || (!std::exchange(resting, false) && !is_failed())) return wait();
    pause.expires_after(look_again);
    pause.async_wait([self = shared_from_this()](const std::error_code& error) noexcept {
      if (!error) self->wait();
    });
  }

  /// In error and nothing to be read. An error that is told once, such as a socket's, is gone by then.
  [[nodiscard]] bool is_failed() {
    pollfd entry{descriptor.native_handle(), POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0 && (entry.revents & POLLIN) == 0 && (entry.revents & (POLLERR | POLLNVAL)) != 0;
  }

  void wait_writable(std::function<void()> call) {
    if (!usable) return;
    descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                          [self = shared_from_this(), call = std::move(call)](const std::error_code& error) noexcept {
                            if (!error && self->usable) call();
                          });
  }

  /// A stream that ended can always be read, so this waits for what epoll tells unasked: EPOLLHUP, EPOLLERR.
  void wait_closed(std::function<void()> call) {
    reading = false;
    if (!usable) return;
    descriptor.async_wait(asio::posix::descriptor_base::wait_error,
                          [self = shared_from_this(), call = std::move(call)](const std::error_code& error) noexcept {
                            if (!error && self->usable) call();
                          });
  }

  /// Gives the descriptor back to its owner; waits that are under way end without a call.
  void close() {
    if (!usable) return;
    usable = false;
    std::error_code ignored;
    pause.cancel();
    descriptor.cancel(ignored);
    descriptor.release();
  }
};

ReadWatch::ReadWatch(EventLoop& loop, int fd, std::function<void()> handler)
    : state_(std::make_shared<State>(loop, fd, std::move(handler))) {
  state_->wait();
}
ReadWatch::ReadWatch(ReadWatch&&) noexcept = default;
ReadWatch& ReadWatch::operator=(ReadWatch&& other) noexcept {
  if (state_ && state_ != other.state_) state_->close();
  state_ = std::move(other.state_);
  return *this;
}
ReadWatch::~ReadWatch() {
  if (state_) state_->close();
}
void ReadWatch::rest() {
  state_->resting = true;
}
void ReadWatch::on_writable(std::function<void()> handler) {
  state_->wait_writable(std::move(handler));
}
void ReadWatch::on_closed(std::function<void()> handler) {
  state_->wait_closed(std::move(handler));
}

}  // namespace ipop::io
