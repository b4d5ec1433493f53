#pragma once

#include "group_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

// Settings are written before the file of a group that is made here: what is cut off in between is begun again, and
// there is no group yet whose node starts without them.

/// Gives the node of a group that came to this machine an interface of its own: where another group's node
/// has the one that it would take, the next free `tap = "ipopN"` goes into its settings, DIR/node/GROUP.toml,
/// and a line on stderr says so; in a dry run stdout shows it. Settings that name an interface stay as they
/// are, and stderr says what would be right. `beside` is a group that comes with it and need have no file yet. A
/// failure has been reported: `permission`, `no`.
cli::ExitStatus choose_interface(const Context& context, const GroupFile& file, bool dry_run,
                                 const std::string& beside = {});

/// Lets the node of a group that is made here be the first, by `first = true` in its settings, where the group names
/// bootstrap addresses and none of them is on an interface of this machine, as behind a NAT: such a node could not be
/// told from one that is cut off. What stdout and stderr say is as above.
cli::ExitStatus mark_first_node(const Context& context, const GroupFile& file, bool dry_run);

/// Lets the node of the way into a closed group leave the machine's resolver alone, by `register_dns = false` in its
/// settings: it has the domain of its group, and a resolver that asks it first would find none of the group's names.
/// A choice made by hand stays. What stdout and stderr say is as above.
cli::ExitStatus leave_names_to_group(const Context& context, const GroupFile& entrance, bool dry_run);

/// Settings of the group's node, where they lie for a group of this directory.
std::string settings_of_node(const Context& context, const std::string& group);

}  // namespace ipop::ga_group
