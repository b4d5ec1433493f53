#pragma once

// How the tools find a node of this machine and what they say when it does not answer.

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "base/group_files.hpp"
#include "base/result.hpp"
#include "cli/exit_status.hpp"
#include "cli/rights.hpp"
#include "cli/streams.hpp"
#include "daemon/control_client.hpp"
#include "io/group_names.hpp"

namespace ipop::tools {

inline constexpr std::string_view run_directory = "/run/ipop";

/// Which node is meant, as typed.
struct NodeChoice {
  std::string socket{};  ///< path; empty: not given
  std::string group{};   ///< its node's socket is /run/ipop/GROUP.sock; empty: not given
  std::chrono::seconds timeout{10};
};

/// sd_booted(3): the directory exists where systemd is the init system.
inline bool has_systemd() {
  std::error_code error;
  return std::filesystem::exists("/run/systemd/system", error);
}

/// What to type so that a group's node runs.
inline std::string start_command(const std::string& group) {
  return has_systemd() ? "systemctl start ipop-node@" + group : "ipop-node --configure --group " + group + " &";
}

/// Whether this user may see which nodes run here. A directory that is not there is one without nodes.
inline bool may_see_nodes() {
  std::error_code error;
  const std::filesystem::directory_iterator it(run_directory, error);
  return !error || error == std::errc::no_such_file_or_directory;
}

/// Groups whose nodes have a socket in /run/ipop, sorted.
inline std::vector<std::string> running_groups() {
  std::vector<std::string> out;
  std::error_code error;
  for (std::filesystem::directory_iterator it(run_directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == ".sock") out.push_back(it->path().stem().string());
  }
  std::ranges::sort(out);
  return out;
}

inline std::string socket_of_group(std::string_view group) {
  return std::string(run_directory) + "/" + std::string(group) + ".sock";
}

/// What to add to a command so that it asks the node behind `socket` too: nothing where it would anyway.
inline std::string option_of_node(std::string_view socket) {
  if (socket.empty()) return {};
  const std::filesystem::path path(socket);
  if (path.parent_path() != run_directory) return " --socket " + std::string(socket);
  return running_groups().size() == 1 ? "" : " --group " + path.stem().string();
}

/// The socket that is meant: the one given, the group's, or the only one there is. Errors: not_found
/// (no node runs here), conflict (several do, and which was not said).
inline Result<std::string> choose_socket(const NodeChoice& choice) {
  if (!choice.socket.empty()) return choice.socket;
  if (!choice.group.empty()) return socket_of_group(choice.group);
  const std::vector<std::string> groups = running_groups();
  if (groups.size() == 1) return socket_of_group(groups.front());
  if (groups.empty() && !may_see_nodes())
    return make_error(std::make_error_code(std::errc::permission_denied), std::string(run_directory));
  if (groups.empty())
    return make_error(make_error_code(Errc::not_found),
                      "no node is running on this machine (no socket in " + std::string(run_directory) + ")");
  std::string names;
  for (const std::string& group : groups)
    names += (names.empty() ? "" : ", ") + group;
  return make_error(make_error_code(Errc::conflict),
                    "several nodes are running here; choose one with --group: " + names);
}

/// What an error of a ControlClient means for the exit status.
inline cli::ExitStatus status_of(const Error& error) {
  using cli::ExitStatus;
  if (error.code == std::errc::no_such_file_or_directory || error.code == std::errc::connection_refused ||
      error.code == std::errc::not_connected || error.code == std::errc::connection_reset ||
      error.code == std::errc::broken_pipe)
    return ExitStatus::unreachable;
  if (error.code == std::errc::permission_denied || error.code == std::errc::operation_not_permitted ||
      error.code == Errc::not_authorized)
    return ExitStatus::permission;
  if (error.code == std::errc::timed_out) return ExitStatus::timed_out;
  const bool wrong_argument = error.code == Errc::out_of_range || error.code == Errc::malformed ||
                              error.code == std::errc::invalid_argument || error.code == std::errc::filename_too_long;
  return wrong_argument ? ExitStatus::usage : ExitStatus::no;
}

/// Says what went wrong with the node behind `socket` (empty: none was found) and what to type next.
inline cli::ExitStatus report_node_error(const cli::Streams& streams, std::string_view tool, const Error& error,
                                         std::string_view socket) {
  using cli::ExitStatus;
  const ExitStatus status = status_of(error);
  cli::complain(streams, tool,
                status == ExitStatus::unreachable ? "no node answers: " + error.message() : error.message());
  // A socket outside /run/ipop belongs to a node that was started by hand.
  const std::filesystem::path path(socket);
  const std::string group = path.parent_path() == run_directory ? path.stem().string() : "";
  switch (status) {
    case ExitStatus::unreachable:
      if (!group.empty() && is_group_name(group) && !std::filesystem::exists(GroupFiles(group).config()))
        cli::suggest(streams, "ga-group list  # this machine has no group of that name");
      else if (!group.empty())
        cli::suggest(streams, start_command(group));
      break;
    case ExitStatus::permission:
      cli::suggest_root(streams, "members of the group ga may ask, and change nothing");
      break;
    case ExitStatus::timed_out: cli::suggest(streams, "the same command with --timeout 60"); break;
    default: break;
  }
  return status;
}

/// The status and words for a failure of choose_socket.
inline cli::ExitStatus report_choice_error(const cli::Streams& streams, std::string_view tool, const Error& error) {
  if (status_of(error) == cli::ExitStatus::permission) return report_node_error(streams, tool, error, "");
  cli::complain(streams, tool, error.message());
  if (error.code == Errc::conflict) return cli::ExitStatus::usage;
  const auto groups = io::group_names();
  if (groups && groups->empty())
    cli::suggest(streams, "ga-group join TOKEN, or ga-group new NAME");
  else if (groups && groups->size() == 1)
    cli::suggest(streams, start_command(groups->front()));
  else
    cli::suggest(streams, "ga status");
  return cli::ExitStatus::unreachable;
}

}  // namespace ipop::tools
