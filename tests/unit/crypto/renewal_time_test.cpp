#include "crypto/renewal_time.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::crypto;
using namespace std::chrono_literals;

namespace {
constexpr WallTime signed_at{1'800'000'000};
}

TEST_CASE("S10: a certificate of 90 days is to be renewed 60 days after it was signed") {
  CHECK(renewal_time(signed_at - 24h, signed_at + 24h * 90) == signed_at + 24h * 60);
}

TEST_CASE("the day that a certificate begins before it is signed counts for nothing") {
  CHECK(renewal_time(signed_at - 24h, signed_at + 1h) == signed_at + 40min);
}

TEST_CASE("a certificate that lives for less than a day is taken to be signed when it begins") {
  CHECK(renewal_time(signed_at, signed_at + 3h) == signed_at + 2h);
}
