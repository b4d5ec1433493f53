#include "crypto/key_context.hpp"

#include <algorithm>
#include <tuple>

#include "crypto/handshake_frame.hpp"

namespace ipop::crypto {
namespace {

AeadKey take_key(ByteReader& in, AeadSuite suite) {
  AeadKey out;
  std::ranges::copy(in.take(key_size_of(suite)), out.key.begin());
  out.salt = in.take_array<std::tuple_size_v<decltype(out.salt)>>();
  out.suite = suite;
  return out;
}

}  // namespace

std::size_t key_block_size(AeadSuite suite) {
  return 2 * (key_size_of(suite) + AeadKey().salt.size());
}

SessionKeys keys_from(ByteSpan block, HandshakeRole role, AeadSuite suite) {
  ByteReader in(block);
  const AeadKey client_writes = take_key(in, suite);
  const AeadKey server_writes = take_key(in, suite);
  if (role == HandshakeRole::client) return {client_writes, server_writes};
  return {server_writes, client_writes};
}

Digest256 digest(const KeyContext& context) {
  Bytes text;
  ByteWriter to(text);
  to.write(handshake_version);
  to.write(static_cast<std::uint8_t>(context.suite));
  to.write_sized16(context.context);
  to.write(context.client_id.octets());
  to.write(context.server_id.octets());
  to.write(context.client_spi.value);
  to.write(context.server_spi.value);
  return sha256(text);
}

Digest256 with_certificates(ByteSpan context, ByteSpan client_certificate, ByteSpan server_certificate) {
  Bytes text = to_bytes(context);
  append(text, sha256(client_certificate));
  append(text, sha256(server_certificate));
  return sha256(text);
}

}  // namespace ipop::crypto
