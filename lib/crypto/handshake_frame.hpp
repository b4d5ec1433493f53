#pragma once

#include <array>
#include <cstdint>
#include <variant>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "crypto/cookie.hpp"
#include "crypto/session.hpp"

namespace ipop::crypto {

/// The messages that open a channel. docs/wire/channel.md draws them; all share the head
///
///    zero 4 | version 1 | type 1 | reserved 2 | context tag 8
///
/// The four zeros stand where a sealed packet has its SPI. Octets after the last field are an
/// error in every message.
constexpr std::size_t handshake_head_size = 16;
constexpr std::uint8_t handshake_version = 1;

/// First octets of SHA-256 over the context: messages of another group are not for us.
using ContextTag = std::array<std::byte, 8>;
ContextTag tag_of(ByteSpan context);

/// One side's name of one attempt, 64 random bits. The first four octets are the SPI at which this
/// side will receive; knowing the whole proves having seen a packet of the attempt.
class SessionId {
 public:
  static constexpr std::size_t size = 8;

  constexpr SessionId() = default;
  constexpr explicit SessionId(std::array<std::byte, size> octets) : octets_(octets) {}

  [[nodiscard]] constexpr const std::array<std::byte, size>& octets() const { return octets_; }
  [[nodiscard]] Spi spi() const { return Spi{ByteReader(octets_).read<std::uint32_t>()}; }
  [[nodiscard]] bool is_zero() const { return *this == SessionId{}; }
  friend constexpr auto operator<=>(const SessionId&, const SessionId&) = default;

 private:
  std::array<std::byte, size> octets_{};
};

/// "May I?" Padded with zeros to 128 octets, so that no answer is larger.
struct InitMessage {
  static constexpr std::size_t size = 128;

  SessionId opener{};
  NodeId opener_id{};
};

/// "Show this." The answer to an InitMessage; its sender keeps nothing.
struct CookieMessage {
  static constexpr std::size_t size = handshake_head_size + SessionId::size + NodeId::size + 4 + Cookie::mac_size;

  SessionId opener{};  ///< echo
  NodeId responder_id{};
  Cookie cookie{};
};

/// "Here I am." The opener's cookie, and the beginning of its stream if it is the TLS client.
struct OpenMessage {
  SessionId opener{};
  NodeId opener_id{};
  Cookie cookie{};
  Bytes data{};  ///< octets of the stream from offset 0; at most max_frame_data
};

/// A piece of the handshake's octet stream, and what was received of the other direction's.
struct FrameMessage {
  static constexpr std::size_t head_size = handshake_head_size + 2 * SessionId::size + 4 + 4;

  SessionId sender{};
  SessionId receiver{};  ///< zero while the sender does not know it (only inside a sealed packet)
  std::uint32_t offset = 0;
  std::uint32_t acknowledged = 0;  ///< octets received in order
  Bytes data{};                    ///< may be empty
};

/// "I do not know this SPI." Not authenticated: it may cause no more than a validated probe.
struct HintMessage {
  Spi unknown{};
};

/// A frame's data, so that the packet fits 1280 octets with IPv6, UDP and a relay's headers.
constexpr std::size_t max_frame_data = 1100;

using HandshakeMessage = std::variant<InitMessage, CookieMessage, OpenMessage, FrameMessage, HintMessage>;

/// True for a packet that is meant as a handshake message (its first four octets are zero).
bool is_handshake(ByteSpan packet);

/// Errors: truncated; malformed (reserved bits, padding, octets behind the last field, an SPI
/// below 256); unsupported (version or type); not_authorized (another context tag).
Result<HandshakeMessage> decode_handshake_message(const ContextTag& tag, ByteSpan packet);
void encode(const ContextTag& tag, const HandshakeMessage& message, Bytes& out);

/// The body of a FrameMessage alone, as it travels inside a sealed packet while rekeying.
/// Errors: truncated, too_large, malformed.
Result<FrameMessage> decode_frame_body(ByteSpan octets);
void encode_frame_body(const FrameMessage& frame, Bytes& out);

}  // namespace ipop::crypto
