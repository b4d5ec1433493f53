#include "node_start.hpp"

#include "cli/progress.hpp"
#include "cli/text.hpp"
#include "io/file.hpp"
#include "io/netlink.hpp"
#include "io/run_process.hpp"
#include "node_connection.hpp"

namespace ipop::ga_group {
namespace {

// sd_booted(3): the directory exists where systemd is the init system.
constexpr const char* systemd_directory = "/run/systemd/system";

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace

NodeStart start_node(const Context& context, const GroupFile& file, bool wanted) {
  const bool unit_reads_it = context.options.directory == system_directory;
  if (!wanted || !unit_reads_it || !io::exists(systemd_directory)) {
    cli::suggest(context.streams, node_command(context, file));
    return NodeStart::by_hand;
  }
  const std::string unit = "ipop-node@" + file.config.name;
  cli::Progress progress(context.streams);
  progress.show("starting " + unit + " ...");
  // --no-block: the unit is ready once the node holds an address, and that is waited for with progress.
  const auto result = io::run_process({"systemctl", "--no-block", "enable", "--now", unit}, 30s);
  progress.clear();
  if (result && result->status == 0) return NodeStart::started;
  const std::string reason = result ? first_line(result->output) : result.error().message();
  cli::complain(context.streams, tool, "starting " + unit + " failed: " + reason);
  cli::suggest(context.streams, "systemctl status " + unit);
  return NodeStart::failed;
}

std::string node_command(const Context& context, const GroupFile& file) {
  const bool usual = context.options.directory == system_directory;
  std::string out = "ipop-node --configure --group " + (usual ? file.config.name : file.path);
  if (!context.options.socket.empty()) out += " --socket " + context.options.socket;
  return out;
}

std::string node_socket(const Context& context, const GroupFile& file) {
  if (!context.options.socket.empty()) return context.options.socket;
  return tools::socket_of_group(file.config.name);
}

bool check_prefix_is_free(const Context& context, const net::Ipv4Prefix& prefix, const std::string& advice) {
  const auto addresses = io::list_addresses();
  if (!addresses) return true;  // the node itself looks again before it starts
  const auto overlap = io::find_overlap(*addresses, prefix, "");
  if (!overlap) return true;
  const auto network = overlap->ipv4_prefix();
  cli::complain(context.streams, tool,
                "the virtual network " + to_string(prefix) + " overlaps " +
                    (network ? to_string(*network) + " on " : "") + overlap->interface);
  const auto free = io::find_free_prefix(*addresses);
  cli::suggest(context.streams, advice + (free ? to_string(*free) : "PREFIX"));
  return false;
}

}  // namespace ipop::ga_group
