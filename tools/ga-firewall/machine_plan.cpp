#include "machine_plan.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/group_files.hpp"
#include "control/saved_state.hpp"
#include "firewall/subordinate_uids.hpp"
#include "groups/group_config.hpp"
#include "groups/node_file.hpp"
#include "io/accounts.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "node_waiting.hpp"
#include "pool/condor_config.hpp"

namespace ipop::ga_firewall {
namespace {

using cli::ExitStatus;

constexpr std::size_t most_slot_accounts = 4096;
constexpr std::size_t largest_file = std::size_t{1} << 20U;
// A node answers at once or hangs; its port may be known otherwise.
constexpr Duration node_patience = 2s;

/// What a group adds to the plan.
struct GroupFacts {
  net::Ipv4Prefix network{};
  std::optional<std::uint16_t> port{};
  std::string interface {};  ///< empty: the node has none
};

ExitStatus bad_config(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  return ExitStatus::bad_config;
}

/// The status of the group's node; none where it does not run or may not be asked.
std::optional<node::StatusAnswer> ask_running_node(const Context& context, const std::string& group, bool only_one) {
  const bool given = only_one && !context.options.socket.empty();
  // Nodes of groups that are elsewhere have no business with the sockets of this system.
  if (!given && context.options.directory != system_directory) return std::nullopt;
  auto client = daemon::ControlClient::connect(given ? context.options.socket : tools::socket_of_group(group));
  if (!client) return std::nullopt;
  auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, node_patience);
  return status ? std::optional(*std::move(status)) : std::nullopt;
}

/// The port that the node of `group` had the last time.
std::optional<std::uint16_t> remembered_port(const Context& context, const std::string& group) {
  if (context.options.directory != system_directory) return std::nullopt;
  const auto text = io::read_file(GroupFiles(group).node().state(), largest_file);
  if (!text) return std::nullopt;
  const auto state = control::parse_saved_state(*text);
  return state && state->port != 0 ? std::optional(state->port) : std::nullopt;
}

std::variant<GroupFacts, ExitStatus> facts_of(const Context& context, const std::string& group, bool only_one) {
  const std::string& directory = context.options.directory;
  const GroupFiles files(group, directory);
  const std::string path = files.config();
  const auto is_there = io::has_group(group, directory);
  if (!is_there) return report_error(context, is_there.error());
  if (!*is_there) {
    cli::complain(context.streams, tool, "this machine has no group \"" + group + "\" (" + path + " does not exist)");
    cli::suggest(context.streams, "ga-group join TOKEN");
    return ExitStatus::no;
  }
  const auto text = io::read_file(path, largest_file);
  if (!text) return report_error(context, text.error());
  const auto config = groups::parse_group_config(*text, path);
  if (!config) return bad_config(context, config.error());

  groups::NodeFile file;
  const std::string node_path = files.settings();
  if (io::exists(node_path)) {
    const auto node_text = io::read_file(node_path, largest_file);
    if (!node_text) return report_error(context, node_text.error());
    auto parsed = groups::parse_node_file(*node_text, node_path);
    if (!parsed) return bad_config(context, parsed.error());
    file = *std::move(parsed);
  }

  GroupFacts out;
  out.network = config->prefix;
  out.port = file.port ? file.port : config->port;
  if (file.has_tap) out.interface = file.tap.value_or(groups::usual_interface);
  // What runs is right, whatever the files say.
  if (const auto node = ask_running_node(context, group, only_one)) {
    out.interface = node->interface;
    if (!node->local_endpoints.empty()) out.port = node->local_endpoints.front().port;
  }
  if (!out.port) out.port = remembered_port(context, group);
  return out;
}

/// Adds the users that jobs run as, with what they may be in namespaces of their own.
ExitStatus add_job_users(const Context& context, MachinePlan& machine) {
  const firewall::FirewallSettings& settings = machine.settings;
  firewall::FirewallPlan& plan = machine.plan;
  plan.job_uids = settings.job_uids;
  const std::string subuid = io::read_file("/etc/subuid", largest_file).value_or(std::string());
  // Nothing but jobs runs in the accounts of HTCondor's slots.
  for (std::size_t slot = 1; slot <= most_slot_accounts; ++slot) {
    const auto uid = io::uid_of_user(pool::slot_account(slot));
    if (!uid) break;
    plan.job_uids.push_back({*uid, *uid});
  }
  for (const std::string& user : settings.job_users) {
    const auto uid = io::uid_of_user(user);
    if (!uid && !context.options.settings) {
      // At a start, no rules at all would be the worse answer to an account that was removed.
      cli::complain(context.streams, tool, uid.error().message() + "; it is left out");
      machine.lacks_users = true;
      continue;
    }
    if (!uid || *uid == 0) {
      cli::complain(context.streams, tool,
                    uid ? user + " is root, and root cannot be confined" : uid.error().message());
      return context.options.settings ? ExitStatus::usage : ExitStatus::bad_config;
    }
    plan.job_uids.push_back({*uid, *uid});
    for (const firewall::UidRange& range : firewall::subordinate_uids(subuid, user, *uid))
      plan.job_uids.push_back(range);
  }
  return ExitStatus::done;
}

std::variant<firewall::FirewallSettings, ExitStatus> chosen_settings(const Context& context) {
  if (context.options.settings) return *context.options.settings;
  const std::string path = settings_file(context);
  if (!io::exists(path)) return firewall::FirewallSettings{};
  const auto text = io::read_file(path, largest_file);
  if (!text) return report_error(context, text.error());
  auto settings = firewall::parse_firewall_settings(*text, path);
  if (!settings) return bad_config(context, settings.error());
  return *std::move(settings);
}

}  // namespace

