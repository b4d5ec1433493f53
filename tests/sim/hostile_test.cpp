// Every attack of tests/hostile keeps within what docs/threats.md promises.

#include <algorithm>

#include <doctest/doctest.h>

#include "hostile/attacks.hpp"

using ipop::hostile::simulated_attacks;

namespace {

/// Those against `threat` whose name has `part` in it.
void check_attacks(const std::string& threat, const std::string& part = "") {
  const auto is_meant = [&](const auto& attack) {
    return attack.threat == threat && attack.name.find(part) != std::string::npos;
  };
  const auto attacks = simulated_attacks();
  REQUIRE(std::ranges::any_of(attacks, is_meant));
  for (const auto& attack : attacks) {
    if (!is_meant(attack)) continue;
    const auto result = attack.run();
    INFO(attack.name << ": spent " << result.spent << "; lost " << result.lost << "; promised " << attack.promised);
    CHECK(result.held);
  }
}

}  // namespace

TEST_CASE("S1: many keys of one address take a part of a node's links, and keep nobody out") {
  check_attacks("S1");
}

TEST_CASE("S2: values are found beside a tenth of members that lie in every field") {
  check_attacks("S2", "a tenth");
}

TEST_CASE("S2: most values are found beside a fifth of them") {
  check_attacks("S2", "a fifth");
}

TEST_CASE("S2: what is said again with octets changed hides no value, and keeps nobody out") {
  check_attacks("S2", "mangled");
}

TEST_CASE("S3: one host that hands over what it likes pushes out nobody's values") {
  check_attacks("S3");
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
