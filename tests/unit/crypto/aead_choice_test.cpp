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

TEST_CASE("an implementation is had by its name, and no other") {
  CHECK(make_named_aead_factory("openssl")->name() == "openssl");
  CHECK(make_named_aead_factory("rot13") == nullptr);
  CHECK((make_named_aead_factory("ipsec-mb") == nullptr) == (make_ipsec_mb_aead_factory() == nullptr));
}

}  // namespace
}  // namespace ipop::crypto
