#include "crypto/replay_window.hpp"

#include <set>

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "support/heap_octets.hpp"

namespace ipop::crypto {
namespace {

TEST_CASE("the window reaches 8192 counters back, no further") {
  ReplayWindow window;
  CHECK(window.is_fresh(0));
  window.mark(0);
  CHECK_FALSE(window.is_fresh(0));
  window.mark(8191);
  CHECK_FALSE(window.is_fresh(0));
  CHECK(window.is_fresh(1));
  window.mark(8192);
  CHECK_FALSE(window.is_fresh(0));
  CHECK(window.is_fresh(1));
  window.mark(8193);
  CHECK_FALSE(window.is_fresh(1));
  CHECK(window.is_fresh(2));
}

TEST_CASE("a session of few packets needs few words, and one that made room allocates none") {
  const std::size_t before = test_support::heap_octets();
  ReplayWindow few;
  for (std::uint64_t i = 0; i < 100; ++i)
    few.mark(i);
  CHECK(test_support::heap_octets() - before <= 64);
  CHECK_FALSE(few.is_fresh(99));
  CHECK(few.is_fresh(100));
  ReplayWindow many;
  many.reserve();
  const std::size_t with_room = test_support::heap_octets();
  for (std::uint64_t i = 0; i < 20'000; ++i)
    many.mark(i);
  CHECK(test_support::heap_octets() == with_room);
}

TEST_CASE("a jump beyond the whole window forgets it") {
  ReplayWindow window;
  for (std::uint64_t i = 0; i < 9000; ++i)
    window.mark(i);
  window.mark(1'000'000);
  CHECK_FALSE(window.is_fresh(8999));
  CHECK_FALSE(window.is_fresh(1'000'000 - 8192));
  CHECK(window.is_fresh(1'000'000 - 8191));
  CHECK(window.is_fresh(999'999));
  CHECK(window.is_fresh(~std::uint64_t{0}));
}

TEST_CASE("S4: the window agrees with a plain set under random counters") {
  SeededRng rng(8192);
  for (int round = 0; round < 2; ++round) {
    ReplayWindow window;
    std::set<std::uint64_t> seen;
    std::uint64_t highest = 0;
    for (int i = 0; i < 100'000; ++i) {
      // Mostly near the top, at times far below or far above.
      std::uint64_t counter = highest;
      switch (rng.below(8)) {
        case 0: counter += rng.below(20'000); break;
        case 1: counter -= std::min(counter, rng.below(20'000)); break;
        case 2: counter -= std::min(counter, 8180 + rng.below(24)); break;
        default: counter = counter + 70 - std::min(counter + 70, rng.below(200)); break;
      }
      const bool is_old = !seen.empty() && highest >= 8192 && counter <= highest - 8192;
      const bool expected = !is_old && !seen.contains(counter);
      REQUIRE(window.is_fresh(counter) == expected);
      if (!expected) continue;
      window.mark(counter);
      seen.insert(counter);
      highest = *seen.rbegin();
      while (seen.size() > 10'000)
        seen.erase(seen.begin());
    }
  }
}

}  // namespace
}  // namespace ipop::crypto
