// Every attack of tests/hostile keeps within what docs/threats.md promises.

#include <algorithm>

#include <doctest/doctest.h>

#include "hostile/attacks.hpp"

using ipop::hostile::simulated_attacks;

namespace {

void check_attacks(const std::string& threat) {
  const auto attacks = simulated_attacks();
  REQUIRE(std::ranges::any_of(attacks, [&](const auto& attack) { return attack.threat == threat; }));
  for (const auto& attack : attacks) {
    if (attack.threat != threat) continue;
    const auto result = attack.run();
    INFO(attack.name << ": spent " << result.spent << "; lost " << result.lost << "; promised " << attack.promised);
    CHECK(result.held);
  }
}

}  // namespace

TEST_CASE("S1: many keys of one address take a part of a node's links, and keep nobody out") {
  check_attacks("S1");
}

TEST_CASE("S5: nobody is flooded by naming him, and answers go to whoever asked") {
  check_attacks("S5");
}

TEST_CASE("S10: a peer that never ends its list keeps nobody from the true one") {
  check_attacks("S10");
}

TEST_CASE("S19: no more comes out of the ring than went in, and others go on") {
  check_attacks("S19");
}

TEST_CASE("S24: lies about neighbours and addresses keep nobody out") {
  check_attacks("S24");
}
