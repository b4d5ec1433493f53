#include "overlay/shortcut_links.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("shortcuts follow the size of the ring and the harmonic density") {
  CHECK(shortcuts_wanted(1) == 0);
  CHECK(shortcuts_wanted(8) == 0);
  CHECK(shortcuts_wanted(9) == 2);
  CHECK(shortcuts_wanted(16) == 2);
  CHECK(shortcuts_wanted(17) == 3);
  CHECK(shortcuts_wanted(1000) == 5);
  CHECK(shortcuts_wanted(10'000) == 7);
  CHECK(shortcuts_accepted(1000) == 20);
  SeededRng rng(6);
  unsigned short_ones = 0;
  for (int i = 0; i < 1000; ++i) {
    const double x = to_fraction(draw_shortcut_target(id_at(77), 1024, rng) - id_at(77));
    CHECK(x >= 1.0 / 1025);
    if (x < 1.0 / 32) ++short_ones;  // half of the draws, on a logarithmic scale
  }
  CHECK(short_ones > 400);
  CHECK(short_ones < 600);
}

TEST_CASE("missing shortcuts are drawn one at a time, with back-off when nothing new is found") {
  SeededRng rng(6);
  ShortcutLinks shortcuts;
  TimePoint now{};
  shortcuts.handle_ring_size(now, 256);
  CHECK(shortcuts.take_draw(now, id_at(0), rng));
  CHECK_FALSE(shortcuts.take_draw(now, id_at(0), rng));
  shortcuts.handle_drawn(now, id_at(100), rng);
  CHECK(shortcuts.contains(id_at(100)));
  now = *shortcuts.deadline();
  CHECK(shortcuts.take_draw(now, id_at(0), rng));
  shortcuts.handle_drawn(now, std::nullopt, rng);
  CHECK(*shortcuts.deadline() - now >= 800ms);
  for (std::uint8_t i = 1; shortcuts.size() < 4; ++i) {
    now = *shortcuts.deadline();
    REQUIRE(shortcuts.take_draw(now, id_at(0), rng));
    shortcuts.handle_drawn(now, id_at(100, i), rng);
  }
  CHECK_FALSE(shortcuts.deadline());
}

namespace {

/// Draws what is missing in a ring of `n`, as long as something is.
struct Drawing {
  void fill(std::size_t n) {
    shortcuts.handle_ring_size(now, n);
    for (int i = 0; i < 50 && shortcuts.deadline(); ++i) {
      now = std::max(now, *shortcuts.deadline());
      if (shortcuts.take_draw(now, id_at(0), rng)) shortcuts.handle_drawn(now, id_at(100, ++drawn), rng);
    }
  }
  [[nodiscard]] std::size_t kept_of(std::uint8_t first) const {
    std::size_t out = 0;
    for (std::uint8_t i = 1; i <= first; ++i)
      out += shortcuts.contains(id_at(100, i)) ? 1U : 0U;
    return out;
  }
  SeededRng rng{6};
  ShortcutLinks shortcuts{};
  TimePoint now{};
  std::uint8_t drawn = 0;
};

}  // namespace

TEST_CASE("a ring that grows keeps the shortcuts that it has and draws some more") {
  Drawing drawing;
  drawing.fill(16);
  CHECK(drawing.drawn == 2);
  // Larger estimates are taken at half, and in full when they stay.
  drawing.fill(1024);
  drawing.now += 20min;
  drawing.fill(1024);
  CHECK(drawing.drawn == 5);
  CHECK(drawing.kept_of(5) == 5);
}

TEST_CASE("a ring that shrinks keeps the shortcuts to those that stay, and replaces the others up to what it wants") {
  Drawing drawing;
  drawing.fill(1024);
  drawing.now += 20min;
  drawing.fill(1024);
  const std::uint8_t before = drawing.drawn;
  CHECK(before == 5);
  drawing.fill(120);
  drawing.now += 20min;
  drawing.fill(120);
  CHECK(drawing.drawn == before);
  drawing.shortcuts.handle_lost(id_at(100, 1));
  drawing.fill(120);
  CHECK(drawing.drawn == before);
  drawing.shortcuts.handle_lost(id_at(100, 2));
  drawing.fill(120);
  CHECK(drawing.drawn == before + 1);
  CHECK(drawing.shortcuts.size() == 4);
}

TEST_CASE("estimates that flutter draw no shortcut") {
  Drawing drawing;
  drawing.fill(120);
  drawing.now += 20min;
  drawing.fill(120);
  const std::uint8_t before = drawing.drawn;
  for (const std::size_t estimate : {90U, 180U, 130U, 70U, 200U, 140U, 110U, 230U, 128U, 132U}) {
    for (int i = 0; i < 5; ++i) {
      drawing.now += 4s;
      drawing.fill(estimate);
    }
  }
  CHECK(drawing.drawn == before);
}
