#include <cstdlib>

#include "base/bytes.hpp"
#include "crypto/certificate_authority.hpp"
#include "crypto/key_bundle.hpp"
#include "crypto/trust_store.hpp"

using namespace ipop;

namespace {

constexpr WallTime now{1'800'000'000};

const crypto::CertificateAuthority& authority() {
  static const auto made = *crypto::CertificateAuthority::create(
      crypto::PrivateKey::from_seed(as_bytes("authority")), "Test authority", as_bytes("0123456789abcdef"),
      now - std::chrono::hours(24), now + std::chrono::hours(24));
  return made;
}

const crypto::TrustStore& group() {
  static const auto made = *crypto::TrustStore::closed_group(authority().certificate());
  return *made;
}

void judge(const crypto::Certificate& certificate) {
  const auto peer = group().verify(certificate, now);
  // The seed's authority signed nothing else than itself, and is no member.
  if (peer) std::abort();
}

}  // namespace

// No octets make a member: neither a certificate, nor one of a bundle.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  if (const auto certificate = crypto::Certificate::from_der(input)) judge(*certificate);
  if (const auto bundle = crypto::decode_certificate_bundle(input)) {
    for (const auto& certificate : *bundle)
      judge(certificate);
  }
  return 0;
}
