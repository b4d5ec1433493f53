#include "crypto/hash.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ipop::crypto {
namespace {

TEST_CASE("SHA-256 gives the value of FIPS 180-4") {
  CHECK(to_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(to_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("HMAC-SHA-256 gives the value of RFC 4231, and takes an empty key") {
  CHECK(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(to_hex(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("HKDF-Expand gives the first value of RFC 5869") {
  const auto key = parse_hex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
  const auto info = parse_hex("f0f1f2f3f4f5f6f7f8f9");
  REQUIRE(key);
  REQUIRE(info);
  Bytes out(42);
  hkdf_expand(*key, *info, out);
  CHECK(to_hex(out) == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
}

TEST_CASE("secrets are equal only octet for octet") {
  CHECK(equal_secret(as_bytes("abc"), as_bytes("abc")));
  CHECK(equal_secret({}, {}));
  CHECK_FALSE(equal_secret(as_bytes("abc"), as_bytes("abd")));
  CHECK_FALSE(equal_secret(as_bytes("abc"), as_bytes("ab")));
}

TEST_CASE("a wiped secret is zero") {
  Bytes secret = to_bytes(as_bytes("secret"));
  wipe(secret);
  CHECK(secret == Bytes(6));
}

}  // namespace
}  // namespace ipop::crypto
