#include "crypto/aead.hpp"

namespace ipop::crypto {

std::string_view to_string(AeadSuite suite) {
  return suite == AeadSuite::chacha20_poly1305 ? "chacha20-poly1305" : "aes-128-gcm";
}

std::size_t key_size_of(AeadSuite suite) {
  return suite == AeadSuite::chacha20_poly1305 ? 32 : 16;
}

std::span<const AeadSuite> AeadFactory::offers() const {
  static constexpr std::array all = {AeadSuite::aes_128_gcm, AeadSuite::chacha20_poly1305};
  return all;
}

std::string_view AeadFactory::library_of(AeadSuite /*suite*/) const {
  return name();
}

void Aead::seal(std::uint64_t counter, ByteSpan header, ByteSpan plaintext, Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + plaintext.size() + tag_size);
  seal_to(counter, header, plaintext, out.data() + before);
}

bool Aead::open(std::uint64_t counter, ByteSpan header, ByteSpan sealed, Bytes& out) {
  if (sealed.size() < tag_size) return false;
  const std::size_t before = out.size();
  const std::size_t size = sealed.size() - tag_size;
  // One octet more, so that an empty text still has an address.
  out.resize(before + size + 1);
  const bool good = open_to(counter, header, sealed, out.data() + before);
  out.resize(good ? before + size : before);
  return good;
}

}  // namespace ipop::crypto
