#include "closed_group.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "cli/json_writer.hpp"
#include "desk_choice.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "node_waiting.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_file = std::size_t{1} << 20U;
// From the new ring's first answer to a majority for the lease: seconds; a lost bootstrap node costs more.
constexpr Duration lease_limit = 60s;

ExitStatus report_no_group(const Context& context, const std::string& message) {
  cli::complain(context.streams, tool, message);
  cli::suggest(context.streams, "ga-group join TOKEN  # the open group's");
  return ExitStatus::no;
}

std::variant<std::string, ExitStatus> choose_group(const Context& context, const std::string& name) {
  const std::string& directory = context.options.groups;
  if (!name.empty()) {
    const auto is_there = groups::check_group_name(name) ? io::has_group(name, directory) : Result<bool>(false);
    if (!is_there) return report(context, is_there.error());
    if (*is_there) return name;
    return report_no_group(context, "this machine has no group \"" + name + "\" (none in " + directory + ")");
  }
  const auto names = io::group_names(directory);
  if (!names) return report(context, names.error());
  if (names->size() == 1) return names->front();
  if (names->empty()) return report_no_group(context, "this machine has no group (no file in " + directory + ")");
  std::string list;
  for (const std::string& known : *names)
    list += (list.empty() ? "" : ", ") + known;
  cli::complain(context.streams, tool, "this machine has several groups; choose one with --group: " + list);
  return ExitStatus::usage;
}

void print_joined(const Context& context, const OwnGroup& group, const groups::GroupConfig& closed,
                  const node::StatusAnswer& status) {
  const std::string address = status.address ? to_string(*status.address) : "";
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json("ga-cert.join/1");
    json.field("group", closed.name);
    json.field("local_name", group.name);
    json.field("file", group.path);
    if (status.address)
      json.field("address", address);
    else
      json.null("address");
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    out << closed.name << '\t' << address << '\n';
  } else {
    // What --group takes is the name that the group has here.
    const bool renamed = closed.name != group.name;
    out << "joined " << closed.name << (address.empty() ? "" : " as " + address)
        << (renamed ? ", called " + group.name + " on this machine" : "") << '\n';
  }
}

}  // namespace

std::variant<OwnGroup, ExitStatus> load_own_group(const Context& context, const std::string& name) {
  auto chosen = choose_group(context, name);
  if (const auto* status = std::get_if<ExitStatus>(&chosen)) return *status;
  OwnGroup out;
  out.name = std::get<std::string>(std::move(chosen));
  out.path = files_of(context, out.name).config();
  auto text = io::read_file(out.path, largest_file);
  if (!text) return report(context, text.error());
  auto config = groups::parse_group_config(*text, out.path);
  if (!config) return report(context, config.error());
  out.text = *std::move(text);
  out.config = *std::move(config);
  return out;
}

Result<void> replace_group(const OwnGroup& open, const groups::GroupConfig& closed) {
  auto kept = io::write_file_atomically(open_copy(open.path), open.text, 0644);
  if (!kept) return kept;
  // The node's state and socket are called as the group is on this machine, also after its next start.
  groups::GroupConfig written = closed;
  written.name = open.config.name;
  return io::write_file_atomically(open.path, to_toml(written), 0644);
}

ExitStatus move_node(const Context& context, const OwnGroup& group, const groups::GroupConfig& closed,
                     const std::string& socket) {
  const auto moved =
      tools::reload_until(context.streams, socket, "an address in " + closed.name, lease_limit,
                          [&](const auto& status) { return tools::has_arrived(status, closed.name_space); });
  if (!moved && tools::status_of(moved.error()) == ExitStatus::unreachable) {
    cli::complain(context.streams, tool,
                  "the node is not running; it will join " + closed.name + " when it is started");
    cli::suggest(context.streams, tools::start_command(group.name));
    return ExitStatus::partly;
  }
  if (!moved) {
    const ExitStatus status = tools::report_node_error(context.streams, tool, moved.error(), socket);
    cli::suggest(context.streams, "ipop-ctl --group " + group.name + " status");
    return status;
  }
  print_joined(context, group, closed, *moved);
  return ExitStatus::done;
}

}  // namespace ipop::ga_cert
