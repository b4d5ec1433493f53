#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "crypto/lane.hpp"

namespace ipop::crypto {

/// The lanes of one session, and how far they have come into use: how many of them this node's hands have, how many the
/// peer opens, and how many it was told of. There have to be as many as the end with more hands has hands. Who seals
/// and opens with them is not the session.
class SessionLanes {
 public:
  /// A lane's keys and SPIs, for the hand that gets it.
  struct Lane {
    Spi receive_at{};
    Spi send_to{};
    SessionKeys keys{};
  };

  /// Of the session with these SPIs; this node has so many `hands`.
  SessionLanes(const LaneSecret& secret, Spi receive_at, Spi send_to, unsigned hands)
      : secret_(secret), receive_at_(receive_at), send_to_(send_to), hands_(hands) {}

  [[nodiscard]] unsigned wanted() const { return std::max(hands_, peer_takes_); }
  /// The next wanted one that nobody has yet; call until it gives nothing. Each is lent only once: whoever has the keys
  /// counts from zero.
  [[nodiscard]] std::optional<Lane> lend_next();
  /// Where the lent ones receive.
  [[nodiscard]] std::vector<Spi> lent() const;

  /// What an offer to the peer says: so many lanes are opened here.
  [[nodiscard]] unsigned offer() { return offered_ = wanted(); }
  /// The peer opens the first so many. True when it has to hear an offer: it has fewer hands, or was told of too few.
  /// Each answer names more than the one before, so that it ends.
  [[nodiscard]] bool handle_offer(unsigned count);
  /// Those to send on, which the peer has offered.
  [[nodiscard]] std::optional<Lanes> to_send_on() const;

 private:
  LaneSecret secret_;
  Spi receive_at_;
  Spi send_to_;
  unsigned hands_;
  unsigned lent_ = 0;
  unsigned peer_takes_ = 0;
  unsigned offered_ = 0;
};

/// When lanes of a channel are offered, whatever session it sends with.
class LaneOffers {
 public:
  void note_made(TimePoint now) { made_ = now; }
  /// Something came over a lane.
  void note_heard(TimePoint now) { heard_ = now; }

  /// Something came lately.
  [[nodiscard]] bool hears(TimePoint now) const;
  /// Data came over the channel itself, though so many lanes are `wanted`: the peer has to hear of them (again).
  [[nodiscard]] bool is_due(TimePoint now, unsigned wanted) const;

 private:
  std::optional<TimePoint> made_{};
  std::optional<TimePoint> heard_{};
};

}  // namespace ipop::crypto
