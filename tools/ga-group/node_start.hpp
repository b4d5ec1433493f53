#pragma once

#include <optional>
#include <string>

#include "group_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// What became of the group's node.
enum class NodeStart {
  started,  ///< systemd runs it
  by_hand,  ///< this machine has no systemd, or was asked not to: the command was shown
  failed,   ///< systemd refused; reported
};

/// Enables and starts `ipop-node@NAME` where systemd runs and the file is where the unit looks for it;
/// elsewhere shows the command that starts the node.
NodeStart start_node(const Context& context, const GroupFile& file, bool wanted);

/// Stops the group's node and its authority's server, and under systemd keeps them from starting at boot; what does not
/// run is no failure. A server that was started by hand is left to whoever did. A failure has been reported:
/// `permission`, `partly`.
cli::ExitStatus stop_node(const Context& context, const GroupFile& file);

/// What would be done to this machine, on stdout: the lines of the new file (none where `is_new` is
/// false), and the command that would run.
cli::ExitStatus show_changes(const Context& context, const GroupFile& file, bool is_new, bool start);

/// The name that the group's node was given, as it says itself; none: it has none, or does not run.
std::optional<std::string> name_of_node(const Context& context, const GroupFile& file);

/// Whether the authority of this name is on this machine.
bool is_authority_here(const Context& context, const std::string& name);

/// Whether this machine signs the certificates of a closed group's members, or is asked for them in an open one.
bool has_authority(const Context& context, const GroupFile& file);

/// What to type so that the node runs, and the server of an authority that is here, beside what else is typed; with a
/// name where nothing else would give it one.
std::string start_command(const Context& context, const GroupFile& file,
                          const std::optional<std::string>& name = std::nullopt);

/// The command that starts the group's node in the foreground.
std::string node_command(const Context& context, const GroupFile& file);

/// The control socket of the group's node.
std::string node_socket(const Context& context, const GroupFile& file);

/// Who can choose another virtual network.
enum class PrefixOf {
  this_command,  ///< with --prefix
  somebody,      ///< who made the group
};
/// False when the virtual prefix overlaps a network of this machine: the clash has been reported, and the command or
/// the request with which a free one is chosen.
bool check_prefix_is_free(const Context& context, const net::Ipv4Prefix& prefix, PrefixOf owner);

}  // namespace ipop::ga_group
