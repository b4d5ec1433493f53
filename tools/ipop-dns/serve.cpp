#include <string>

#include "cli/rights.hpp"
#include "io/process.hpp"
#include "name_server.hpp"
#include "node_names.hpp"
#include "verbs.hpp"

namespace ipop::ipop_dns {
namespace {

using cli::ExitStatus;

ExitStatus report_open(const Context& context, const Serve& how, const Error& error) {
  const std::string where = to_string(how.listen);
  const auto complain = [&](const std::string& text) { cli::complain(context.streams, tool, text); };
  if (error.code == std::errc::address_in_use) {
    complain(where + " is in use by another program; stop it, or choose another address or port with --listen");
    return ExitStatus::no;
  }
  if (error.code == std::errc::address_not_available) {
    complain(where +
             " is not an address of this machine; the node gets its address with the lease (ipop-ctl wait lease)");
    return ExitStatus::no;
  }
  if (error.code == std::errc::permission_denied || error.code == std::errc::operation_not_permitted) {
    complain("no permission to listen on " + where);
    cli::suggest_root(context.streams);
    cli::suggest(context.streams, "the same command with --listen 127.0.0.1:5353");
    return ExitStatus::permission;
  }
  complain(error.message());
  return ExitStatus::no;
}

}  // namespace

cli::ExitStatus serve(const Context& context, const Serve& how) {
  io::harden_process();
  // The first answer says which names are the node's; from then on it may come and go.
  auto names = connect_to_names(context);
  if (!names) return tools::report_node_error(context.streams, tool, names.error(), context.socket);
  auto server = NameServer::open(how, context.socket, names->zone);
  if (!server) return report_open(context, how, server.error());
  if (const auto run = (*server)->run(); !run) {
    cli::complain(context.streams, tool, run.error().message());
    return ExitStatus::no;
  }
  return ExitStatus::done;
}

}  // namespace ipop::ipop_dns
