#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace ipop::overlay {

/// How long a path may be silent before it is pinged: as long as the NATs on it were seen to remember it.
///
/// RFC 5626 (4.4) leaves it to each flow to find the pace that keeps it open; RFC 4787 (REQ-5) wants two minutes of a
/// NAT, and there are those that forget after 60, 30 or 20 seconds. So the silence grows in steps, each but little
/// longer than what such a NAT allows, when at the present step a packet of either end got through after it. What comes
/// only at the second attempt, or from another place, was forgotten or lost: a step back, and the next attempt is put
/// off for longer. Both ends keep to the quicker pace of the two without a word about it, since who is pinged sooner
/// than it expects follows.
class KeepAlivePace {
 public:
  /// In units of the shortest: 17, 22, 27, 33, 42 and 55 seconds.
  static constexpr std::array<double, 6> steps{1.0, 1.3, 1.6, 1.95, 2.5, 3.25};
  /// Rounds (a packet of either end) at one step before the next one is tried; doubles with each step back.
  static constexpr std::uint8_t rounds_first = 1;
  static constexpr std::uint8_t rounds_most = 32;

  KeepAlivePace() = default;
  explicit KeepAlivePace(Duration shortest) : shortest_(shortest) {}

  [[nodiscard]] Duration shortest() const { return shortest_; }
  [[nodiscard]] Duration interval() const { return of(step_); }
  /// The other end may be a step ahead: how much later than this end it may ping.
  [[nodiscard]] Duration late() const {
    const std::size_t ahead = std::min<std::size_t>(step_ + std::size_t{1}, steps.size() - 1);
    return std::chrono::duration_cast<Duration>(of(ahead) * (2.0 - rounding) - of(step_) * rounding);
  }

  /// The first ping after `silence` was answered: what this end sends gets through.
  void handle_answered(Duration silence) {
    if (is_whole(silence)) count(own_got_through_);
  }
  /// The peer spoke first after `silence`.
  void handle_heard(Duration silence) {
    if (is_whole(silence)) count(peer_got_through_);
  }
  /// The peer pinged after `silence`.
  void handle_pinged(Duration silence) {
    while (step_ > 0 && silence < rounding * of(step_) && silence >= rounding * shortest_)
      go_back();
  }
  /// The first ping after `silence` was not answered, though the peer lives; or it came from another place.
  void handle_forgotten(Duration silence) {
    if (step_ == 0 || !is_whole(silence)) return;
    go_back();
    if (rounds_wanted_ < rounds_most) rounds_wanted_ *= 2;
  }

 private:
  static constexpr double rounding = 0.92;  ///< the ends' jitter, and the way of the packet

  [[nodiscard]] Duration of(std::size_t step) const {
    return std::chrono::duration_cast<Duration>(shortest_ * steps.at(step));
  }
  [[nodiscard]] bool is_whole(Duration silence) const { return silence >= rounding * of(step_); }
  void go_back() {
    --step_;
    rounds_ = 0;
    own_got_through_ = peer_got_through_ = false;
  }
  void count(bool& got_through) {
    got_through = true;
    if (!own_got_through_ || !peer_got_through_) return;
    own_got_through_ = peer_got_through_ = false;
    if (++rounds_ < rounds_wanted_ || step_ + std::size_t{1} == steps.size()) return;
    ++step_;
    rounds_ = 0;
  }

  Duration shortest_{};
  std::uint8_t step_ = 0;
  std::uint8_t rounds_ = 0;
  std::uint8_t rounds_wanted_ = rounds_first;
  bool own_got_through_ = false;
  bool peer_got_through_ = false;
};

}  // namespace ipop::overlay
