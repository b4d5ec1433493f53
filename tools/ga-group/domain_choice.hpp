#pragma once

#include <optional>
#include <string>

#include "group_files.hpp"
#include "verbs.hpp"

// Two groups of one machine with one domain: a resolver that asks servers by domain (systemd-resolved asks both) finds
// the names of one of them.

namespace ipop::ga_group {

/// The domain of a new group `name`: the one that was typed; else the usual one, or, where another group of this
/// machine has that, one of its own, and stderr says so.
std::string choose_domain(const Context& context, const std::string& name, const std::optional<std::string>& typed);

/// Says on stderr, where this machine's resolver can't tell the domains apart, that another group has the domain of
/// `file` too.
void note_shared_domain(const Context& context, const GroupFile& file);

}  // namespace ipop::ga_group
