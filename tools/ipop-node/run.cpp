#include "run.hpp"

#include <cstdlib>
#include <filesystem>

#include "base/machine.hpp"
#include "check_start.hpp"
#include "cli/json_writer.hpp"
#include "cli/rights.hpp"
#include "daemon/daemon.hpp"
#include "io/process.hpp"
#include "io/run_process.hpp"
#include "load.hpp"
#include "version_number.hpp"

namespace ipop::ipop_node {

namespace {

using cli::ExitStatus;
using Environment = std::map<std::string, std::string>;

Environment read_environment() {
  Environment out;
  const auto read = [&](const std::string& name) {
    if (const char* value = std::getenv(name.c_str())) out.emplace(name, value);
  };
  read("IPOP_GROUP");
  for (const KeyRow& row : key_rows())
    read(environment_name(row.name));
  return out;
}

ExitStatus report(const Failure& failure, const cli::Streams& streams) {
  cli::complain(streams, tool, failure.message);
  if (failure.status == ExitStatus::permission) cli::suggest_root(streams);
  return failure.status;
}

std::vector<daemon::BootstrapName> names_of(const NodeSettings& settings) {
  std::vector<daemon::BootstrapName> out;
  for (const auto& entry : settings.bootstrap)
    out.push_back({entry.host, entry.port});
  return out;
}

/// Renews the certificate of the group whose file this is, and tells this node.
std::vector<std::string> renew_command(const Loaded& loaded) {
  const std::filesystem::path file = std::filesystem::absolute(loaded.group_file);
  return {io::program_beside("ga-cert"),
          "--groups",
          file.parent_path().string(),
          "--socket",
          loaded.settings.socket,
          "renew",
          "--group",
          file.stem().string(),
          "--state-dir",
          loaded.settings.state_dir};
}

/// Takes a request to the group's lease server: where a member runs it, to that on this machine.
std::vector<std::string> lease_command(const groups::AddressServer& server) {
  return {io::program_beside("ipop-dhcp"), "ask", server.member().empty() ? server.place : "http://127.0.0.1:8067/"};
}

router::LeaseServer lease_server(const groups::AddressServer& server) {
  using Fallback = router::LeaseServer::Fallback;
  return {server.key, server.pool, server.ring_when_silent ? Fallback::ring : Fallback::wait, server.member()};
}

daemon::DaemonConfig daemon_config(const Loaded& loaded, const Options& options) {
  daemon::DaemonConfig out;
  out.name_space = loaded.group.name_space;
  out.authority = loaded.group.authority;
  out.prefix = loaded.settings.prefix;
  out.domain = loaded.group.domain;
  out.host_name = loaded.settings.hostname;
  out.bootstrap = names_of(loaded.settings);
  out.first = loaded.settings.first;
  out.state_directory = loaded.settings.state_dir;
  out.control_path = loaded.settings.socket;
  out.port = loaded.settings.port;
  out.tap = loaded.settings.tap;
  out.mtu = loaded.settings.mtu;
  out.relay_share = loaded.settings.relay_share;
  out.relay_limit = std::uint64_t{loaded.settings.relay_limit} * 125'000;
  out.configure = loaded.settings.configure;
  out.offer_dns = loaded.settings.offer_dns;
  out.dns_servers = loaded.settings.dns_servers;
  out.register_dns = loaded.settings.register_dns;
  out.lan_discovery = loaded.settings.lan_discovery;
  out.excluded = loaded.settings.excluded;
  out.offloads = loaded.settings.offloads;
  out.cipher = loaded.settings.cipher;
  out.workers = loaded.settings.workers;
  out.log_level = loaded.settings.log_level;
  out.version = version_number;
  out.renew_command = renew_command(loaded);
  if (const auto& server = loaded.group.address_server) {
    out.lease_server = lease_server(*server);
    out.lease_command = lease_command(*server);
  }
  out.read_again = [options]() -> Result<daemon::DaemonConfig> {
    const auto again = load(options, read_environment());
    if (const auto* failure = std::get_if<Failure>(&again))
      return make_error(make_error_code(Errc::malformed), failure->message);
    return daemon_config(std::get<Loaded>(again), options);
  };
  return out;
}

ExitStatus run_node(const Loaded& loaded, const Options& options, const cli::Streams& streams) {
  io::harden_process();
  auto daemon = daemon::Daemon::open(daemon_config(loaded, options));
  if (!daemon) return report({status_of(daemon.error()), daemon.error().message()}, streams);
  if (const auto ended = (*daemon)->run(); !ended)
    return report({status_of(ended.error()), ended.error().message()}, streams);
  return ExitStatus::done;
}

ExitStatus check(const Loaded& loaded, const cli::Streams& streams) {
  std::vector<std::string> warnings;
  const auto good = check_start(loaded.settings, loaded.group.authority, warnings);
  for (const std::string& warning : warnings)
    cli::complain(streams, tool, warning);
  if (!good) return report({status_of(good.error()), good.error().message()}, streams);
  streams.out << loaded.group_file << ": a node of group " << loaded.group.name << " can start with it\n";
  return ExitStatus::done;
}

ExitStatus show(const Loaded& loaded, const ShowConfig& how, const cli::Streams& streams) {
  if (!how.json) {
    streams.out << to_toml(loaded.origins, how.origin);
    return ExitStatus::done;
  }
  cli::JsonWriter json("ipop-node.config/1");
  json.field("group_file", loaded.group_file);
  json.begin_array("settings");
  for (const KeyRow& row : key_rows()) {
    const auto it = loaded.origins.find(row.key);
    if (it == loaded.origins.end()) continue;
    json.begin_element();
    json.field("name", row.name);
    json.begin_array("values");
    for (const std::string& text : it->second.texts)
      json.element(text);
    json.end();
    json.field("origin", it->second.origin);
    json.end();
  }
  json.end();
  streams.out << json.text() << '\n';
  return ExitStatus::done;
}

}  // namespace

cli::ExitStatus run(const Options& options, const cli::Streams& streams) {
  const auto result = load(options, read_environment());
  if (const auto* failure = std::get_if<Failure>(&result)) return report(*failure, streams);
  const auto& loaded = std::get<Loaded>(result);
  return std::visit(Overloaded{
                        [&](const RunNode&) { return run_node(loaded, options, streams); },
                        [&](const CheckConfig&) { return check(loaded, streams); },
                        [&](const ShowConfig& how) { return show(loaded, how, streams); },
                    },
                    options.verb);
}

}  // namespace ipop::ipop_node
