#pragma once

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "crypto/handshake.hpp"
#include "crypto/hash.hpp"
#include "crypto/spi.hpp"

namespace ipop::crypto {

/// What both ends of a session must agree on besides the transcript of the handshake. The
/// client's fields come first.
struct KeyContext {
  ByteSpan context{};  ///< of the table: group and kind of channel
  AeadSuite suite = AeadSuite::aes_128_gcm;
  NodeId client_id{};
  NodeId server_id{};
  Spi client_spi{};
  Spi server_spi{};
};

/// What an exporter or derivation gives for a session: key and salt of the client's direction, then the server's.
constexpr std::size_t largest_key_block = 2 * (32 + 4);
std::size_t key_block_size(AeadSuite suite);
SessionKeys keys_from(ByteSpan block, HandshakeRole role, AeadSuite suite);

/// SHA-256 over version, suite, length and octets of the context, both ids, both SPIs.
Digest256 digest(const KeyContext& context);

/// SHA-256 over digest(KeyContext) and the SHA-256 of each certificate, the client's first: the
/// exporter secret of TLS 1.3 does not cover the client's certificate (RFC 8446, 7.5).
Digest256 with_certificates(ByteSpan context, ByteSpan client_certificate, ByteSpan server_certificate);

}  // namespace ipop::crypto
