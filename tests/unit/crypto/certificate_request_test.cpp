#include "crypto/certificate_request.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

constexpr PinnedAddress pinned{std::byte{10}, std::byte{128}, std::byte{0}, std::byte{9}};

Error refusal(std::string_view name) {
  const auto request = CertificateRequest::from_pem(read_pem("request_" + std::string(name)));
  REQUIRE_FALSE(request.has_value());
  return request.error();
}

bool names(const Error& error, std::string_view power) {
  return error.code == Errc::not_authorized && error.message().find(power) != std::string::npos;
}

TEST_CASE("a request carries key, user and wished addresses, and survives DER and PEM") {
  const PrivateKey key = key_of("bob");
  const auto request = CertificateRequest::build(key, {"bob", {pinned}});
  REQUIRE(request.has_value());
  CHECK(request->public_key() == key.public_key());
  CHECK(request->key_fingerprint() == *key_fingerprint_of(key.public_key()));
  CHECK(request->user() == "bob");
  CHECK(request->pinned_addresses() == std::vector<PinnedAddress>{pinned});
  const auto from_der = CertificateRequest::from_der(request->der());
  REQUIRE(from_der.has_value());
  CHECK(from_der->user() == "bob");
  const auto from_pem = CertificateRequest::from_pem(request->to_pem());
  REQUIRE(from_pem.has_value());
  CHECK(from_pem->der() == request->der());
  CHECK(CertificateRequest::build(key, {"bob", {}})->pinned_addresses().empty());
}

TEST_CASE("a plain request of openssl req is accepted") {
  const auto request = CertificateRequest::from_pem(read_pem("request_plain"));
  REQUIRE(request.has_value());
  CHECK(request->user() == "bob");
  CHECK(request->public_key() == PrivateKey::from_pem(read_pem("member_key"))->public_key());
  CHECK(CertificateRequest::from_pem(read_pem("request_empty"))->user().empty());
}

TEST_CASE("wishes that harm nobody are read or ignored") {
  const auto request = CertificateRequest::from_pem(read_pem("request_wishes"));
  REQUIRE(request.has_value());
  CHECK(request->pinned_addresses() == std::vector<PinnedAddress>{pinned});
  CHECK(request->dns_names() == std::vector<std::string>{"bob.example.org"});
}

TEST_CASE("a request for powers that no member has is refused, and the error names them") {
  CHECK(names(refusal("authority"), "CA:TRUE"));
  CHECK(names(refusal("certificate_signer"), "keyCertSign"));
  CHECK(names(refusal("list_signer"), "cRLSign"));
  CHECK(names(refusal("code_signer"), "Code Signing"));
  CHECK(names(refusal("any_purpose"), "Any Extended Key Usage"));
  CHECK(names(refusal("name_constraints"), "nameConstraints"));
}

TEST_CASE("S11: a request that is huge, odd, weak or of another kind of key is refused") {
  CHECK(refusal("broken_constraints").code == Errc::malformed);
  CHECK(refusal("nine_names").code == Errc::too_large);
  CHECK(refusal("large").code == Errc::too_large);
  CHECK(refusal("weak").code == Errc::unsupported);
  CHECK(refusal("p384").code == Errc::unsupported);
  CHECK(refusal("rsa").code == Errc::unsupported);
  CHECK(CertificateRequest::from_pem(read_pem("member")).error().code == Errc::malformed);
  CHECK(CertificateRequest::from_pem(std::string(100'000, 'x')).error().code == Errc::too_large);
  CHECK(CertificateRequest::from_der(Bytes(20'000)).error().code == Errc::too_large);
  CHECK(CertificateRequest::from_pem("").error().code == Errc::malformed);
}

TEST_CASE("S11: only the holder of the key can ask for it") {
  const Bytes der = CertificateRequest::build(key_of("bob"), {"bob", {}})->der();
  const std::size_t at = as_text(der).find("bob");
  REQUIRE(at != std::string_view::npos);
  Bytes forged = der;
  forged[at] = std::byte{'r'};
  CHECK(CertificateRequest::from_der(forged).error().code == Errc::bad_checksum);
  forged = der;
  forged.back() ^= std::byte{1};
  CHECK_FALSE(CertificateRequest::from_der(forged).has_value());
}

TEST_CASE("every truncation, every changed octet and a tail of a request are refused") {
  const Bytes der = CertificateRequest::build(key_of("bob"), {"bob", {pinned}})->der();
  for (std::size_t n = 0; n < der.size(); ++n) {
    CHECK_FALSE(CertificateRequest::from_der(ByteSpan(der).first(n)).has_value());
    Bytes damaged = der;
    damaged[n] ^= std::byte{0x20};
    CHECK_FALSE(CertificateRequest::from_der(damaged).has_value());
  }
  Bytes longer = der;
  longer.push_back(std::byte{0});
  CHECK(CertificateRequest::from_der(longer).error().code == Errc::malformed);
}

TEST_CASE("a user has a name that every program reads alike") {
  const PrivateKey key = key_of("bob");
  CHECK(CertificateRequest::build(key, {"", {}}).error().code == Errc::malformed);
  CHECK(CertificateRequest::build(key, {std::string(65, 'x'), {}}).error().code == Errc::malformed);
  CHECK(CertificateRequest::build(key, {std::string("a\0b", 3), {}}).error().code == Errc::malformed);
  CHECK(CertificateRequest::build(key, {"J\xfcrgen", {}}).error().code == Errc::malformed);
  CHECK(CertificateRequest::build(key, {"bob", std::vector<PinnedAddress>(9)}).error().code == Errc::too_large);
  CHECK(CertificateRequest::build(key, {"J\xc3\xbcrgen", {}})->user() == "J\xc3\xbcrgen");
  CHECK(CertificateRequest::build(key, {std::string(64, 'x'), {}}).has_value());
}

}  // namespace
}  // namespace ipop::crypto::test
