#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/aead.hpp"
#include "crypto/handshake.hpp"
#include "crypto/replay_window.hpp"
#include "crypto/session_lanes.hpp"
#include "crypto/spi.hpp"

namespace ipop::crypto {

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

  /// For a session of many packets: opening them allocates nothing from here on.
  void reserve_window() { window_.reserve(); }
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

  /// Nothing when it can have none.
  std::optional<SessionLanes> lanes{};

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
