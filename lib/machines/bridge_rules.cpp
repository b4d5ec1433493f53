#include "machines/bridge_rules.hpp"

#include <sstream>
#include <string>

namespace ipop::machines {

bool allows_bridge(std::string_view rules, std::string_view bridge) {
  bool allowed = false;
  std::istringstream lines{std::string(rules)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string rule;
    std::string name;
    words >> rule >> name;
    const bool is_meant = name == bridge || name == "all";
    if (rule == "include" || (rule == "allow" && is_meant)) allowed = true;
    if (rule == "deny" && is_meant) return false;
  }
  return allowed;
}

}  // namespace ipop::machines
