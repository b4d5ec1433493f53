#include "crypto/verification_key.hpp"

#include <doctest/doctest.h>

#include "trust_fixtures.hpp"

namespace ipop::crypto::test {
namespace {

TEST_CASE("a verification key is the key, its fingerprint and its node") {
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) {
    const PublicKey key = key_of(name).public_key();
    const auto parsed = VerificationKey::of(key);
    REQUIRE(parsed.has_value());
    CHECK(parsed->public_key() == key);
    CHECK(parsed->fingerprint() == *key_fingerprint_of(key));
    CHECK(parsed->node_id() == *node_id_of(key));
  }
}

TEST_CASE("a verification key verifies what its other half signed, again and again, and nothing else") {
  const auto key = key_of("a");
  const auto mine = VerificationKey::of(key.public_key());
  const auto other = VerificationKey::of(key_of("b").public_key());
  REQUIRE(mine.has_value());
  REQUIRE(other.has_value());
  const Signature signature = key.sign(as_bytes("text"));
  for (int i = 0; i < 2; ++i) {
    CHECK(mine->verify(as_bytes("text"), signature));
    CHECK_FALSE(mine->verify(as_bytes("Text"), signature));
    CHECK_FALSE(other->verify(as_bytes("text"), signature));
    CHECK_FALSE(mine->verify(as_bytes("text"), Signature{}));
  }
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Signature damaged = signature;
    damaged[i] ^= std::byte{1};
    CHECK_FALSE(mine->verify(as_bytes("text"), damaged));
  }
}

TEST_CASE("both halves of the curve and what lies beside it") {
  std::size_t points = 0;
  for (unsigned x = 0; x < 64; ++x) {
    std::array<std::byte, PublicKey::size> point{};
    point[PublicKey::size - 1] = static_cast<std::byte>(x);
    for (const int first : {2, 3}) {
      point[0] = static_cast<std::byte>(first);
      const auto parsed = VerificationKey::of(PublicKey(point));
      CHECK(parsed.has_value() == spki_of(PublicKey(point)).has_value());
      if (parsed) ++points;
    }
    point[0] = std::byte{4};
    CHECK(VerificationKey::of(PublicKey(point)).error().code == Errc::malformed);
  }
  // Half of all coordinates have two points.
  CHECK(points > 32);
  CHECK(points < 96);
  CHECK(points % 2 == 0);
  CHECK_FALSE(VerificationKey::of(PublicKey{}).has_value());
}

TEST_CASE("a certificate's key verifies as the key alone does") {
  const auto key = key_of("member");
  const Certificate certificate = make_self_signed(key, "member", as_bytes("\x81serial!"), member_from, member_until);
  const auto parsed = VerificationKey::of(certificate);
  CHECK(parsed.public_key() == key.public_key());
  CHECK(parsed.fingerprint() == *key_fingerprint_of(key.public_key()));
  CHECK(parsed.verify(as_bytes("text"), key.sign(as_bytes("text"))));
  CHECK_FALSE(parsed.verify(as_bytes("Text"), key.sign(as_bytes("text"))));
}

}  // namespace
}  // namespace ipop::crypto::test
