#include <doctest/doctest.h>

#include "crypto/aead.hpp"

namespace ipop::crypto {
namespace {

TEST_CASE("the implementation that a trial finds faster is taken") {
  if (!make_ipsec_mb_aead_factory()) {
    CHECK(make_fastest_aead_factory([] { return 1; })->name() == "openssl");
    return;
  }
  // OpenSSL is tried first: a clock that slows down favours the second, one that speeds up the first.
  std::uint64_t now = 0;
  std::uint64_t step = 1'000'000;
  const auto slows_down = [&] { return now += --step; };
  CHECK(make_fastest_aead_factory(slows_down)->name() == "ipsec-mb");
  const auto speeds_up = [&] { return now += ++step; };
  CHECK(make_fastest_aead_factory(speeds_up)->name() == "openssl");
}

TEST_CASE("ChaCha20-Poly1305 is taken where AES takes more than half as long again, and is all that is offered then") {
  const unsigned aes = make_ipsec_mb_aead_factory() ? 2 : 1;
  for (const std::uint64_t aes_takes : {149U, 151U}) {
    unsigned asked = 0;
    std::uint64_t now = 0;
    // Ten looks at the clock an implementation; OpenSSL's AES and ipsec-mb's come first.
    const auto clock = [&] { return now += asked++ < aes * 10 ? aes_takes : 100; };
    const auto factory = make_fastest_aead_factory(clock);
    const bool is_chacha20 = factory->name() == "chacha20-poly1305";
    CHECK(is_chacha20 == (aes_takes > 150));
    CHECK(factory->offers().front() == (is_chacha20 ? AeadSuite::chacha20_poly1305 : AeadSuite::aes_128_gcm));
    CHECK(factory->offers().size() == (is_chacha20 ? 1 : 2));
  }
}

TEST_CASE("an implementation is had by its name, and no other") {
  CHECK(make_named_aead_factory("openssl")->name() == "openssl");
  CHECK(make_named_aead_factory("chacha20-poly1305")->name() == "chacha20-poly1305");
  CHECK(make_named_aead_factory("rot13") == nullptr);
  CHECK((make_named_aead_factory("ipsec-mb") == nullptr) == (make_ipsec_mb_aead_factory() == nullptr));
}

}  // namespace
}  // namespace ipop::crypto
