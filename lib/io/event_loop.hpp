#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "base/time.hpp"

namespace ipop::io {

/// Waits for descriptors, deadlines and signals, and calls one handler at a time.
///
/// One thread. Handlers must not throw; they may make and destroy timers and watches, also
/// their own.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs handlers until stop().
  void run();
  /// Runs handlers until `done` is true or `limit` has passed; true when done. For tests and tools.
  bool run_until(const std::function<bool()>& done, Duration limit);
  /// Ends run() after the handler that is running.
  void stop();
  /// Calls `handler` from run(), after those that are waiting already.
  void post(std::function<void()> handler);
  /// Calls `handler` with the number of each of these signals. May be called once.
  Result<void> on_signals(std::initializer_list<int> signals, std::function<void(int)> handler);

  struct State;
  /// For the other files of lib/io.
  [[nodiscard]] State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Calls its handler once the deadline is over. It may be armed again at any time.
class LoopTimer {
 public:
  LoopTimer(EventLoop& loop, std::function<void()> handler);
  LoopTimer(LoopTimer&&) noexcept;
  LoopTimer& operator=(LoopTimer&&) noexcept;
  ~LoopTimer();

  /// The handler is called at `deadline`, at once when that is over. Replaces the earlier deadline.
  void arm(TimePoint deadline);
  void disarm();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

/// Calls its handler whenever a descriptor can be read, and once a second while it has failed. Does not own it.
class ReadWatch {
 public:
  /// `fd` is non-blocking and stays open as long as the watch lives.
  ReadWatch(EventLoop& loop, int fd, std::function<void()> handler);
  ReadWatch(ReadWatch&&) noexcept;
  ReadWatch& operator=(ReadWatch&&) noexcept;
  ~ReadWatch();

  /// What can be read has to wait, since the handler lacks something (descriptors, memory): it is called again a second
  /// later. From the handler.
  void rest();
  /// Calls `handler` once when the descriptor can be written.
  void on_writable(std::function<void()> handler);
  /// Ends the reading for good; `handler` is called once when the other end is closed in both
  /// directions, or has failed. For streams whose end was read.
  void on_closed(std::function<void()> handler);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ipop::io
