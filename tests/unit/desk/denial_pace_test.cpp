#include "desk/denial_pace.hpp"

#include <chrono>

#include <doctest/doctest.h>

using namespace ipop;

TEST_CASE("a hundred denials are written at once, and then one every ten seconds") {
  desk::DenialPace pace;
  const WallTime now{1'800'000'000};
  for (int i = 0; i < 100; ++i)
    CHECK(pace.take(now));
  CHECK_FALSE(pace.take(now));
  CHECK_FALSE(pace.take(now + std::chrono::seconds(9)));
  CHECK(pace.take(now + std::chrono::seconds(10)));
  CHECK_FALSE(pace.take(now + std::chrono::seconds(10)));
}
