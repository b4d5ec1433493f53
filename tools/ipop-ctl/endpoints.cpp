#include "control/rpc.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {

cli::ExitStatus show_endpoints(const Output& output, const node::EndpointsAnswer& answer) {
  std::ostream& out = output.streams.out;
  if (output.options.json) {
    out << control::to_json(node::Answer(answer)) << '\n';
    return cli::ExitStatus::done;
  }
  for (const net::Endpoint& endpoint : answer.endpoints)
    out << to_string(endpoint) << '\n';
  if (output.options.plain) return cli::ExitStatus::done;
  output.streams.err << (answer.reachable_from_outside ? "reachable from outside"
                                                       : "not known to be reachable from outside")
                     << '\n';
  return cli::ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
