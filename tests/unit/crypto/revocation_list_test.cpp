#include "crypto/revocation_list.hpp"

#include <doctest/doctest.h>

#include "support/vector_file.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

Digest256 digest_of(std::uint32_t number) {
  Bytes text;
  ByteWriter(text).write(number);
  return sha256(text);
}

Bytes encoded(const RevocationList& list) {
  Bytes out;
  encode(list, out);
  return out;
}

RevocationList sample() {
  return revoked(7, {digest_of(2), digest_of(1)}, {"bob", "alice"});
}

// Places of the fields in sample().
constexpr std::size_t number_at = 33;
constexpr std::size_t issued_at = 41;
constexpr std::size_t key_count_at = 49;
constexpr std::size_t first_key_at = 53;
constexpr std::size_t user_count_at = 117;
constexpr std::size_t first_user_at = 121;

TEST_CASE("the vector of docs/wire/revocation.md decodes, is signed, and encodes to the same octets") {
  const Bytes vector = ipop::test::read_vector("revocation_list");
  const auto list = decode_revocation_list(vector);
  REQUIRE(list.has_value());
  const PublicKey key = PrivateKey::from_pem(read_pem("authority_key"))->public_key();
  CHECK(list->authority() == *key_fingerprint_of(key));
  CHECK(list->number() == 7);
  CHECK(list->issued() == WallTime{1'767'225'600});
  REQUIRE(list->keys().size() == 2);
  CHECK(list->keys()[0][31] == std::byte{31});
  CHECK(list->keys()[1][0] == std::byte{0xff});
  CHECK(list->users() == std::vector<std::string>{"alice", "bob"});
  CHECK(list->is_signed_by(key));
  CHECK_FALSE(list->is_signed_by(authority().key().public_key()));
  CHECK(encoded(*list) == vector);
}

TEST_CASE("a list says who is revoked, whatever the order it was made in") {
  const RevocationList list = revoked(7, {digest_of(2), digest_of(1), digest_of(2)}, {"bob", "alice", "bob"});
  CHECK(list.size() == 4);
  CHECK(list.contains_key(digest_of(1)));
  CHECK(list.contains_key(digest_of(2)));
  CHECK_FALSE(list.contains_key(digest_of(3)));
  CHECK(list.contains_user("alice"));
  CHECK(list.contains_user("bob"));
  CHECK_FALSE(list.contains_user("Bob"));
  CHECK_FALSE(list.contains_user(""));
  const PublicKey carol = key_of("carol").public_key();
  CHECK_FALSE(list.contains_key(carol));
  CHECK(revoked(8, {*key_fingerprint_of(carol)}).contains_key(carol));
  CHECK_FALSE(list.contains_key(PublicKey{}));
}

TEST_CASE("a list survives the wire with its signature") {
  for (const RevocationList& list :
       {sample(), revoked(1, {}), revoked(~std::uint64_t{0}, {}, {std::string(64, 'x')})}) {
    const Bytes octets = encoded(list);
    const auto again = decode_revocation_list(octets);
    REQUIRE(again.has_value());
    CHECK(again->number() == list.number());
    CHECK(again->keys() == list.keys());
    CHECK(again->users() == list.users());
    CHECK(again->is_signed_by(authority().key().public_key()));
    CHECK(encoded(*again) == octets);
  }
}

TEST_CASE("what can't be a list is not signed") {
  const auto refusal = [](RevocationList::Content content) {
    return RevocationList::sign(authority().key(), std::move(content)).error().code;
  };
  CHECK(refusal({0, wall_at_start, {}, {}}) == Errc::out_of_range);
  CHECK(refusal({1, WallTime{-1}, {}, {}}) == Errc::out_of_range);
  CHECK(refusal({1, wall_at_start, {}, {""}}) == Errc::malformed);
  CHECK(refusal({1, wall_at_start, {}, {std::string(65, 'x')}}) == Errc::malformed);
}

TEST_CASE("every truncation and a tail of a list are refused") {
  Bytes octets = encoded(sample());
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(decode_revocation_list(ByteSpan(octets).first(n)).error().code == Errc::truncated);
  octets.push_back(std::byte{0});
  CHECK(decode_revocation_list(octets).error().code == Errc::malformed);
}

TEST_CASE("every changed octet of a list is refused or breaks the signature") {
  const Bytes octets = encoded(sample());
  const PublicKey key = authority().key().public_key();
  for (std::size_t i = 0; i < octets.size(); ++i) {
    CAPTURE(i);
    Bytes damaged = octets;
    damaged[i] ^= std::byte{0x01};
    const auto list = decode_revocation_list(damaged);
    CHECK((!list || !list->is_signed_by(key)));
  }
}

TEST_CASE("each wrong field of a list has its error") {
  const Bytes good = encoded(sample());
  const auto code = [&](std::size_t at, std::initializer_list<unsigned> octets) {
    Bytes bad = good;
    for (const unsigned octet : octets)
      bad[at++] = static_cast<std::byte>(octet);
    return decode_revocation_list(bad).error().code;
  };
  CHECK(code(0, {2}) == Errc::unsupported);
  CHECK(code(number_at, {0, 0, 0, 0, 0, 0, 0, 0}) == Errc::malformed);
  CHECK(code(issued_at, {0x80}) == Errc::malformed);
  CHECK(code(key_count_at, {0, 1, 0x86, 0xa1}) == Errc::too_large);
  CHECK(code(key_count_at, {0xff, 0xff, 0xff, 0xff}) == Errc::too_large);
  CHECK(code(key_count_at, {0, 1, 0x86, 0xa0}) == Errc::truncated);
  CHECK(code(first_key_at, {0xff, 0xff}) == Errc::malformed);         // not rising
  CHECK(code(user_count_at, {0, 1, 0x86, 0x9f}) == Errc::too_large);  // with the keys: one too many
  CHECK(code(first_user_at + 1, {'z'}) == Errc::malformed);           // not rising
}

TEST_CASE("a user without a name, or with one that is too long, is refused") {
  Bytes octets = encoded(revoked(1, {}, {"x"}));
  const auto user = octets.begin() + first_key_at + 4;
  octets.erase(user + 1);
  octets[first_key_at + 4] = std::byte{0};
  CHECK(decode_revocation_list(octets).error().code == Errc::malformed);
  octets[first_key_at + 4] = std::byte{65};
  octets.insert(octets.begin() + first_key_at + 5, 65, std::byte{'x'});
  CHECK(decode_revocation_list(octets).error().code == Errc::malformed);
}

TEST_CASE("entries that are there twice are refused") {
  Bytes twice = encoded(sample());
  std::copy_n(twice.begin() + first_key_at, 32, twice.begin() + first_key_at + 32);
  CHECK(decode_revocation_list(twice).error().code == Errc::malformed);
}

TEST_CASE("a list of 100,000 entries is signed, encoded, decoded, verified and asked") {
  RevocationList::Content content;
  content.number = 1;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    content.keys.push_back(digest_of(i));
    content.users.push_back("user " + std::to_string(i));
  }
  const auto list = RevocationList::sign(authority().key(), content);
  REQUIRE(list.has_value());
  const auto again = decode_revocation_list(encoded(*list));
  REQUIRE(again.has_value());
  CHECK(again->is_signed_by(authority().key().public_key()));
  for (std::uint32_t i = 0; i < 50'000; i += 1000) {
    CHECK(again->contains_key(digest_of(i)));
    CHECK(again->contains_user("user " + std::to_string(i)));
    CHECK_FALSE(again->contains_key(digest_of(i + 50'000)));
  }
  content.users.push_back("one too many");
  CHECK(RevocationList::sign(authority().key(), content).error().code == Errc::too_large);
}

}  // namespace
}  // namespace ipop::crypto::test
