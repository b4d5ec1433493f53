#include "layers/envelope.hpp"

#include <doctest/doctest.h>

#include "crypto/certificate_authority.hpp"

using namespace ipop;
using namespace ipop::layers;

namespace {

constexpr std::string_view body = "grid-appliance layer manifest 1\nname tools\n";
constexpr WallTime noon{1'800'000'000};

crypto::PrivateKey key_of(std::string_view seed) {
  return crypto::PrivateKey::from_seed(as_bytes(seed));
}

crypto::CertificateAuthority lab_authority() {
  return *crypto::CertificateAuthority::create(key_of("authority"), "lab", as_bytes("0123456789abcdef"), noon - 24h,
                                               noon + 24h * 365);
}

crypto::Certificate member_certificate(std::string_view user) {
  crypto::CertificateAuthority::Fields fields;
  fields.user = user;
  fields.serial = Bytes(16, std::byte{7});
  fields.not_before = noon;
  fields.not_after = noon + 24h * 90;
  return *lab_authority().sign(key_of(user).public_key(), fields);
}

crypto::Certificate site_certificate() {
  return crypto::make_self_signed(key_of("site"), "site", as_bytes("12345678"), noon, noon + 24h);
}

crypto::RevocationList list_of(std::string_view signer, std::vector<crypto::Digest256> keys,
                               std::vector<std::string> users) {
  return *crypto::RevocationList::sign(key_of(signer), {1, noon, std::move(keys), std::move(users)});
}

std::error_code judge(std::string_view text, const TrustedSigners& trusted, std::optional<WallTime> made = noon) {
  const auto envelope = parse_envelope(text, "m");
  REQUIRE(envelope.has_value());
  const auto right = check_signer(*envelope, trusted, made);
  return right ? std::error_code() : right.error().code;
}

}  // namespace

TEST_CASE("a signature counts when its key is one that this machine trusts") {
  const std::string text = sign_manifest(body, key_of("site"), site_certificate());
  CHECK(parse_envelope(text, "m")->body == body);
  CHECK(judge(text, {{site_certificate()}, {}}) == std::error_code());
  CHECK(judge(text, {{lab_authority().certificate(), site_certificate()}, {}}) == std::error_code());
}

TEST_CASE("S12: a manifest that nobody signed, or somebody else, is refused") {
  CHECK(judge(body, {{site_certificate()}, {}}) == Errc::not_authorized);
  const std::string text = sign_manifest(body, key_of("site"), site_certificate());
  CHECK(judge(text, {}) == Errc::not_authorized);
  CHECK(judge(text, {{lab_authority().certificate()}, {}}) == Errc::not_authorized);
  // His certificate, another key.
  CHECK(judge(sign_manifest(body, key_of("thief"), site_certificate()), {{site_certificate()}, {}}) ==
        Errc::bad_checksum);
}

TEST_CASE("S12: a member of a group does not sign for all because the authority signed him") {
  const std::string text = sign_manifest(body, key_of("bob"), member_certificate("bob"));
  CHECK(judge(text, {{lab_authority().certificate()}, {}}) == Errc::not_authorized);
  CHECK(judge(text, {{lab_authority().certificate(), member_certificate("bob")}, {}}) == std::error_code());
}

TEST_CASE("S12: a manifest of which one octet was changed is refused") {
  const std::string text = sign_manifest(body, key_of("site"), site_certificate());
  const TrustedSigners trusted{{site_certificate()}, {}};
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const auto envelope = parse_envelope(changed, "m");
    REQUIRE_FALSE((envelope.has_value() && check_signer(*envelope, trusted, noon).has_value()));
  }
}

TEST_CASE("S12: a revoked signer is refused, by his key or by the name that the authority gave him") {
  const auto bob = member_certificate("bob");
  const std::string text = sign_manifest(body, key_of("bob"), bob);
  TrustedSigners trusted{{lab_authority().certificate(), bob}, {}};
  trusted.revocations = {list_of("authority", {bob.key_fingerprint()}, {})};
  CHECK(judge(text, trusted) == Errc::not_authorized);
  trusted.revocations = {list_of("authority", {}, {"bob"})};
  CHECK(judge(text, trusted) == Errc::not_authorized);
  // A list of somebody whom nobody trusts here says nothing.
  trusted.revocations = {list_of("stranger", {bob.key_fingerprint()}, {"bob"})};
  CHECK(judge(text, trusted) == std::error_code());
  // Nor does a group's authority revoke a site's certificate by a name that happens to be the same.
  TrustedSigners site{{lab_authority().certificate(), site_certificate()}, {list_of("authority", {}, {"site"})}};
  CHECK(judge(sign_manifest(body, key_of("site"), site_certificate()), site) == std::error_code());
}

TEST_CASE("what was made outside of the time of its signer's certificate is refused") {
  const std::string text = sign_manifest(body, key_of("site"), site_certificate());
  const TrustedSigners trusted{{site_certificate()}, {}};
  CHECK(judge(text, trusted, noon - 1s) == Errc::expired);
  CHECK(judge(text, trusted, noon + 25h) == Errc::expired);
  CHECK(judge(text, trusted, std::nullopt) == std::error_code());
}

TEST_CASE("half a signature is an error, and none is none") {
  const std::string text = sign_manifest(body, key_of("site"), site_certificate());
  const std::string signer = text.substr(body.size(), text.find('\n', body.size()) + 1 - body.size());
  const std::string signature = text.substr(body.size() + signer.size());
  CHECK_FALSE(parse_envelope(std::string(body) + signature, "m").has_value());
  CHECK_FALSE(parse_envelope(std::string(body) + "signer x\n" + signature, "m").has_value());
  CHECK_FALSE(parse_envelope(std::string(body) + signer + "signature 00\n", "m").has_value());
  CHECK_FALSE(parse_envelope(std::string(body) + signer, "m")->signer.has_value());
  CHECK_FALSE(parse_envelope("", "m")->signer.has_value());
}
