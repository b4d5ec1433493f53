#include "node_start.hpp"

#include <sstream>
#include <vector>

#include "base/group_files.hpp"
#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/netlink.hpp"
#include "io/run_process.hpp"
#include "node_connection.hpp"
#include "node_settings.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_group {
namespace {

// sd_booted(3): the directory exists where systemd is the init system.
constexpr const char* systemd_directory = "/run/systemd/system";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string unit_of(const GroupFile& file) {
  return "ipop-node@" + file.config.name;
}

/// The authority's server on the network of this group.
std::string server_unit_of(const GroupFile& file) {
  return "ga-authority@" + file.config.name;
}

// --no-block: the unit is ready once the node holds an address, and that is waited for with progress.
std::vector<std::string> start_command(const GroupFile& file) {
  return {"systemctl", "--no-block", "enable", "--now", unit_of(file)};
}

/// Whether this machine's systemd can start the node: its unit reads the file in /etc/ipop.
bool can_start(const Context& context) {
  return context.options.directory == system_directory && io::exists(systemd_directory);
}

}  // namespace

NodeStart start_node(const Context& context, const GroupFile& file, bool wanted) {
  if (!wanted || !can_start(context)) {
    cli::suggest(context.streams, node_command(context, file));
    return NodeStart::by_hand;
  }
  const std::string unit = unit_of(file);
  cli::Progress progress(context.streams);
  progress.show("starting " + unit + " ...");
  const auto result = io::run_process(start_command(file), 30s);
  progress.clear();
  if (result && result->status == 0) return NodeStart::started;
  const std::string reason = result ? first_line(result->output) : result.error().message();
  cli::complain(context.streams, tool, "starting " + unit + " failed: " + reason);
  cli::suggest(context.streams, "systemctl status " + unit);
  return NodeStart::failed;
}

cli::ExitStatus stop_node(const Context& context, const GroupFile& file) {
  if (can_start(context)) {
    const std::string unit = unit_of(file);
    cli::Progress progress(context.streams);
    progress.show("stopping " + unit + " ...");
    // The server wants the node, so it would start it again. A unit that is not there is none to stop.
    std::vector<std::string> command{"systemctl", "disable", "--now", unit};
    if (has_authority(context, file)) command.push_back(server_unit_of(file));
    const auto result = io::run_process(command, 60s);
    progress.clear();
    if (result && result->status == 0) return cli::ExitStatus::done;
    cli::complain(context.streams, tool,
                  "stopping " + unit + " failed: " + (result ? first_line(result->output) : result.error().message()));
    cli::suggest(context.streams, "systemctl status " + unit);
    return cli::ExitStatus::partly;
  }
  const std::string socket = node_socket(context, file);
  const auto stopped = tools::stop_node(socket, 30s);
  if (stopped || tools::status_of(stopped.error()) == cli::ExitStatus::unreachable) return cli::ExitStatus::done;
  return tools::report_node_error(context.streams, tool, stopped.error(), socket);
}

cli::ExitStatus show_changes(const Context& context, const GroupFile& file, bool is_new, bool start) {
  std::ostream& out = context.streams.out;
  if (is_new) {
    out << "+++ " << cli::printable(file.path) << '\n';
    std::istringstream lines(to_toml(file.config));
    for (std::string line; std::getline(lines, line);)
      out << '+' << line << '\n';
  }
  if (!start || !can_start(context)) return cli::ExitStatus::done;
  out << '$';
  for (const std::string& word : start_command(file))
    out << ' ' << word;
  out << '\n';
  return cli::ExitStatus::done;
}

std::optional<std::string> name_of_node(const Context& context, const GroupFile& file) {
  constexpr Duration patience = 5s;
  auto client = daemon::ControlClient::connect(node_socket(context, file));
  if (!client) return std::nullopt;
  const auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, patience);
  if (!status || status->names.size() < 2) return std::nullopt;
  return status->names[1];
}

bool is_authority_here(const Context& context, const std::string& name) {
  return io::exists(AuthorityFiles(context.options.authorities + "/" + name).ledger());
}

bool has_authority(const Context& context, const GroupFile& file) {
  if (!file.config.authority.empty()) return is_authority_here(context, file.config.name);
  const auto closed = closed_group_of(file.config.name);
  return closed && is_authority_here(context, *closed);
}

std::string start_command(const Context& context, const GroupFile& file, const std::optional<std::string>& name) {
  if (can_start(context))
    return "systemctl enable --now " + unit_of(file) + (has_authority(context, file) ? " " + server_unit_of(file) : "");
  return node_command(context, file) + (name ? " --hostname " + *name : "") + " &";
}

std::string node_command(const Context& context, const GroupFile& file) {
  const bool usual = context.options.directory == system_directory;
  std::string out = "ipop-node --configure --group " + (usual ? file.config.name : file.path);
  // The node looks for its settings in the usual place only.
  const std::string settings = settings_of_node(context, file.config.name);
  if (!usual && io::exists(settings)) out += " --config " + settings;
  if (!context.options.socket.empty()) out += " --socket " + context.options.socket;
  return out;
}

std::string node_socket(const Context& context, const GroupFile& file) {
  if (!context.options.socket.empty()) return context.options.socket;
  return tools::socket_of_group(file.config.name);
}

bool check_prefix_is_free(const Context& context, const net::Ipv4Prefix& prefix, PrefixOf owner) {
  const auto addresses = io::list_addresses();
  if (!addresses) return true;  // the node itself looks again before it starts
  const auto overlap = io::find_overlap(*addresses, prefix, "");
  if (!overlap) return true;
  const auto network = overlap->ipv4_prefix();
  cli::complain(context.streams, tool,
                "the virtual network " + to_string(prefix) + " overlaps " +
                    (network ? to_string(*network) + " on " : "") + overlap->interface);
  const auto free = io::find_free_prefix(*addresses);
  const std::string other = free ? to_string(*free) : "PREFIX";
  cli::suggest(context.streams, owner == PrefixOf::this_command ? context.options.typed.with("--prefix", other).text()
                                                                : "ask the group's maker for a prefix like " + other);
  return false;
}

}  // namespace ipop::ga_group
