#pragma once

// Looks at this machine and fills in the facts about one group. Each function looks at one thing and waits for a
// bounded time.

#include <optional>
#include <string>
#include <vector>

#include "groups/group_config.hpp"
#include "health/facts.hpp"
#include "verbs.hpp"

namespace ipop::ga {

/// A group of this machine, and what is known of it so far.
struct Look {
  std::string directory{};  ///< of group files
  health::Facts facts{};
  std::optional<groups::GroupConfig> group{};  ///< the group's file, where it can be read
  std::string socket{};
  std::string state_directory{};
  node::MembersAnswer members{};
};

/// Names of the groups that are meant: those with a file, and those whose node runs without one. Errors: errno of the
/// folder of files, where no node runs either.
Result<std::vector<std::string>> groups_of_machine(const Context& context);
/// Says which folder can't be read, and what to do about it; the status to end with.
cli::ExitStatus report_unreadable(const Context& context, const Error& error);

/// Begins with a group; an empty name: this machine has none.
Look begin_look(const Context& context, const std::string& group);

// --- the machine (machine_look.cpp) ---
void look_at_files(Look& look);
void look_at_clock(Look& look);
void look_at_uplink(Look& look);
/// Where the book of the group's lease server is here: whether it runs.
void look_at_lease_server(Look& look);
void look_at_firewall(Look& look);
/// Also asks HTCondor for slots and jobs, and whether it reads what was written for it.
void look_at_pool(Look& look);

// --- the authority that it may be (authority_look.cpp) ---
/// The authorities of this machine, and whether the group's is here and answers, where it should.
void look_at_authorities(Look& look);
/// The closed group on this machine for which machines ask in the open group `group`; empty: none.
std::string closed_group_of_entrance(const Look& look, const std::string& group);

// --- the node (node_look.cpp) ---
/// Status, links and members.
void look_at_node(Look& look);
/// Where it does not run: whether it could start.
void look_at_start(Look& look);

// --- what needs packets (probes.cpp) ---
/// Sends a first message to each bootstrap node that this node has no link to.
void look_at_bootstrap(Look& look, Duration limit);
/// Through the system's own resolver.
void look_up_names(Look& look, const std::string& outside);
void ping_members(Look& look);

/// Runs another program of the toolkit, the one beside this one where it is there. None: it is not installed, or did
/// not end in time.
struct SiblingAnswer {
  int status = 0;
  std::string output{};
};
std::optional<SiblingAnswer> ask_sibling(std::vector<std::string> command, Duration limit);
/// What a program complained about, without its name, and the command that it suggests.
struct Complaint {
  std::string problem{};
  std::string next{};
};
Complaint complaint_of(const std::string& output, std::string_view program);
/// The values of lines of the form `key TAB value`, as --plain prints them.
std::string value_of_key(const std::string& plain, std::string_view key);

}  // namespace ipop::ga
