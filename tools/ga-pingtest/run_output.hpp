#pragma once

#include <vector>

#include "node_answers.hpp"
#include "pings/ping_log.hpp"
#include "verbs.hpp"

namespace ipop::ga_pingtest {

struct RunHead {
  WallTime began{};
  const Members& members;
};

/// Writes the results of a run as the options say.
void write_run(const Context& context, const RunHead& head, const std::vector<pings::PingResult>& results);

}  // namespace ipop::ga_pingtest
