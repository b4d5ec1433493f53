#include "crypto/private_key.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "fixtures.hpp"
#include "trust_fixtures.hpp"

namespace ipop::crypto {
namespace {

TEST_CASE("a node id is the first 160 bits of SHA-256 over the SubjectPublicKeyInfo") {
  const auto key = PrivateKey::from_pem(test::leaf_key);
  REQUIRE(key.has_value());
  CHECK(to_hex(*spki_of(key->public_key())) ==
        "3059301306072a8648ce3d020106082a8648ce3d030107034200049c0429555e0d3a9efd28021527f5245a2e6fa6ae0d74b12a07ea8e4e"
        "fa6c1b1847a73c48b3163b3589044f66bdcad8f9a45a6a4065e5907892e3fe2f90e32076");
  CHECK(to_hex(node_id_of(key->public_key())->octets()) == "f9b4b5d2dde9eeb8b473fa7ba9fedd1e30f6407e");
}

TEST_CASE("one seed gives one key") {
  const auto key = PrivateKey::from_seed(as_bytes("seed"));
  CHECK(to_hex(key.public_key().point()) == "03ba50d17cca0c9239b4f9eaeb78dceffbbe2f32ec3459a9905dafeb4aedb68ee1");
  CHECK(PrivateKey::from_seed(as_bytes("seed")).public_key() == key.public_key());
  CHECK(PrivateKey::from_seed(as_bytes("other")).public_key() != key.public_key());
}

TEST_CASE("generated keys differ and survive PEM") {
  const auto a = PrivateKey::generate();
  const auto b = PrivateKey::generate();
  REQUIRE(a.has_value());
  REQUIRE(b.has_value());
  CHECK(a->public_key() != b->public_key());
  const auto back = PrivateKey::from_pem(a->to_pem());
  REQUIRE(back.has_value());
  CHECK(back->public_key() == a->public_key());
  CHECK(a->to_pem().starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_CASE("only the holder of the key can sign") {
  const auto key = PrivateKey::from_seed(as_bytes("a"));
  const auto other = PrivateKey::from_seed(as_bytes("b"));
  const auto signature = key.sign(as_bytes("text"));
  CHECK(verify(key.public_key(), as_bytes("text"), signature));
  CHECK_FALSE(verify(key.public_key(), as_bytes("Text"), signature));
  CHECK_FALSE(verify(other.public_key(), as_bytes("text"), signature));
  CHECK(verify(key.public_key(), {}, key.sign({})));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Signature damaged = signature;
    damaged[i] ^= std::byte{1};
    CHECK_FALSE(verify(key.public_key(), as_bytes("text"), damaged));
  }
  CHECK_FALSE(verify(key.public_key(), as_bytes("text"), Signature{}));
}

TEST_CASE("what is no point of the curve has no id and verifies nothing") {
  std::array<std::byte, PublicKey::size> point{};
  for (const int first : {0, 2, 4, 6, 255}) {
    point.fill(std::byte{0xff});
    point[0] = static_cast<std::byte>(first);
    CHECK_FALSE(spki_of(PublicKey(point)).has_value());
    CHECK_FALSE(node_id_of(PublicKey(point)).has_value());
    CHECK_FALSE(verify(PublicKey(point), as_bytes("x"), Signature{}));
  }
  CHECK_FALSE(spki_of(PublicKey{}).has_value());
}

TEST_CASE("a PEM that is no P-256 key is refused") {
  CHECK(PrivateKey::from_pem("").error().code == Errc::malformed);
  CHECK(PrivateKey::from_pem("nonsense").error().code == Errc::malformed);
  CHECK(PrivateKey::from_pem(test::leaf_certificate).error().code == Errc::malformed);
  CHECK(PrivateKey::from_pem(test::p384_key).error().code == Errc::unsupported);
  const std::string whole(test::leaf_key);
  for (std::size_t n = 0; n < whole.size() - 30; n += 7)
    CHECK_FALSE(PrivateKey::from_pem(whole.substr(0, n)).has_value());
}

TEST_CASE("S14: an encrypted key needs its passphrase, and says which of the two is wrong") {
  const PrivateKey key = test::key_of("bob");
  const auto pem = key.to_encrypted_pem("correct horse");
  REQUIRE(pem.has_value());
  CHECK(pem->starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
  CHECK(PrivateKey::from_pem(*pem, "correct horse")->public_key() == key.public_key());
  const auto without = PrivateKey::from_pem(*pem);
  CHECK(without.error().code == Errc::not_authorized);
  CHECK(without.error().message().find("passphrase is needed") != std::string::npos);
  for (const std::string& wrong : {std::string("correct house"), std::string(), std::string(2000, 'x')}) {
    const auto refused = PrivateKey::from_pem(*pem, wrong);
    CHECK(refused.error().code == Errc::bad_checksum);
    CHECK(refused.error().message().find("wrong") != std::string::npos);
  }
  CHECK(*key.to_encrypted_pem("correct horse") != *pem);
  CHECK(key.to_encrypted_pem("").error().code == Errc::out_of_range);
  CHECK(key.to_encrypted_pem(std::string(1025, 'x')).error().code == Errc::out_of_range);
  CHECK(key.to_encrypted_pem(std::string(1024, 'x')).has_value());
}

TEST_CASE("the forms in which openssl encrypts keys are read") {
  const auto plain = PrivateKey::from_pem(test::read_pem("member_key"));
  REQUIRE(plain.has_value());
  for (const auto* name : {"member_key_pbkdf2", "member_key_old"}) {
    const std::string pem = test::read_pem(name);
    CHECK(PrivateKey::from_pem(pem, "correct horse")->public_key() == plain->public_key());
    CHECK(PrivateKey::from_pem(pem).error().code == Errc::not_authorized);
    CHECK(PrivateKey::from_pem(pem, "wrong").error().code == Errc::bad_checksum);
  }
  CHECK(PrivateKey::from_pem(test::read_pem("member_key"), "not needed").has_value());
  CHECK(PrivateKey::from_pem("nonsense", "x").error().code == Errc::malformed);
}

TEST_CASE("a fingerprint names a key") {
  const PublicKey key = test::key_of("bob").public_key();
  CHECK(*key_fingerprint_of(key) == sha256(*spki_of(key)));
  CHECK(key_fingerprint_of(PublicKey{}).error().code == Errc::malformed);
}

}  // namespace
}  // namespace ipop::crypto
