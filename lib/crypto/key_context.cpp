#include "crypto/key_context.hpp"

#include "crypto/handshake_frame.hpp"

namespace ipop::crypto {

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
