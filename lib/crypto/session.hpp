#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "crypto/aead.hpp"
#include "crypto/handshake.hpp"
#include "crypto/replay_window.hpp"

namespace ipop::crypto {

/// Security parameters index (RFC 4303, 2.1): the number under which a node receives a session.
/// Below 256 is reserved; zero stands before handshake messages.
using Spi = StrongId<struct SpiTag, std::uint32_t>;

constexpr std::uint32_t first_spi = 256;

/// A session has two counters and two pairs of keys, so that two who seal and open need to share nothing: its own SPI
/// is even, and that of its lane, for packets of data that a worker passes on by itself, the odd one behind it.
constexpr bool is_lane(Spi spi) {
  return spi.value >= first_spi && (spi.value & 1U) != 0;
}
constexpr Spi lane_of(Spi session) {
  return Spi{session.value | 1U};
}
constexpr Spi session_of(Spi lane) {
  return Spi{lane.value & ~1U};
}

/// The keys of one session in use: seals and opens packets. docs/wire/channel.md
///
///    SPI 4 | counter 8 | ciphertext | tag 16
///
/// SPI and counter are the additional authenticated data; the counter starts at zero.
class Session {
 public:
  static constexpr std::size_t header_size = 12;
  static constexpr std::size_t overhead = header_size + Aead::tag_size;
  /// Never more packets under one key.
  static constexpr std::uint64_t hard_limit = std::uint64_t{1} << 32U;

  /// `send_to` is the peer's SPI, `receive_at` ours.
  Session(AeadFactory& aeads, const SessionKeys& keys, Spi send_to, Spi receive_at);

  /// Writes a whole packet of `plaintext.size() + overhead` octets; false when the key is used up. `out` may be
  /// header_size octets before the plaintext.
  [[nodiscard]] bool seal_to(ByteSpan plaintext, std::byte* out);
  /// Appends a whole packet to `out`. Error: exhausted.
  Result<void> seal(ByteSpan plaintext, Bytes& out);

  enum class Verdict { accepted, truncated, replayed, bad_tag };
  struct Opened {
    Verdict verdict = Verdict::truncated;
    bool is_newest = false;  ///< accepted with the highest counter so far
  };
  /// Appends the plaintext to `out` when accepted. The packet's SPI is the caller's to match.
  Opened open(ByteSpan packet, Bytes& out);
  /// The plaintext is where the ciphertext was, header_size octets behind the packet's begin, when accepted.
  Opened open_in_place(std::span<std::byte> packet);

  /// Keys of the session's lane, and how far it has come into use. Who seals and opens with them is not this session.
  struct Lane {
    SessionKeys keys{};
    bool is_lent = false;     ///< the owner has them
    bool peer_takes = false;  ///< the peer opens what is sealed with them
  };
  std::optional<Lane> lane{};

  [[nodiscard]] Spi send_to() const { return send_to_; }
  [[nodiscard]] Spi receive_at() const { return receive_at_; }
  [[nodiscard]] std::uint64_t packets_sent() const { return next_counter_; }

 private:
  Opened open_to(ByteSpan packet, std::byte* out);

  std::unique_ptr<Aead> sealing_;
  std::unique_ptr<Aead> opening_;
  Spi send_to_;
  Spi receive_at_;
  std::uint64_t next_counter_ = 0;
  ReplayWindow window_;
};

}  // namespace ipop::crypto
