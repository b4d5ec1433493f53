#include <algorithm>
#include <filesystem>

#include "base/group_files.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "control/rpc.hpp"
#include "groups/group_config.hpp"
#include "groups/node_file.hpp"
#include "io/file.hpp"
#include "node_waiting.hpp"
#include "verbs.hpp"

namespace ipop::ipop_ctl {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_settings = 65'536;

std::string names_of(const node::StatusAnswer& status) {
  std::string out;
  for (const std::string& name : status.names)
    out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string certificate_of(const node::StatusAnswer& status) {
  return status.certificate_expires ? "until " + cli::utc_text(*status.certificate_expires) : "none";
}

/// What is different, as lines `what: before -> after`.
std::vector<std::string> changes(const node::StatusAnswer& before, const node::StatusAnswer& after) {
  std::vector<std::string> out;
  const auto compare = [&out](std::string_view what, const std::string& was, const std::string& is) {
    if (was != is) out.push_back(std::string(what) + ": " + was + " -> " + is);
  };
  compare("namespace", before.name_space, after.name_space);
  compare("membership", before.closed ? "closed" : "open", after.closed ? "closed" : "open");
  compare("certificate", certificate_of(before), certificate_of(after));
  compare("names", names_of(before), names_of(after));
  return out;
}

bool was_written_since_start(const std::string& file, const node::StatusAnswer& status) {
  std::error_code error;
  const auto written = std::filesystem::last_write_time(file, error);
  return !error && std::filesystem::file_time_type::clock::now() - written < status.uptime;
}

/// What stands in the node's settings and is only read at a start.
std::vector<std::string> needs_restart(const std::string& socket, const node::StatusAnswer& status) {
  std::vector<std::string> out;
  const std::filesystem::path path(socket);
  if (path.parent_path() != tools::run_directory) return out;
  const GroupFiles files(path.stem().string());
  const auto text = io::read_file(files.settings(), largest_settings);
  const auto settings =
      text ? groups::parse_node_file(*text, files.settings()) : Result<groups::NodeFile>(groups::NodeFile{});
  if (!settings) return out;
  const auto group_text = io::read_file(files.config(), largest_settings);
  const auto group = group_text ? groups::parse_group_config(*group_text, files.config())
                                : Result<groups::GroupConfig>(group_text.error());
  // The node's own file comes before the group's.
  const auto port = settings->port || !group ? settings->port : group->port;
  const auto has_port = [&](const net::Endpoint& endpoint) { return endpoint.port == *port; };
  if (port && !status.local_endpoints.empty() && std::ranges::none_of(status.local_endpoints, has_port))
    out.push_back("port = " + std::to_string(*port));
  if (settings->has_tap && settings->tap && *settings->tap != status.interface)
    out.push_back("tap = \"" + *settings->tap + "\"");
  if (out.empty() && was_written_since_start(files.settings(), status))
    out.push_back("what changed in " + files.settings() + " since it started");
  return out;
}

}  // namespace

ExitStatus reload_node(const Output& output, const std::string& socket, Duration limit) {
  const auto failed = [&](const Error& error) { return tools::report_node_error(output.streams, tool, error, socket); };
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return failed(client.error());
  const auto before = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, limit);
  if (!before) return failed(before.error());
  const auto done = tools::ask_node<node::DoneAnswer>(*client, node::ReloadCommand{}, limit);
  if (!done) return failed(done.error());
  const auto after = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, limit);
  if (!after) return failed(after.error());
  const auto changed = changes(*before, *after);
  const auto later = needs_restart(socket, *after);
  if (output.options.json) {
    cli::JsonWriter json("ipop-ctl.reload/1");
    json.begin_array("changes");
    for (const std::string& line : changed)
      json.element(line);
    json.end();
    json.begin_array("after_restart");
    for (const std::string& line : later)
      json.element(line);
    json.end();
    output.streams.out << json.text() << '\n';
    return ExitStatus::done;
  }
  output.streams.out << (changed.empty() ? "reloaded: nothing has changed\n" : "reloaded\n");
  for (const std::string& line : changed)
    output.streams.out << "  " << cli::printable(line) << '\n';
  for (const std::string& line : later)
    output.streams.err << "takes effect after a restart of the node: " << cli::printable(line) << '\n';
  return ExitStatus::done;
}

ExitStatus stop_node(const Output& output, const std::string& socket, Duration limit) {
  const auto stopped = tools::stop_node(socket, limit);
  if (!stopped) return tools::report_node_error(output.streams, tool, stopped.error(), socket);
  if (output.options.json)
    output.streams.out << control::to_json(node::Answer(node::DoneAnswer{})) << '\n';
  else
    output.streams.out << "stopped\n";
  return ExitStatus::done;
}

}  // namespace ipop::ipop_ctl
