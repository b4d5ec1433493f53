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
#include "node_connection.hpp"
#include "pool/condor_reading.hpp"
#include "pool_files.hpp"
#include "pool_state.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_shown_file = std::size_t{1} << 20U;

std::vector<std::string> roles_of(const pool::CondorSettings& settings) {
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
                const pool::ManagerChoice& choice, std::string_view source) {
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
  for (const pool::KnownManager& manager : state.managers) {
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
  for (const pool::FlockPartner& partner : files.partners) {
    json.begin_element();
    json.field("domain", partner.domain);
    json.field("manager", to_string(partner.manager));
    json.field("network", to_string(partner.prefix));
    json.end();
  }
  json.end();
  json.field("source", source);
  json.begin_array("notices");
  for (const std::string& notice : state.status.notices)
    json.element(notice);
  json.end();
  context.streams.out << json.text() << '\n';
}

void write_text(const Context& context, const PoolFiles& files, const PoolState& state,
                const pool::ManagerChoice& choice) {
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
  for (const pool::FlockPartner& partner : files.partners)
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
  for (const pool::KnownManager& manager : state.managers)
    table.add_row({manager.announcement.name, to_string(manager.announcement.address), manager.announcement.pool,
                   cli::utc_text(manager.announcement.since), to_string(manager.owner)});
  if (plain)
    table.write_plain(out);
  else
    table.write_human(out, {color, context.streams.columns});
}

void write(const Context& context, const PoolFiles& files, const PoolState& state, const pool::ManagerChoice& choice,
           std::string_view source) {
  if (context.options.output.json)
    write_json(context, files, state, choice, source);
  else
    write_text(context, files, state, choice);
}

/// For a user who may not ask the node: what its HTCondor was told.
ExitStatus show_configured(const Context& context, const PoolFiles& files) {
  const auto text = io::read_file(condor_paths(context).config, largest_shown_file);
  PoolState state;
  pool::ManagerChoice choice;
  if (text) {
    state.status.address = net::parse_ipv4_address(pool::value_in_config(*text, "NETWORK_INTERFACE"));
    choice.manager = net::parse_ipv4_address(pool::value_in_config(*text, "CONDOR_HOST"));
  }
  write(context, files, state, choice, "configuration");
  cli::complain(context.streams, tool,
                "address and manager are from HTCondor's configuration; only root and members of the group ga may ask "
                "the node");
  return ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const ShowPool& /*verb*/) {
  const auto loaded = load_pool_files(context, Reading::what_is_open);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  const std::string socket = node_socket(context, files);
  const auto state = ask_pool(socket, files);
  if (!state && tools::status_of(state.error()) == ExitStatus::permission) return show_configured(context, files);
  if (!state) return tools::report_node_error(context.streams, tool, state.error(), socket);
  const auto own = state->status.address.value_or(net::Ipv4Address());
  auto choice = pool::choose_manager(state->managers, files.settings, own);
  if (!choice) {
    cli::complain(context.streams, tool, context.options.role_file + ": " + choice.error().context);
    choice = pool::ManagerChoice{};
  } else if (!state->status.address && files.settings.is_manager) {
    choice->manager.reset();
  }
  write(context, files, *state, *choice, "node");
  report_notices(context, state->status);
  if (state->trouble) return tools::report_node_error(context.streams, tool, *state->trouble, socket);
  return ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
