#include "overlay/shortcut_links.hpp"

#include <doctest/doctest.h>

#include "overlay_host.hpp"

using namespace ipop;
using namespace ipop::overlay;
using namespace ipop::overlay::test;

TEST_CASE("shortcuts follow the size of the ring and the harmonic density") {
  CHECK(shortcuts_wanted(1) == 0);
  CHECK(shortcuts_wanted(8) == 0);
  CHECK(shortcuts_wanted(9) == 4);
  CHECK(shortcuts_wanted(16) == 4);
  CHECK(shortcuts_wanted(17) == 5);
  CHECK(shortcuts_wanted(1000) == 10);
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
  CHECK(shortcuts.take_draw(now, id_at(0), 16, rng));
  CHECK_FALSE(shortcuts.take_draw(now, id_at(0), 16, rng));
  shortcuts.handle_drawn(now, id_at(100), rng);
  CHECK(shortcuts.contains(id_at(100)));
  now = *shortcuts.deadline(16);
  CHECK(shortcuts.take_draw(now, id_at(0), 16, rng));
  shortcuts.handle_drawn(now, std::nullopt, rng);
  CHECK(*shortcuts.deadline(16) - now >= 800ms);
  for (std::uint8_t i = 1; shortcuts.size() < 4; ++i) {
    now = *shortcuts.deadline(16);
    REQUIRE(shortcuts.take_draw(now, id_at(0), 16, rng));
    shortcuts.handle_drawn(now, id_at(100, i), rng);
  }
  CHECK_FALSE(shortcuts.deadline(16));
}

TEST_CASE("when the ring doubles its shortcuts are drawn again, one by one") {
  SeededRng rng(6);
  ShortcutLinks shortcuts;
  TimePoint now{};
  std::uint8_t next = 1;
  const auto fill = [&](std::size_t n) {
    for (int i = 0; i < 50 && shortcuts.deadline(n); ++i) {
      now = std::max(now, *shortcuts.deadline(n));
      if (shortcuts.take_draw(now, id_at(0), n, rng)) shortcuts.handle_drawn(now, id_at(100, next++), rng);
    }
  };
  fill(16);
  CHECK(shortcuts.size() == 4);
  const auto start = now;
  fill(64);
  CHECK(shortcuts.size() == 6);
  for (std::uint8_t old = 1; old <= 4; ++old)
    CHECK_FALSE(shortcuts.contains(id_at(100, old)));
  CHECK(now - start >= 3 * ShortcutLinks::redraw_every);
}
