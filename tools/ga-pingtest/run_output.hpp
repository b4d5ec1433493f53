#pragma once

#include <vector>

#include "appliance/ping_log.hpp"
#include "node_answers.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {

struct RunHead {
  WallTime began{};
  const Members& members;
};

/// Writes the results of a run as the options say.
void write_run(const Context& context, const RunHead& head, const std::vector<appliance::PingResult>& results);

}  // namespace ipop::ga_pingtest
