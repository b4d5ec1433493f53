#include "daemon/control_client.hpp"
#include "group_files.hpp"
#include "node_start.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

using cli::ExitStatus;

ExitStatus carry_out(const Context& context, const SetAddresses& verb) {
  auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  auto& file = std::get<GroupFile>(loaded);
  if (verb.server) {
    for (const leasing::AddressRange& range : verb.server->pool) {
      if (range.first <= range.last && file.config.prefix.contains(range.first) &&
          file.config.prefix.contains(range.last))
        continue;
      cli::complain(context.streams, tool,
                    "the range " + to_string(range) + " is not inside " + to_string(file.config.prefix));
      return ExitStatus::usage;
    }
    if (const auto good = check(*verb.server); !good) {
      cli::complain(context.streams, tool,
                    "--fallback ring needs --pool: the addresses that only the server gives out");
      return ExitStatus::usage;
    }
  }
  file.config.address_server = verb.server;
  if (const ExitStatus written = write_group(context, file); written != ExitStatus::done) return written;
  context.streams.err << "Wrote " << file.path << '\n';
  const std::string& name = file.config.name;
  if (const std::string member = verb.server ? verb.server->member() : std::string(); !member.empty())
    context.streams.err << "The node on the server's machine needs the name " << member << " (hostname = \"" << member
                        << "\" in /etc/ipop/node/" << name << ".toml).\n";
  if (daemon::ControlClient::connect(node_socket(context, file)))
    cli::suggest(context.streams, "ipop-ctl --group " + name + " reload");
  cli::suggest(context.streams,
               "ga-group token " + name + "  # for the other machines: ga-group join TOKEN, members too");
  return ExitStatus::done;
}

}  // namespace ipop::ga_group
