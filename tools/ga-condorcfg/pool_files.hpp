#pragma once

#include <string>
#include <variant>
#include <vector>

#include "groups/group_config.hpp"
#include "node/command.hpp"
#include "pool/condor_config.hpp"
#include "pool/condor_manager.hpp"
#include "pool/condor_settings.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {

/// What this machine's files say of its part in the pool.
struct PoolFiles {
  pool::CondorSettings settings{};
  groups::GroupConfig group{};
  std::string group_name{};  ///< of the group's file on this machine
  std::string domain{};      ///< of the pool
  std::string user{};        ///< of the node's certificate; empty in an open group
  std::string state_directory{};
  std::vector<pool::FlockPartner> partners{};
};

/// Which files a verb needs.
enum class Reading {
  all,
  what_is_open,  ///< to look at: for a user who may not read the certificate and the accepted pools, these stay empty
};

/// Reads the role file, the group file and, in a closed group, the node's certificate. A failure has been
/// reported in one line that names the file: `bad_config`, `permission`, `usage` (several groups), `no`.
std::variant<PoolFiles, cli::ExitStatus> load_pool_files(const Context& context, Reading reading = Reading::all);

/// The control socket of the group's node.
std::string node_socket(const Context& context, const PoolFiles& files);

/// The machine as HTCondor is to see it. `status` is of a node that holds an address and a
/// name, `choice` has a manager. Error: malformed.
Result<pool::CondorMachine> make_machine(const Context& context, const PoolFiles& files,
                                         const node::StatusAnswer& status, const pool::ManagerChoice& choice);

/// The managers that the records of a DHT answer announce.
std::vector<pool::KnownManager> managers_of(const node::DhtAnswer& answer, const PoolFiles& files);

/// What to do while no manager is announced.
std::string manager_advice(const Context& context);

/// Reports `error` of a file operation; the status that belongs to it.
cli::ExitStatus report_file_error(const Context& context, const Error& error);

}  // namespace ipop::ga_condorcfg
