#include "base/rng.hpp"

#include <array>
#include <vector>

#include <doctest/doctest.h>

using namespace ipop;

TEST_CASE("the seeded generator is SplitMix64: seed 1234567 gives the published sequence") {
  SeededRng rng(1234567);
  for (const std::uint64_t expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                       4593380528125082431U, 16408922859458223821U}) {
    CHECK(rng.next() == expected);
  }
}

TEST_CASE("one seed gives one sequence, another seed another") {
  SeededRng a(42);
  SeededRng b(42);
  SeededRng c(43);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto value = a.next();
    CHECK(value == b.next());
    differs = differs || value != c.next();
  }
  CHECK(differs);
}

TEST_CASE("numbers below a bound are below it, and each of them comes") {
  SeededRng rng(1);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i)
    ++seen.at(rng.below(seen.size()));
  for (const int count : seen) {
    CHECK(count > 800);  // 1000 expected, standard deviation 29
    CHECK(count < 1200);
  }
  CHECK(rng.below(1) == 0);
}

TEST_CASE("a draw from the incomplete last cycle is drawn again") {
  class Scripted final : public Rng {
   public:
    std::uint64_t next() override {
      ++draws;
      return draws == 1 ? UINT64_MAX : 5;
    }
    int draws = 0;
  };
  Scripted rng;
  CHECK(rng.below(3) == 2);
  CHECK(rng.draws == 2);
}

TEST_CASE("uniform numbers lie in [0, 1) around one half") {
  SeededRng rng(2);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double value = rng.uniform();
    CHECK(value >= 0.0);
    CHECK(value < 1.0);
    sum += value;
  }
  CHECK(sum / 10000 == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("jitter stays within its fraction and uses both sides") {
  SeededRng rng(3);
  bool below = false;
  bool above = false;
  for (int i = 0; i < 1000; ++i) {
    const Duration time = rng.jitter(15s, 0.2);
    CHECK(time >= 12s);
    CHECK(time <= 18s);
    below = below || time < 13s;
    above = above || time > 17s;
  }
  CHECK(below);
  CHECK(above);
  CHECK(rng.jitter(15s, 0) == 15s);
}

TEST_CASE("filling takes as many draws as it needs, whatever the length") {
  for (std::size_t size = 0; size < 20; ++size) {
    SeededRng rng(4);
    SeededRng same(4);
    std::vector<std::byte> octets(size);
    rng.fill(octets);
    for (std::size_t i = 0; i < size; i += 8) {
      auto bits = same.next();
      for (std::size_t k = i; k < std::min(size, i + 8); ++k, bits >>= 8U)
        CHECK(octets[k] == static_cast<std::byte>(bits & 0xffU));
    }
    CHECK(rng.next() == same.next());
  }
}
