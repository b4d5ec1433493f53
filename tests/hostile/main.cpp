// Runs the attacks of the simulator and prints what they cost and brought; 1 when a promise was broken.

#include <cstdio>

#include <fmt/format.h>

#include "hostile/attacks.hpp"

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "";
  bool all_held = true;
  for (const auto& attack : ipop::hostile::simulated_attacks()) {
    if (attack.threat.find(part) == std::string::npos && attack.name.find(part) == std::string::npos) continue;
    const auto result = attack.run();
    all_held = all_held && result.held;
    fmt::print("{}\t{}\t{}\t{}\t{}\t{}\n", attack.threat, attack.name, result.spent, result.lost, attack.promised,
               result.held ? "held" : "BROKEN");
    std::fflush(stdout);
  }
  return all_held ? 0 : 1;
}
