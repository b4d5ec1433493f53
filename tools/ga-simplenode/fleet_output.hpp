#pragma once

#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "fleet/host.hpp"
#include "fleet/report.hpp"
#include "verbs.hpp"

namespace ipop::ga_simplenode {

/// A host, and what it said or why it said nothing.
struct FleetRow {
  fleet::Host host{};
  Result<fleet::Report> report;
};

/// Writes what the hosts said: a table, columns or JSON with that schema, only of the nodes of `group` unless that is
/// empty; and on stderr why a host or a node is silent. The status says whether all answer.
cli::ExitStatus write_fleet(const Context& context, std::string_view schema, const std::vector<FleetRow>& rows,
                            std::string_view group);

}  // namespace ipop::ga_simplenode
