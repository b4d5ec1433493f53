#include "crypto/key_bundle.hpp"

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

TEST_CASE("a PKCS #12 file needs the right key and a passphrase, and shows no key") {
  const Identity bob = member("bob");
  const Certificate& above = authority().certificate();
  const auto file = make_pkcs12(bob.key, bob.certificate, above, "bob", "correct horse");
  REQUIRE(file.has_value());
  CHECK(file->size() > bob.certificate.der().size() + above.der().size());
  CHECK(make_pkcs12(bob.key, bob.certificate, above, "bob", "").error().code == Errc::malformed);
  CHECK(make_pkcs12(key_of("carol"), bob.certificate, above, "bob", "x").error().code == Errc::conflict);
}

TEST_CASE("a certificate bundle gives its certificates back, in order") {
  const Certificate bob = member("bob").certificate;
  const std::vector<Certificate> both{bob, authority().certificate()};
  const auto decoded = decode_certificate_bundle(make_certificate_bundle(both));
  REQUIRE(decoded.has_value());
  REQUIRE(decoded->size() == 2);
  CHECK((*decoded)[0].der() == bob.der());
  CHECK((*decoded)[1].der() == authority().certificate().der());
  CHECK(decode_certificate_bundle(make_certificate_bundle({}))->empty());
}

TEST_CASE("every truncation, a tail and too many certificates are refused") {
  const std::vector<Certificate> one{member("bob").certificate};
  Bytes der = make_certificate_bundle(one);
  for (std::size_t n = 0; n < der.size(); n += 7)
    CHECK(decode_certificate_bundle(ByteSpan(der).first(n)).error().code == Errc::malformed);
  der.push_back(std::byte{0});
  CHECK(decode_certificate_bundle(der).error().code == Errc::malformed);
  CHECK(decode_certificate_bundle(one[0].der()).error().code == Errc::malformed);
  CHECK(decode_certificate_bundle(Bytes(40'000)).error().code == Errc::too_large);
  std::vector<Certificate> many;
  for (int i = 0; i < 9; ++i)
    many.push_back(member("bob" + std::to_string(i)).certificate);
  CHECK(decode_certificate_bundle(make_certificate_bundle(many)).error().code == Errc::too_large);
}

}  // namespace
}  // namespace ipop::crypto::test
