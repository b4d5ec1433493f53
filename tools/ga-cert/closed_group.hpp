#pragma once

#include <string>
#include <vector>

#include "groups/group_config.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {

/// A group's file of this machine.
struct OwnGroup {
  std::string path{};
  std::string name{};  ///< of the file: systemd's unit, the socket and the state directory are called so
  std::string text{};
  groups::GroupConfig config{};
};

/// The group called `name`, or the only one of this machine when that is empty. A failure has been
/// reported: `no` (there is none), `usage` (several), `permission`, `bad_config`.
std::variant<OwnGroup, cli::ExitStatus> load_own_group(const Context& context, const std::string& name);

/// Puts the closed group's file in the open one's place, which is kept as FILE.open, under the name that
/// the group has on this machine. Errors: errno.
Result<void> replace_group(const OwnGroup& open, const groups::GroupConfig& closed);

/// Asks the node behind `socket` to read its group file again, and waits until it has its address in the
/// closed group. Prints the result. A failure has been reported: `partly` (no node runs: it joins at its
/// start), `timed_out`, `permission`, `no`.
cli::ExitStatus move_node(const Context& context, const OwnGroup& group, const groups::GroupConfig& closed,
                          const std::string& socket);

}  // namespace ipop::ga_cert
