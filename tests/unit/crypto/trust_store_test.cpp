#include "crypto/trust_store.hpp"

#include <set>

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

/// The group of tests/vectors/x509/authority.pem, at a time when its certificates are valid.
constexpr WallTime vector_wall{1'800'000'000};

std::shared_ptr<const TrustStore> vector_group() {
  return *TrustStore::closed_group(*Certificate::from_pem(read_pem("authority")));
}

Error vector_refusal(std::string_view name) {
  const auto certificate = Certificate::from_pem(read_pem(name));
  REQUIRE(certificate.has_value());
  const auto verdict = vector_group()->verify(*certificate, vector_wall);
  REQUIRE_FALSE(verdict.has_value());
  return verdict.error();
}

bool speaks_of(const Error& error, std::string_view word) {
  return error.message().find(word) != std::string::npos;
}

TEST_CASE("a closed group admits whom its authority signed") {
  const Identity bob = member("bob");
  const auto peer = closed_group()->verify(bob.certificate, wall_at_start);
  REQUIRE(peer.has_value());
  CHECK(peer->user == "bob");
  CHECK(peer->id == bob.id);
  CHECK(peer->key == *key_fingerprint_of(bob.key.public_key()));
  CHECK(peer->certificate.der() == bob.certificate.der());
  const auto foreign = vector_group()->verify(*Certificate::from_pem(read_pem("member")), vector_wall);
  REQUIRE(foreign.has_value());
  CHECK(foreign->user == "bob");
}

TEST_CASE("an open group admits who signs for itself, under no name") {
  const auto open = TrustStore::open_group();
  const Identity& low = low_and_high().first;
  const auto peer = open->verify(low.certificate, wall_at_start);
  REQUIRE(peer.has_value());
  CHECK(peer->id == low.id);
  CHECK(peer->user.empty());
  CHECK(open->verify(member("bob").certificate, wall_at_start).error().code == Errc::not_authorized);
  CHECK(open->kind() == GroupKind::open);
  CHECK(open->authority() == nullptr);
  CHECK(open->revocations() == nullptr);
  CHECK_FALSE(open->is_revoked(low.key.public_key(), "bob"));
  CHECK(open->with_revocations(revoked(1, {})).error().code == Errc::not_authorized);
}

TEST_CASE("self-signed in a closed group is nobody") {
  const auto verdict = closed_group()->verify(low_and_high().first.certificate, wall_at_start);
  REQUIRE_FALSE(verdict.has_value());
  CHECK(verdict.error().code == Errc::not_authorized);
  CHECK(speaks_of(verdict.error(), "self-signed"));
}

TEST_CASE("another authority, or one that only has the name, makes no members") {
  const CertificateAuthority other = make_authority("Other");
  const auto carol = other.sign(key_of("carol").public_key(), fields_of("carol"));
  const auto verdict = closed_group()->verify(*carol, wall_at_start);
  CHECK(verdict.error().code == Errc::not_authorized);
  CHECK(speaks_of(verdict.error(), "another authority"));
  CHECK(vector_refusal("twin").code == Errc::bad_checksum);
}

TEST_CASE("a changed signature is not the authority's") {
  Bytes der = member("bob").certificate.der();
  der.back() ^= std::byte{1};
  const auto forged = Certificate::from_der(der);
  REQUIRE(forged.has_value());
  CHECK(closed_group()->verify(*forged, wall_at_start).error().code == Errc::bad_checksum);
}

TEST_CASE("a certificate for another purpose is refused") {
  CHECK(speaks_of(vector_refusal("no_roles"), "serverAuth"));
  CHECK(speaks_of(vector_refusal("client_only"), "serverAuth"));
  CHECK(speaks_of(vector_refusal("no_signature"), "digitalSignature"));
  CHECK(speaks_of(vector_refusal("sub_authority"), "authority's"));
  CHECK(speaks_of(vector_refusal("authority"), "authority's"));
  CHECK(vector_refusal("under_member").code == Errc::not_authorized);
}

TEST_CASE("S1: a position needs a serial of 64 bits, and the same key gets another with each serial") {
  CHECK(vector_refusal("short_serial").code == Errc::out_of_range);
  std::set<NodeId> ids;
  auto fields = fields_of("bob");
  for (unsigned i = 0; i < 20; ++i) {
    fields.serial[15] = static_cast<std::byte>(i);
    const auto certificate = authority().sign(key_of("bob").public_key(), fields);
    ids.insert(closed_group()->verify(*certificate, wall_at_start)->id);
  }
  CHECK(ids.size() == 20);
}

TEST_CASE("a node id in a closed group is cut from SHA-256 over SubjectPublicKeyInfo and serial") {
  const Identity bob = member("bob");
  Bytes text = *spki_of(bob.key.public_key());
  append(text, bob.certificate.serial());
  CHECK(bob.id == NodeId::from_prefix(sha256(text)));
  CHECK(*node_id_of(bob.certificate, GroupKind::open) == *node_id_of(bob.key.public_key()));
}

TEST_CASE("S21: a certificate that is not valid yet or has expired is refused with a word about clocks") {
  const Identity bob = member("bob");
  const auto at = [&](WallTime wall) { return closed_group()->verify(bob.certificate, wall); };
  CHECK(at(member_from).has_value());
  CHECK(at(member_until - 1s).has_value());
  const auto early = at(member_from - 1s);
  CHECK(early.error().code == Errc::expired);
  CHECK(speaks_of(early.error(), "not valid yet: check the clocks"));
  const auto late = at(member_until + 1s);
  CHECK(late.error().code == Errc::expired);
  CHECK(speaks_of(late.error(), "has expired: check the clocks"));
  // A clock that starts at 1970 is earlier than the authority itself.
  CHECK(at(WallTime{0}).error().code == Errc::expired);
  CHECK(speaks_of(at(WallTime{0}).error(), "check the clocks"));
  CHECK(speaks_of(at(authority_until + 1s).error(), "check the clocks"));
  const auto open = TrustStore::open_group();
  CHECK(open->verify(low_and_high().first.certificate, WallTime{0}).error().code == Errc::expired);
}

TEST_CASE("S21: a member whose clock is a day slow is admitted from the first second") {
  CHECK(validity_head_start == std::chrono::hours(24));
  CHECK(closed_group()->verify(member("bob").certificate, wall_at_start - std::chrono::hours(24)).has_value());
}

TEST_CASE("S10: a revoked key and a revoked user are refused, the others stay") {
  const Identity bob = member("bob");
  const Identity carol = member("carol");
  for (const auto& store :
       {closed_group_without({bob.certificate.key_fingerprint()}), closed_group_without({}, {"bob"})}) {
    const auto verdict = store->verify(bob.certificate, wall_at_start);
    REQUIRE_FALSE(verdict.has_value());
    CHECK(verdict.error().code == Errc::not_authorized);
    CHECK(speaks_of(verdict.error(), "revoked"));
    CHECK(store->is_revoked(bob.key.public_key(), "bob"));
    CHECK(store->verify(carol.certificate, wall_at_start).has_value());
    CHECK_FALSE(store->is_revoked(carol.key.public_key(), "carol"));
  }
  // A new certificate for the same key, or for the same user, changes nothing.
  auto fields = fields_of("bob");
  fields.serial[0] ^= std::byte{1};
  const auto renewed = authority().sign(bob.key.public_key(), fields);
  CHECK_FALSE(closed_group_without({bob.certificate.key_fingerprint()})->verify(*renewed, wall_at_start).has_value());
  const auto other_key = authority().sign(key_of("bob's other key").public_key(), fields);
  CHECK_FALSE(closed_group_without({}, {"bob"})->verify(*other_key, wall_at_start).has_value());
}

TEST_CASE("who was admitted once is judged anew every time, under another list too") {
  const auto group = closed_group();
  const Identity bob = member("bob");
  REQUIRE(group->verify(bob.certificate, wall_at_start).has_value());
  CHECK(group->verify(bob.certificate, wall_at_start).has_value());
  CHECK(group->verify(bob.certificate, member_until + 1s).error().code == Errc::expired);
  CHECK(group->verify(bob.certificate, authority_until + 1s).error().code == Errc::expired);
  Bytes der = bob.certificate.der();
  der.back() ^= std::byte{1};
  CHECK(group->verify(*Certificate::from_der(der), wall_at_start).error().code == Errc::bad_checksum);
  const auto later = group->with_revocations(revoked(1, {bob.certificate.key_fingerprint()}));
  REQUIRE(later.has_value());
  CHECK(speaks_of((*later)->verify(bob.certificate, wall_at_start).error(), "revoked"));
}

TEST_CASE("S10: only a newer list of the authority replaces a list") {
  const auto first = closed_group()->with_revocations(revoked(5, {}, {"bob"}));
  REQUIRE(first.has_value());
  CHECK((*first)->revocation_number() == 5);
  CHECK((*first)->revocations()->contains_user("bob"));
  CHECK(closed_group()->revocation_number() == 0);
  CHECK((*first)->with_revocations(revoked(4, {})).error().code == Errc::conflict);
  CHECK((*first)->with_revocations(revoked(5, {})).error().code == Errc::conflict);
  CHECK((*first)->with_revocations(revoked(6, {}, {}, make_authority("Other"))).error().code == Errc::not_authorized);
  Bytes octets;
  encode(revoked(6, {}, {"carol"}), octets);
  octets.back() ^= std::byte{1};
  CHECK((*first)->with_revocations(*decode_revocation_list(octets)).error().code == Errc::bad_checksum);
  const auto second = (*first)->with_revocations(revoked(6, {}));
  REQUIRE(second.has_value());
  CHECK_FALSE((*second)->is_revoked(Digest256{}, "bob"));
  CHECK((*second)->is_same_group(**first));
}

TEST_CASE("only an authority closes a group") {
  CHECK(TrustStore::closed_group(member("bob").certificate).error().code == Errc::not_authorized);
  CHECK(TrustStore::closed_group(low_and_high().first.certificate).error().code == Errc::not_authorized);
  CHECK(TrustStore::closed_group(*Certificate::from_pem(read_pem("sub_authority"))).error().code ==
        Errc::not_authorized);
  CHECK(TrustStore::closed_group(authority().certificate(), revoked(3, {})).has_value());
  CHECK(TrustStore::closed_group(authority().certificate(), revoked(3, {}, {}, make_authority("Other"))).error().code ==
        Errc::not_authorized);
}

TEST_CASE("groups are the same by their authority") {
  const auto other = TrustStore::closed_group(make_authority("Other").certificate());
  CHECK(closed_group()->is_same_group(*closed_group_without({}, {"bob"})));
  CHECK_FALSE(closed_group()->is_same_group(**other));
  CHECK_FALSE(closed_group()->is_same_group(*TrustStore::open_group()));
  CHECK(TrustStore::open_group()->is_same_group(*TrustStore::open_group()));
}

}  // namespace
}  // namespace ipop::crypto::test