std::string settings_file(const Context& context) {
  // Not beside the group files, where it would be taken for one.
  return context.options.directory + "/firewall/settings.toml";
}

std::variant<MachinePlan, ExitStatus> make_machine_plan(const Context& context) {
  auto settings = chosen_settings(context);
  if (const auto* status = std::get_if<ExitStatus>(&settings)) return *status;
  MachinePlan out;
  out.settings = std::get<firewall::FirewallSettings>(std::move(settings));
  out.groups = out.settings.groups;
  if (out.groups.empty()) {
    auto names = io::group_names(context.options.directory);
    if (!names) return report_error(context, names.error());
    out.groups = *std::move(names);
  }
  if (out.groups.empty()) {
    cli::complain(context.streams, tool, "this machine has no group (no file in " + context.options.directory + ")");
    cli::suggest(context.streams, "ga-group join TOKEN, or ga-group new NAME");
    return ExitStatus::no;
  }

  firewall::FirewallPlan& plan = out.plan;
  plan.role = out.settings.role;
  plan.ssh_port = out.settings.ssh_port;
  plan.allow = out.settings.allow;
  plan.allow_physical = out.settings.allow_physical;
  plan.reach = out.settings.reach;
  plan.needs = out.settings.needs;
  plan.virtual_interfaces = out.settings.interfaces;
  if (out.settings.port) plan.overlay_ports = {*out.settings.port};
  for (const std::string& group : out.groups) {
    const auto found = facts_of(context, group, out.groups.size() == 1);
    if (const auto* status = std::get_if<ExitStatus>(&found)) return *status;
    const auto& facts = std::get<GroupFacts>(found);
    plan.virtual_networks.push_back(facts.network);
    if (out.settings.interfaces.empty() && !facts.interface.empty()) {
      auto name = firewall::parse_interface_name(facts.interface);
      if (!name) return bad_config(context, name.error());
      plan.virtual_interfaces.push_back(*std::move(name));
    }
    if (out.settings.port) continue;
    if (!facts.port) {
      cli::complain(
          context.streams, tool,
          "the UDP port of the node of \"" + group + "\" is not known yet: the node picks one when it first starts");
      cli::suggest(context.streams, tools::start_command(group));
      cli::suggest(context.streams, "the same command with --port N");
      return ExitStatus::unreachable;
    }
    plan.overlay_ports.push_back(*facts.port);
  }
  if (const ExitStatus added = add_job_users(context, out); added != ExitStatus::done) return added;
  return out;
}

}  // namespace ipop::ga_firewall
