#include "crypto/certificate.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "fixtures.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto {
namespace {

constexpr WallTime from{1'700'000'000};
constexpr WallTime until{1'800'000'000};

Certificate sample(std::string_view name = "alice") {
  return make_self_signed(PrivateKey::from_seed(as_bytes("alice")), name, as_bytes("\x81serial!"), from, until);
}

TEST_CASE("a self-signed certificate carries key, name, serial and validity") {
  const Certificate certificate = sample();
  CHECK(certificate.public_key() == PrivateKey::from_seed(as_bytes("alice")).public_key());
  CHECK(certificate.common_name() == "alice");
  CHECK(to_hex(certificate.serial()) == "0173657269616c21");
  CHECK(certificate.not_before() == from);
  CHECK(certificate.not_after() == until);
  CHECK(certificate.is_self_signed());
}

TEST_CASE("DER and PEM give the same certificate back") {
  const Certificate certificate = sample();
  const auto from_der = Certificate::from_der(certificate.der());
  REQUIRE(from_der.has_value());
  CHECK(from_der->der() == certificate.der());
  CHECK(from_der->fingerprint() == certificate.fingerprint());
  const auto from_pem = Certificate::from_pem(certificate.to_pem());
  REQUIRE(from_pem.has_value());
  CHECK(from_pem->der() == certificate.der());
}

TEST_CASE("a certificate of another authority is decoded and not self-signed") {
  const auto certificate = Certificate::from_pem(test::leaf_certificate);
  REQUIRE(certificate.has_value());
  CHECK(certificate->common_name() == "leaf");
  CHECK(to_hex(certificate->serial()) == "1122334455667788");
  CHECK(certificate->not_before() == WallTime{1795318624});
  CHECK(certificate->not_after() == WallTime{2426038624});
  CHECK_FALSE(certificate->is_self_signed());
  CHECK(certificate->public_key() == PrivateKey::from_pem(test::leaf_key)->public_key());
}

TEST_CASE("every truncation and a tail are refused") {
  const Bytes der = sample().der();
  for (std::size_t n = 0; n < der.size(); ++n)
    CHECK(Certificate::from_der(ByteSpan(der).first(n)).error().code == Errc::malformed);
  Bytes longer = der;
  longer.push_back(std::byte{0});
  CHECK(Certificate::from_der(longer).error().code == Errc::malformed);
}

TEST_CASE("a changed octet is refused or breaks the signature") {
  const Bytes der = sample().der();
  for (std::size_t i = 0; i < der.size(); i += 3) {
    CAPTURE(i);
    Bytes damaged = der;
    damaged[i] ^= std::byte{0x10};
    const auto certificate = Certificate::from_der(damaged);
    CHECK((!certificate.has_value() || !certificate->is_self_signed()));
  }
}

TEST_CASE("another curve is not ours") {
  CHECK(Certificate::from_pem(test::p384_certificate).error().code == Errc::unsupported);
  CHECK(Certificate::from_pem(test::leaf_key).error().code == Errc::malformed);
}

TEST_CASE("any text fits as a name") {
  CHECK(sample("").common_name().empty());
  CHECK(sample(std::string(200, 'x')).common_name() == std::string(64, 'x'));
  CHECK(sample("J\xc3\xbcrgen").common_name() == "J\xc3\xbcrgen");
  // Not UTF-8: taken as ISO 8859-1.
  CHECK(sample("J\xfcrgen").common_name() == "J\xc3\xbcrgen");
  std::string umlauts = "x";
  for (int i = 0; i < 50; ++i)
    umlauts += "\xc3\xbc";
  CHECK(sample(umlauts).common_name() == umlauts.substr(0, 63));
}

TEST_CASE("a huge or odd certificate is refused for the reason that is meant") {
  const auto code = [](std::string_view name) { return Certificate::from_pem(test::read_pem(name)).error().code; };
  CHECK(code("odd_large") == Errc::too_large);
  CHECK(code("odd_serial_21") == Errc::too_large);
  CHECK(code("odd_nine_names") == Errc::too_large);
  CHECK(code("odd_extensions") == Errc::too_large);
  CHECK(code("odd_many_parts") == Errc::too_large);
  CHECK(code("odd_serial_negative") == Errc::malformed);
  CHECK(code("odd_serial_zero") == Errc::malformed);
  CHECK(code("odd_two_names") == Errc::malformed);
  CHECK(code("odd_constraints") == Errc::malformed);
  CHECK(code("odd_address") == Errc::malformed);
  CHECK(code("odd_critical") == Errc::unsupported);
}

TEST_CASE("a zero octet in a name is refused: other programs would read a shorter one") {
  Bytes der = sample("alice").der();
  for (const std::size_t at : {as_text(der).find("alice"), as_text(der).rfind("alice")})
    der[at + 2] = std::byte{0};
  CHECK(Certificate::from_der(der).error().code == Errc::malformed);
  CHECK(sample(std::string_view("al\0ice", 6)).common_name() == "al");
}

TEST_CASE("alternative names that are none of ours are passed over") {
  const auto certificate = Certificate::from_pem(test::read_pem("other_names"));
  REQUIRE(certificate.has_value());
  CHECK(certificate->pinned_addresses() ==
        std::vector<PinnedAddress>{{std::byte{10}, std::byte{128}, std::byte{0}, std::byte{9}}});
  CHECK(certificate->dns_names() == std::vector<std::string>{"bob.example.org"});
}

}  // namespace
}  // namespace ipop::crypto
