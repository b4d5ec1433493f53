#pragma once

#include <algorithm>
#include <array>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "crypto/carrier.hpp"
#include "crypto/path_allowance.hpp"

namespace ipop::crypto {

/// Another place from which the peer of a channel seems to send, until it has answered a challenge there or the time is
/// up (RFC 9000, 8.2 and 9.3). Traffic moves there with the answer; before it the place is sent no more than three
/// times what came from there.
class Elsewhere {
 public:
  static constexpr std::size_t challenge_size = 8;
  using Challenge = std::array<std::byte, challenge_size>;

  Elsewhere(TimePoint now, const Carrier& carrier, Rng& rng);

  [[nodiscard]] const Carrier& carrier() const { return carrier_; }
  [[nodiscard]] const Challenge& challenge() const { return challenge_; }
  /// An authenticated packet came from there.
  void note_received(std::size_t octets) { allowance_.note_received(octets); }
  [[nodiscard]] bool is_over(TimePoint now) const { return now >= give_up_; }
  /// True when the challenge is to be sent, in a packet of so many octets: it counts as sent. When it is time and the
  /// place has not sent enough, the next time is awaited.
  [[nodiscard]] bool asks(TimePoint now, std::size_t octets);
  [[nodiscard]] bool is_answer(ByteSpan body) const { return std::ranges::equal(body, challenge_); }
  /// When to ask again, or that it is over.
  [[nodiscard]] TimePoint due_at() const { return std::min(ask_at_, give_up_); }

 private:
  Carrier carrier_;
  Challenge challenge_{};
  PathAllowance allowance_{};
  TimePoint ask_at_;
  Duration wait_;
  TimePoint give_up_;
};

}  // namespace ipop::crypto
