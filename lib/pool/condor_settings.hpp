#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "firewall/firewall_plan.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::pool {

/// When a worker runs jobs.
enum class WorkerPolicy {
  dedicated,  ///< always
  desktop,    ///< while nobody uses the machine; jobs are suspended when somebody comes back
};
std::string_view to_string(WorkerPolicy policy);

/// Where HTCondor's names of this machine come from.
enum class PoolNames {
  dns,      ///< the node's name in the virtual network, which `ipop-dns` resolves
  address,  ///< made of the address; nothing is looked up
};
std::string_view to_string(PoolNames names);

/// What a machine is in its group's pool: the role file (TOML; man page ga-condorcfg.toml(5)).
struct CondorSettings {
  bool is_manager = false;
  bool is_worker = false;
  bool is_submit = false;
  std::string group{};  ///< whose virtual network; empty: the only one of this machine
  std::string pool = "main";
  WorkerPolicy policy = WorkerPolicy::dedicated;
  std::optional<std::uint32_t> slots{};       ///< jobs of one core at once, 1 to 4096; none: one for each core
  bool own_jobs_first = false;                ///< jobs of this machine's user push away those of others
  std::optional<net::Ipv4Address> manager{};  ///< overrides what is announced
  std::vector<NodeId> managers{};             ///< nodes that may be manager; empty: any member
  bool single_manager = false;                ///< two managers of this pool are an error
  bool flock = true;                          ///< jobs may go to the group's other pools
  PoolNames names = PoolNames::dns;
  std::chrono::minutes lease{120};  ///< how long HTCondor itself waits for the other end of a job, 5 min to a week
  std::chrono::minutes keep_alive{
      10};  ///< how long a worker may be silent to a machine that hears others; at most lease
  friend bool operator==(const CondorSettings&, const CondorSettings&) = default;
};

/// A pool's name: 1 to 32 of a-z 0-9 -, with a letter or digit at both ends. Errors: malformed.
Result<void> check_pool_name(std::string_view name);

/// `file` is for messages only; every error is one line: file, line, what is wrong, what would be right.
Result<CondorSettings> parse_condor_settings(std::string_view text, std::string_view file);
/// The file, with a comment on each key; what parse_condor_settings reads back as the same value.
std::string to_toml(const CondorSettings& settings);

/// The line (from 1) on which a TOML text sets `key` at its top level; 1 when it does not.
std::size_t line_of_key(std::string_view text, std::string_view key);

}  // namespace ipop::pool
