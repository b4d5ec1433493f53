#include "errands.hpp"
#include "fleet_output.hpp"

namespace ipop::ga_simplenode {

using cli::ExitStatus;

ExitStatus carry_out(const Context& context, const ShowStatus& verb) {
  const auto hosts = read_hosts(context.options);
  if (!hosts) {
    cli::complain(context.streams, tool, hosts.error().message());
    return ExitStatus::usage;
  }
  auto reports = ask_hosts(context, *hosts);
  if (!reports) {
    cli::complain(context.streams, tool, reports.error().message());
    return ExitStatus::no;
  }
  std::vector<FleetRow> rows;
  for (std::size_t i = 0; i < hosts->size(); ++i)
    rows.push_back({(*hosts)[i], std::move((*reports)[i])});
  return write_fleet(context, "ga-simplenode.status/1", rows, verb.group);
}

}  // namespace ipop::ga_simplenode
