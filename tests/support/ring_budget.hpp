#pragma once

#include <map>
#include <string>

namespace ipop::test_support {

/// What a kind of message may cost a ring of 128, in datagrams.
struct Allowance {
  double join = 0;
  double leave = 0;
  double idle_minute = 0;
};

/// The table of docs/wire/budget.md by the names of kinds; "all" is the sum. Rows that are none of the table are
/// skipped; empty when the file can't be read.
std::map<std::string, Allowance> read_budget(const std::string& path);

}  // namespace ipop::test_support
