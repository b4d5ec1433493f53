#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "condor_place.hpp"
#include "io/file.hpp"
#include "node_waiting.hpp"
#include "pool_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_shown_file = std::size_t{1} << 20U;
constexpr Duration show_limit = 20s;

/// What the node says of the pool.
struct PoolState {
  node::StatusAnswer status{};
  std::vector<appliance::KnownManager> managers{};
};

Result<PoolState> ask_pool(const std::string& socket, const PoolFiles& files) {
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return std::move(client).error();
  auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, show_limit);
  if (!status) return std::move(status).error();
  auto found =
      tools::ask_node<node::DhtAnswer>(*client, node::DhtGetCommand{std::string(appliance::manager_key)}, show_limit);
  if (!found) return std::move(found).error();
  return PoolState{*std::move(status), managers_of(*found, files)};
}

std::vector<std::string> roles_of(const appliance::CondorSettings& settings) {
  std::vector<std::string> out;
  if (settings.is_manager) out.emplace_back("manager");
  if (settings.is_worker) out.emplace_back("worker");
  if (settings.is_submit) out.emplace_back("submit");
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out;
}

void write_json(const Context& context, const PoolFiles& files, const PoolState& state,
                const appliance::ManagerChoice& choice) {
  cli::JsonWriter json("ga-condorcfg.show/1");
  json.begin_array("roles");
  for (const std::string& role : roles_of(files.settings))
    json.element(role);
  json.end();
  json.field("group", files.group_name);
  json.field("pool", files.settings.pool);
  json.field("domain", files.domain);
  json.field("user", files.user);
  if (state.status.address)
    json.field("address", to_string(*state.status.address));
  else
    json.null("address");
  if (choice.manager)
    json.field("manager", to_string(*choice.manager));
  else
    json.null("manager");
  json.begin_array("managers");
  for (const appliance::KnownManager& manager : state.managers) {
    json.begin_element();
    json.field("name", manager.announcement.name);
    json.field("address", to_string(manager.announcement.address));
    json.field("pool", manager.announcement.pool);
    json.field("since", manager.announcement.since.seconds);
    json.field("id", to_string(manager.owner));
    json.end();
  }
  json.end();
  json.begin_array("partners");
  for (const appliance::FlockPartner& partner : files.partners) {
    json.begin_element();
    json.field("domain", partner.domain);
    json.field("manager", to_string(partner.manager));
    json.field("network", to_string(partner.prefix));
    json.end();
  }
  json.end();
  context.streams.out << json.text() << '\n';
}

void write_text(const Context& context, const PoolFiles& files, const PoolState& state,
                const appliance::ManagerChoice& choice) {
  std::ostream& out = context.streams.out;
  const bool plain = context.options.output.plain;
  const bool color = !plain && cli::use_color(context.streams, context.options.output.color);
  // Keys and their order are frozen by the man page.
  std::vector<std::pair<std::string, std::string>> rows{
      {"roles", joined(roles_of(files.settings))},
      {"group", files.group_name},
      {"pool", files.settings.pool},
      {"domain", files.domain},
      {"user", files.user},
      {"address", state.status.address ? to_string(*state.status.address) : ""},
      {"manager", choice.manager ? to_string(*choice.manager) : ""},
  };
  for (const appliance::FlockPartner& partner : files.partners)
    rows.emplace_back("partner", partner.domain + " " + to_string(partner.manager));
  for (const auto& [key, value] : rows) {
    if (plain)
      out << key << '\t' << cli::printable(value) << '\n';
    else if (!value.empty())
      out << (color ? "\x1b[1m" : "") << key << (color ? "\x1b[0m" : "") << std::string(10 - key.size(), ' ')
          << cli::printable(value) << '\n';
  }
  if (state.managers.empty()) return;
  out << '\n';
  cli::Table table({{"MANAGER"}, {"ADDRESS"}, {"POOL"}, {"SINCE"}, {"NODE"}});
  for (const appliance::KnownManager& manager : state.managers)
    table.add_row({manager.announcement.name, to_string(manager.announcement.address), manager.announcement.pool,
                   cli::utc_text(manager.announcement.since), to_string(manager.owner)});
  if (plain)
    table.write_plain(out);
  else
    table.write_human(out, {color, context.streams.columns});
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowPool& /*verb*/) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  const std::string socket = node_socket(context, files);
  const auto state = ask_pool(socket, files);
  if (!state) return tools::report_node_error(context.streams, tool, state.error(), socket);
  const auto own = state->status.address.value_or(net::Ipv4Address());
  auto choice = appliance::choose_manager(state->managers, files.settings, own);
  if (!choice) {
    cli::complain(context.streams, tool, context.options.role_file + ": " + choice.error().context);
    choice = appliance::ManagerChoice{};
  } else if (!state->status.address && files.settings.is_manager) {
    choice->manager.reset();
  }
  if (context.options.output.json)
    write_json(context, files, *state, *choice);
  else
    write_text(context, files, *state, *choice);
  return ExitStatus::done;
}

ExitStatus carry_out(const Context& context, const CheckPool& /*verb*/) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  std::ostream& out = context.streams.out;
  out << cli::printable(context.options.role_file) << ": good\n";
  const CondorPaths paths = condor_paths(context);
  const auto written = io::read_file(paths.config, largest_shown_file);
  if (!written) {
    cli::complain(context.streams, tool, written.error().message());
    cli::suggest(context.streams, "ga-condorcfg write");
    return ExitStatus::no;
  }
  if (auto tried = try_config(context, *written); !tried) return report_condor_error(context, tried.error());
  const std::string socket = node_socket(context, files);
  const auto state = ask_pool(socket, files);
  if (!state) return tools::report_node_error(context.streams, tool, state.error(), socket);
  const auto choice = state->status.address
                          ? appliance::choose_manager(state->managers, files.settings, *state->status.address)
                          : Result<appliance::ManagerChoice>(Errc::not_found);
  const auto machine =
      choice ? make_machine(context, files, state->status, *choice) : Result<appliance::CondorMachine>(choice.error());
  const auto wanted = machine ? to_condor_config(*machine) : Result<std::string>(machine.error());
  if (!wanted) {
    cli::complain(context.streams, tool, wanted.error().message());
    return ExitStatus::no;
  }
  if (*wanted != *written) {
    cli::complain(context.streams, tool, paths.config + " is not what the node's state wants");
    cli::suggest(context.streams, "ga-condorcfg write --dry-run, which shows the difference");
    return ExitStatus::no;
  }
  // A file that comes later can still take back what stands here.
  const auto seen = run_condor({"condor_config_val", "NETWORK_INTERFACE", "CONDOR_HOST", "TRUST_DOMAIN"});
  const std::string expected =
      to_string(machine->address) + "\n" + to_string(machine->manager) + "\n" + machine->domain + "\n";
  if (!seen) return report_condor_error(context, seen.error());
  if (seen->output != expected) {
    cli::complain(context.streams, tool, "another file of HTCondor overrides " + paths.config);
    cli::suggest(context.streams, "condor_config_val -verbose NETWORK_INTERFACE CONDOR_HOST TRUST_DOMAIN");
    return ExitStatus::no;
  }
  out << cli::printable(paths.config) << ": good\n";
  return ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
