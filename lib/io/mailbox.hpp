#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "io/event_loop.hpp"

namespace ipop::io {

/// Letters from other threads to the one that runs a loop. It outlives the loop's run.
template <class Letter>
class Mailbox {
 public:
  /// `handler` is called in the loop when letters have come; it takes them.
  Mailbox(EventLoop& loop, std::function<void()> handler) : loop_(loop), handler_(std::move(handler)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// From any thread. However much waits, it is kept.
  void put(Letter letter) { static_cast<void>(put(std::move(letter), 0, static_cast<std::size_t>(-1))); }
  /// From any thread: a letter of so many octets. False, and it is not kept: with it more than `most` would wait.
  [[nodiscard]] bool put(Letter letter, std::size_t octets, std::size_t most) {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      if (octets > most || octets_ > most - octets) return false;
      octets_ += octets;
      is_first = letters_.empty();
      letters_.push_back(std::move(letter));
      has_letters_.store(true, std::memory_order_release);
    }
    if (is_first) loop_.post(handler_);
    return true;
  }
  /// In the loop's thread: those that wait, in the order in which they came.
  [[nodiscard]] std::vector<Letter> take() {
    if (!has_letters_.load(std::memory_order_acquire)) return {};
    const std::lock_guard lock(mutex_);
    has_letters_.store(false, std::memory_order_release);
    octets_ = 0;
    return std::exchange(letters_, {});
  }

 private:
  EventLoop& loop_;
  std::function<void()> handler_;
  std::mutex mutex_;
  std::vector<Letter> letters_;
  std::size_t octets_ = 0;  // of all letters that wait
  std::atomic<bool> has_letters_ = false;
};

}  // namespace ipop::io
