#pragma once

#include <map>
#include <string>

namespace ipop::test_support {

/// What a kind of message may cost a ring, in datagrams.
struct Allowance {
  double join = 0;
  double leave = 0;
  double idle_minute = 0;
};

/// The table of docs/wire/budget.md below the line `heading`, by the names of kinds; "all" is the sum. Empty when there
/// is none.
std::map<std::string, Allowance> read_budget(const std::string& path, const std::string& heading);

}  // namespace ipop::test_support
