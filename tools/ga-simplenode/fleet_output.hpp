#pragma once

#include <string>
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
  std::string failed{};  ///< why it could not be changed, which has been said; empty: it could, or nobody wanted to
};

/// Says why nothing is begun, and gives the status back.
cli::ExitStatus refuse(const Context& context, const Error& error, cli::ExitStatus status);

/// Asks all hosts side by side by the script with these words. Errors: errno of this machine.
Result<std::vector<FleetRow>> look_at_hosts(const Context& context, const std::vector<fleet::Host>& hosts,
                                            const std::string& words);

/// Writes what the hosts said: a table, columns or JSON with that schema, only of the nodes of `group` unless that is
/// empty; and on stderr why a host or a node is silent. The status says whether all answer.
cli::ExitStatus write_fleet(const Context& context, std::string_view schema, const std::vector<FleetRow>& rows,
                            std::string_view group);

}  // namespace ipop::ga_simplenode
