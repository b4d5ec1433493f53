#pragma once

#include <string>

#include <doctest/doctest.h>

#include "support/ring_budget.hpp"
#include "support/ring_cost.hpp"

namespace ipop::test_support {

/// That a ring of so many members was right in the end and kept what docs/wire/budget.md has under `heading`, kind by
/// kind.
inline void check_budget(std::size_t members, const std::string& heading) {
  const auto budget = read_budget(GA_SOURCE_DIR "/docs/wire/budget.md", heading);
  REQUIRE(budget.contains("all"));
  const RingCost cost = measure_ring_cost({.seed = 7,
                                           .members = members,
                                           .settle = 8min,
                                           .idle = 3min,
                                           .joins = 8,
                                           .leaves = 8,
                                           .looks_at_hosts = members <= 128});
  CHECK(cost.joined == 8);
  CHECK(cost.is_right);
  CHECK(cost.double_addresses == 0);
  const auto check = [&](const std::string& kind, double join, double leave, double idle) {
    const auto allowed = budget.find(kind);
    REQUIRE_MESSAGE(allowed != budget.end(), kind);
    MESSAGE(kind << ": join " << join << ", leave " << leave << ", idle minute " << 60.0 * idle);
    CHECK_MESSAGE(join <= allowed->second.join, kind);
    CHECK_MESSAGE(leave <= allowed->second.leave, kind);
    CHECK_MESSAGE(60.0 * idle <= allowed->second.idle_minute, kind);
  };
  for (std::size_t i = 0; i < traffic_kinds; ++i)
    check(std::string(to_string(static_cast<TrafficKind>(i))), cost.join[i], cost.leave[i], cost.idle[i]);
  check("all", total(cost.join), total(cost.leave), total(cost.idle));
}

}  // namespace ipop::test_support
