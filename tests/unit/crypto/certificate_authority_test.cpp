#include "crypto/certificate_authority.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

std::error_code refusal(const CertificateAuthority::Fields& fields) {
  const auto signed_certificate = authority().sign(key_of("bob").public_key(), fields);
  REQUIRE_FALSE(signed_certificate.has_value());
  return signed_certificate.error().code;
}

TEST_CASE("an authority's certificate may sign members and lists, and nothing else") {
  const Certificate& certificate = authority().certificate();
  CHECK(certificate.is_self_signed());
  CHECK(certificate.is_authority());
  CHECK(certificate.may_sign_certificates());
  CHECK(certificate.may_sign_revocations());
  CHECK_FALSE(certificate.may_sign_handshakes());
  CHECK_FALSE(certificate.is_for_both_roles());
  CHECK(certificate.common_name() == "Test authority");
  CHECK(certificate.issuer() == "Test authority");
  CHECK(as_text(certificate.serial()) == "0123456789abcdef");
  CHECK(certificate.not_before() == authority_from);
  CHECK(certificate.not_after() == authority_until);
}

TEST_CASE("a member's certificate carries what the authority was told") {
  auto fields = fields_of("bob");
  fields.pinned_addresses = {{std::byte{10}, std::byte{128}, std::byte{0}, std::byte{7}}};
  fields.dns_names = {"est.example.org"};
  const auto certificate = authority().sign(key_of("bob").public_key(), fields);
  REQUIRE(certificate.has_value());
  CHECK(certificate->public_key() == key_of("bob").public_key());
  CHECK(certificate->key_fingerprint() == *key_fingerprint_of(key_of("bob").public_key()));
  CHECK(certificate->user() == "bob");
  CHECK(certificate->organization() == "test");
  CHECK(certificate->issuer() == "Test authority");
  CHECK(certificate->serial().size() == 16);
  CHECK((certificate->serial()[0] & std::byte{0x80}) == std::byte{0});
  CHECK(certificate->not_before() == member_from);
  CHECK(certificate->not_after() == member_until);
  CHECK(certificate->pinned_addresses() == fields.pinned_addresses);
  CHECK(certificate->dns_names() == fields.dns_names);
  CHECK_FALSE(certificate->is_self_signed());
  CHECK_FALSE(certificate->is_authority());
  CHECK(certificate->may_sign_handshakes());
  CHECK_FALSE(certificate->may_sign_certificates());
  CHECK(certificate->is_for_both_roles());
  CHECK(certificate->der().size() < 640);
}

TEST_CASE("what no verifier would accept is not signed") {
  auto fields = fields_of("bob");
  fields.user.clear();
  CHECK(refusal(fields) == Errc::malformed);
  fields.user = std::string(65, 'x');
  CHECK(refusal(fields) == Errc::malformed);
  fields.user = "bob\nadmin";
  CHECK(refusal(fields) == Errc::malformed);
  fields.user = "J\xfcrgen";
  CHECK(refusal(fields) == Errc::malformed);

  fields = fields_of("bob");
  fields.group = std::string(65, 'x');
  CHECK(refusal(fields) == Errc::malformed);
  fields = fields_of("bob");
  fields.serial.resize(7);
  CHECK(refusal(fields) == Errc::malformed);
  fields.serial.resize(21);
  CHECK(refusal(fields) == Errc::malformed);
  fields.serial.assign(16, std::byte{0});
  CHECK(refusal(fields) == Errc::malformed);
  fields = fields_of("bob");
  fields.pinned_addresses.resize(9);
  CHECK(refusal(fields) == Errc::too_large);
  fields = fields_of("bob");
  fields.dns_names = {"not a name"};
  CHECK(refusal(fields) == Errc::malformed);

  fields = fields_of("bob");
  fields.not_after = fields.not_before;
  CHECK(refusal(fields) == Errc::out_of_range);
  fields.not_after = authority_until + 1s;
  CHECK(refusal(fields) == Errc::out_of_range);
  fields = fields_of("bob");
  fields.not_before = authority_from - 1s;
  CHECK(refusal(fields) == Errc::out_of_range);

  PublicKey nowhere;
  CHECK(authority().sign(nowhere, fields_of("bob")).error().code == Errc::malformed);
}

TEST_CASE("an authority is taken up again by its own key only") {
  const auto key = PrivateKey::from_pem(authority().key().to_pem());
  const auto certificate = Certificate::from_pem(authority().certificate().to_pem());
  const auto again = CertificateAuthority::from(*key, *certificate);
  REQUIRE(again.has_value());
  CHECK(again->sign(key_of("bob").public_key(), fields_of("bob")).has_value());
  CHECK(CertificateAuthority::from(key_of("bob"), *certificate).error().code == Errc::conflict);
  const Identity bob = member("bob");
  CHECK(CertificateAuthority::from(bob.key, bob.certificate).error().code == Errc::not_authorized);
  CHECK(CertificateAuthority::from(low_and_high().first.key, low_and_high().first.certificate).error().code ==
        Errc::not_authorized);
  const auto foreign = CertificateAuthority::from(*PrivateKey::from_pem(read_pem("authority_key")),
                                                  *Certificate::from_pem(read_pem("authority")));
  CHECK(foreign.has_value());
}

TEST_CASE("an authority without a name or with an odd serial is not made") {
  const PrivateKey key = key_of("x");
  const auto make = [&](std::string_view name, std::string_view serial, WallTime until) {
    return CertificateAuthority::create(key, name, as_bytes(serial), wall_at_start, until).error().code;
  };
  CHECK(make("", "0123456789abcdef", authority_until) == Errc::malformed);
  CHECK(make("x", "0123456", authority_until) == Errc::malformed);
  CHECK(make("x", "0123456789abcdef", wall_at_start) == Errc::out_of_range);
  CHECK(make("x", "0123456789abcdef", WallTime{253'402'300'800}) == Errc::out_of_range);
}

TEST_CASE("a CRL lists serials, and has a PEM form") {
  CertificateAuthority::CrlFields fields;
  fields.number = 7;
  fields.issued = wall_at_start;
  fields.next = wall_at_start + std::chrono::hours(24);
  fields.revoked = {{fields_of("bob").serial, wall_at_start - 60s}, {fields_of("alice").serial, wall_at_start}};
  const auto list = authority().sign_crl(fields);
  REQUIRE(list.has_value());
  Bytes serial = fields_of("bob").serial;
  serial[0] &= std::byte{0x7f};
  CHECK(as_text(*list).find(as_text(serial)) != std::string_view::npos);
  CHECK(crl_to_pem(*list).starts_with("-----BEGIN X509 CRL-----\n"));
  fields.revoked.clear();
  CHECK(authority().sign_crl(fields)->size() < list->size());
  fields.revoked = {{{}, wall_at_start}};
  CHECK(authority().sign_crl(fields).error().code == Errc::malformed);
}

}  // namespace
}  // namespace ipop::crypto::test
