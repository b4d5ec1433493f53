#pragma once

#include <functional>
#include <string>
#include <vector>

namespace ipop::hostile {

/// What came of an attack in the simulator: one seed, one outcome.
struct AttackResult {
  std::string spent{};  ///< by the attacker
  std::string lost{};   ///< by the victim
  bool held = false;    ///< no more was lost than is promised
};

struct Attack {
  std::string threat{};    ///< S number of docs/threats.md
  std::string name{};      ///< what is tried
  std::string promised{};  ///< what the victim loses at most
  std::function<AttackResult()> run{};
};

/// Every attack that runs in virtual time, in the order of their threats.
std::vector<Attack> simulated_attacks();

}  // namespace ipop::hostile
