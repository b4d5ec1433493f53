#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "crypto/private_key.hpp"
#include "group_files.hpp"
#include "groups/group_handover.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// Where the node of a group keeps its key: `given`, or the usual place when that is empty.
std::string state_directory_of(const GroupFile& file, const std::string& given);
/// The key of this machine's node. Errors: those of io::read_secret_file, malformed.
Result<crypto::PrivateKey> read_node_key(const std::string& state_directory);

/// Where a move keeps what was in the file at `path`.
std::string kept_copy(const std::string& path);

/// What a hand-over makes of this machine.
struct Move {
  GroupFile file{};            ///< as it is
  groups::GroupConfig next{};  ///< as it will be: under the name and port that it has here
  std::string state{};         ///< of the node
  std::string certificate{};   ///< PEM from the new authority; empty: the present one stays
};

/// What `handover` means for the holder of `key`. Errors: conflict (it leads out of another namespace, or
/// the machine is there already), not_found (no certificate for this key), and why a certificate is no good.
Result<Move> plan_move(GroupFile file, const groups::GroupHandover& handover, const crypto::PublicKey& key,
                       const std::string& state, WallTime now);

/// Writes what the move says, each file in one step and the old one kept as FILE.old, the group's last;
/// so a move that is broken off can be made again. A failure has been reported.
cli::ExitStatus write_move(const Context& context, const Move& move);
/// The same in words, for --dry-run.
void show_move(const Context& context, const Move& move);

/// Asks the node to read its files again and waits for its address; prints the result. A failure has been
/// reported: `partly` (no node runs: it moves when it starts), `timed_out`, `permission`, `no`.
cli::ExitStatus reload_node(const Context& context, const GroupFile& file, std::chrono::seconds limit,
                            std::string_view schema);

}  // namespace ipop::ga_group
