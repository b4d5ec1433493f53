#include "support/ring_budget.hpp"

#include <array>
#include <fstream>
#include <sstream>

namespace ipop::test_support {

std::map<std::string, Allowance> read_budget(const std::string& path, const std::string& heading) {
  std::map<std::string, Allowance> out;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line) && line != heading) {
  }
  while (std::getline(file, line)) {
    if (line.empty() && !out.empty()) break;
    // | `kind` | 1 | 2 | 3 | why |
    if (!line.starts_with("| `")) continue;
    const auto name_ends = line.find('`', 3);
    if (name_ends == std::string::npos) continue;
    std::istringstream cells(line.substr(name_ends + 1));
    Allowance allowed;
    std::array<char, 3> bars{};
    if (cells >> bars[0] >> allowed.join >> bars[1] >> allowed.leave >> bars[2] >> allowed.idle_minute) {
      out[line.substr(3, name_ends - 3)] = allowed;
    }
  }
  return out;
}

}  // namespace ipop::test_support
