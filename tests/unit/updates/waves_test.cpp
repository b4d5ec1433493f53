#include "updates/waves.hpp"

#include <map>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::updates;

namespace {

std::vector<std::string> machines(std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back("w" + std::to_string(i) + ".lab.ipop");
  return out;
}

}  // namespace

TEST_CASE("no wave has more than its share of the machines, and each machine has one") {
  for (const std::size_t count : {1U, 2U, 3U, 7U, 23U}) {
    for (const unsigned percent : {1U, 10U, 25U, 33U, 50U, 100U}) {
      const auto names = machines(count);
      std::map<std::size_t, std::size_t> sizes;
      std::size_t waves = 0;
      for (const std::string& name : names) {
        const auto wave = wave_of(names, name, percent, "debian-4");
        REQUIRE(wave.has_value());
        CHECK(wave->number < wave->count);
        waves = wave->count;
        ++sizes[wave->number];
      }
      CHECK(sizes.size() == waves);
      for (const auto& [number, size] : sizes)
        CHECK(size <= most_away(count, percent));
    }
  }
}

TEST_CASE("every machine finds the same waves, whatever order the names come in") {
  auto names = machines(40);
  const auto wave = wave_of(names, "w7.lab.ipop", 25, "debian-4");
  std::reverse(names.begin(), names.end());
  names.push_back("W3.lab.ipop");
  CHECK(*wave_of(names, "W7.lab.ipop", 25, "debian-4") == *wave);
  CHECK(wave->count == 4);
  CHECK(wave_of(names, "other", 25, "debian-4").error().message() ==
        "other is not among the machines that are updated");
  // Other releases begin with other machines.
  std::map<std::size_t, int> seen;
  for (int release = 0; release < 40; ++release)
    ++seen[wave_of(names, "w7.lab.ipop", 25, "debian-" + std::to_string(release))->number];
  CHECK(seen.size() == 4);
}

TEST_CASE("a machine leaves only while the others can spare it") {
  const auto names = machines(8);
  CHECK(most_away(8, 25) == 2);
  CHECK(may_leave(names, names, "w0.lab.ipop", 25));
  auto present = names;
  present.pop_back();
  CHECK(may_leave(names, present, "w0.lab.ipop", 25));
  present.pop_back();
  CHECK_FALSE(may_leave(names, present, "w0.lab.ipop", 25));
  // One that is away itself counts once.
  CHECK(may_leave(names, {names.begin() + 2, names.end()}, "w0.lab.ipop", 25));
  // Of a small pool one machine may always go, when all others are there.
  CHECK(may_leave(machines(2), {"w1.lab.ipop"}, "w0.lab.ipop", 10));
  CHECK_FALSE(may_leave(machines(2), {}, "w0.lab.ipop", 10));
}
