#include "crypto/digest_stream.hpp"

#include <cassert>

#include "crypto/openssl_ptr.hpp"

namespace ipop::crypto {

struct DigestStream::Native {
  DigestContextPtr context{EVP_MD_CTX_new()};
};

DigestStream::DigestStream() : native_(std::make_unique<Native>()) {
  [[maybe_unused]] const int begun = EVP_DigestInit_ex(native_->context.get(), EVP_sha256(), nullptr);
  assert(begun == 1);
}

DigestStream::~DigestStream() = default;

void DigestStream::update(ByteSpan octets) {
  [[maybe_unused]] const int taken = EVP_DigestUpdate(native_->context.get(), octets.data(), octets.size());
  assert(taken == 1);
}

Digest256 DigestStream::finish() {
  Digest256 out{};
  unsigned int size = 0;
  [[maybe_unused]] const int done =
      EVP_DigestFinal_ex(native_->context.get(), reinterpret_cast<unsigned char*>(out.data()), &size);
  assert(done == 1 && size == out.size());
  return out;
}

}  // namespace ipop::crypto
