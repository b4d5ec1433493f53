#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "crypto/handshake.hpp"
#include "crypto/hash.hpp"
#include "crypto/spi.hpp"

namespace ipop::crypto {

// A session has lanes: keys and counters of their own, so that those who seal and open packets of data beside the table
// need to share nothing. There is one for each hand of the end that has more of them.
//
// The lowest bit of an SPI says that it is a lane's, and the bits 4 to 6 which of the session's it is; in the SPI of a
// session itself these four are zero, and the others are random.

constexpr unsigned most_lanes = 8;

constexpr std::uint32_t lane_bit = 0x01;
constexpr std::uint32_t lane_number_shift = 4;
constexpr std::uint32_t lane_bits = lane_bit | (most_lanes - 1) << lane_number_shift;

constexpr bool is_lane(Spi spi) {
  return spi.value >= first_spi && (spi.value & lane_bit) != 0;
}
constexpr bool has_room_for_lanes(Spi session) {
  return session.value >= first_spi && (session.value & lane_bits) == 0;
}
/// `number` below most_lanes.
constexpr Spi lane_of(Spi session, unsigned number) {
  return Spi{session.value | lane_bit | number << lane_number_shift};
}
constexpr Spi session_of(Spi lane) {
  return Spi{lane.value & ~lane_bits};
}

/// Where a lane's packets arrive at a port that is divided (io::UdpPort): by bits that the receiver drew, turned by the
/// lane's number. So the lanes of one session come to doors behind one another, and nobody chooses whom he meets there.
constexpr unsigned door_of(Spi lane, unsigned doors) {
  return (lane.value / 2 + (lane.value >> lane_number_shift)) % doors;
}
/// Which of `hands` opens it, and seals with it: 1, 2, 4 or 8, so that any `hands` lanes behind one another have one
/// for each.
constexpr unsigned hand_of(Spi lane, unsigned hands) {
  return door_of(lane, most_lanes) % hands;
}

/// The first so many lanes of a session.
struct Lanes {
  Spi session{};
  unsigned count = 0;

  friend bool operator==(const Lanes&, const Lanes&) = default;
};

/// From which the keys of all lanes follow (HKDF-Expand, RFC 5869).
struct LaneSecret {
  Digest256 secret{};
  HandshakeRole role{};
  AeadSuite suite = AeadSuite::aes_128_gcm;

  LaneSecret() = default;
  LaneSecret(const Digest256& shared, HandshakeRole own_role, AeadSuite of_session)
      : secret(shared), role(own_role), suite(of_session) {}
  LaneSecret(const LaneSecret&) = default;
  LaneSecret& operator=(const LaneSecret&) = default;
  ~LaneSecret() { wipe(secret); }

  /// The same for both ends, each as seen from there.
  [[nodiscard]] SessionKeys keys(unsigned number) const;
};

}  // namespace ipop::crypto
