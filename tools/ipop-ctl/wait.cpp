#include "cli/json_writer.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

ExitStatus failed(const Output& output, const std::string& socket, const Error& error) {
  if (error.code != std::errc::timed_out) return tools::report_node_error(output.streams, tool, error, socket);
  cli::complain(output.streams, tool, error.context);
  cli::suggest(output.streams, "ipop-ctl status" + tools::option_of_node(socket));
  return ExitStatus::timed_out;
}

}  // namespace

ExitStatus wait_for_lease(const Output& output, const std::string& socket, Duration limit) {
  const auto status = tools::wait_for_lease(output.streams, socket, limit);
  if (!status) return failed(output, socket, status.error());
  std::ostream& out = output.streams.out;
  if (!output.options.json) {
    out << to_string(*status->address) << '\n';
    return ExitStatus::done;
  }
  cli::JsonWriter json("ipop-ctl.wait-lease/1");
  json.field("address", to_string(*status->address));
  json.field("prefix", to_string(*status->prefix));
  if (status->lease_expires) json.field("expires", status->lease_expires->seconds);
  out << json.text() << '\n';
  return ExitStatus::done;
}

ExitStatus wait_for_peers(const Output& output, const std::string& socket, Duration limit, std::size_t count) {
  std::size_t seen = 0;
  tools::NodeWaiting waiting(output.streams, socket, limit);
  const std::string text = std::to_string(count) + (count == 1 ? " peer" : " peers");
  const auto waited = waiting.until(text, [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    auto peers = tools::ask_node<node::PeersAnswer>(client, node::PeersCommand{}, left);
    if (!peers) return std::move(peers).error();
    seen = peers->peers.size();
    return seen >= count;
  });
  if (!waited) return failed(output, socket, waited.error());
  if (output.options.json) {
    cli::JsonWriter json("ipop-ctl.wait-peer/1");
    json.field("peers", seen);
    output.streams.out << json.text() << '\n';
  } else {
    output.streams.out << seen << '\n';
  }
  return ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
