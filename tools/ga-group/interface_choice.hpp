#pragma once

#include "group_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// Gives the node of a group that came to this machine an interface of its own: where another group's node
/// has the one that it would take, the next free `tap = "ipopN"` goes into its settings, DIR/node/GROUP.toml,
/// and a line on stderr says so; in a dry run stdout shows it. Settings that name an interface stay as they
/// are, and stderr says what would be right. A failure has been reported: `permission`, `no`.
cli::ExitStatus choose_interface(const Context& context, const GroupFile& file, bool dry_run);

/// Settings of the group's node, where they lie for a group of this directory.
std::string settings_of_node(const Context& context, const std::string& group);

}  // namespace ipop::ga_group
