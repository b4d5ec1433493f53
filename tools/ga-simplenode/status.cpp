#include "errands.hpp"
#include "fleet_output.hpp"

namespace ipop::ga_simplenode {

using cli::ExitStatus;

ExitStatus carry_out(const Context& context, const ShowStatus& verb) {
  const auto hosts = read_hosts(context.options);
  if (!hosts) return refuse(context, hosts.error(), ExitStatus::usage);
  const auto rows = look_at_hosts(context, *hosts, "report");
  if (!rows) return refuse(context, rows.error(), ExitStatus::no);
  return write_fleet(context, "ga-simplenode.status/1", *rows, verb.group);
}

}  // namespace ipop::ga_simplenode
