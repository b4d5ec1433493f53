#pragma once

#include <functional>
#include <thread>

#include "base/result.hpp"
#include "io/event_loop.hpp"

namespace ipop::io {

/// An event loop with a thread of its own, which takes no signals.
///
/// Before start() and after stop() the loop is the caller's; in between only post() may be called from elsewhere.
class LoopThread {
 public:
  LoopThread() = default;
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;
  ~LoopThread() { stop(); }

  [[nodiscard]] EventLoop& loop() { return loop_; }
  /// Error: errno (resource_unavailable_try_again: this machine gives the process no further thread).
  Result<void> start();
  /// Returns when the handler that is running is done. Once: the loop does not run again.
  void stop();

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace ipop::io
