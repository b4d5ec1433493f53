#include "crypto/reseed.hpp"

#include <array>

#include <doctest/doctest.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

using namespace ipop;

namespace {

unsigned reseeds_of(EVP_RAND_CTX* generator) {
  unsigned count = 0;
  std::array params{OSSL_PARAM_construct_uint(OSSL_DRBG_PARAM_RESEED_COUNTER, &count), OSSL_PARAM_construct_end()};
  REQUIRE(EVP_RAND_CTX_get_params(generator, params.data()) == 1);
  return count;
}

void draw() {
  std::array<unsigned char, 8> drawn{};
  REQUIRE(RAND_bytes(drawn.data(), drawn.size()) == 1);
  REQUIRE(RAND_priv_bytes(drawn.data(), drawn.size()) == 1);
}

}  // namespace

TEST_CASE("S22: after a reseed every generator of OpenSSL takes a new seed before it gives the next octet") {
  draw();
  EVP_RAND_CTX* const primary = RAND_get0_primary(nullptr);
  EVP_RAND_CTX* const open = RAND_get0_public(nullptr);
  EVP_RAND_CTX* const secret = RAND_get0_private(nullptr);
  const auto before = std::array{reseeds_of(primary), reseeds_of(open), reseeds_of(secret)};
  draw();
  REQUIRE(std::array{reseeds_of(primary), reseeds_of(open), reseeds_of(secret)} == before);

  const std::array<std::byte, 32> entropy{std::byte{1}};
  crypto::reseed(entropy);
  CHECK(reseeds_of(primary) != before[0]);
  draw();
  CHECK(reseeds_of(open) != before[1]);
  CHECK(reseeds_of(secret) != before[2]);
  CHECK(RAND_status() == 1);
}
