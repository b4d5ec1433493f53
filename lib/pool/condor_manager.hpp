#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "pool/condor_settings.hpp"

namespace ipop::pool {

/// The key in the group's DHT under which the managers of its pools tell where they are.
constexpr std::string_view manager_key = "condor-manager";
/// How long an announcement stands by itself: a manager that dies without a word is followed for this long at most.
constexpr std::chrono::seconds announcement_life{90};
/// How often a manager announces itself again. That is one message to each replica, of which nobody else hears.
constexpr std::chrono::seconds announcement_renewal = announcement_life / 3;

/// What a manager says of itself. The record that carries it is signed by the manager's node.
struct ManagerAnnouncement {
  std::string name{};  ///< of the machine, without a domain: [a-z0-9-]{1,63}
  net::Ipv4Address address{};
  WallTime since{};  ///< since when it is manager, without a break
  std::string pool{};
  friend bool operator==(const ManagerAnnouncement&, const ManagerAnnouncement&) = default;
};

/// A machine's name: 1 to 63 of a-z 0-9 -, with a letter or digit at both ends (RFC 1123, 2.1). Errors:
/// malformed.
Result<void> check_machine_name(std::string_view name);

/// `condor-manager 1 name 10.128.0.5 1795409156 pool`.
std::string to_string(const ManagerAnnouncement& announcement);
/// Errors: malformed; unsupported (a later version).
Result<ManagerAnnouncement> parse_manager_announcement(std::string_view text);

/// An announcement and the node that signed it.
struct KnownManager {
  ManagerAnnouncement announcement{};
  NodeId owner{};
  friend bool operator==(const KnownManager&, const KnownManager&) = default;
};

/// One record of the DHT under manager_key.
struct ManagerRecord {
  Bytes value{};
  NodeId owner{};
};

/// The managers that count on this machine: `settings` may allow some nodes only, their addresses lie in
/// `prefix`, and a node and an address count once. Records that are no announcement are left out. The
/// oldest is first, of equals the one with the smallest node id, so all members choose alike; at most 64.
std::vector<KnownManager> rank_managers(const std::vector<ManagerRecord>& records, const CondorSettings& settings,
                                        const net::Ipv4Prefix& prefix);

/// Whom a machine follows.
struct ManagerChoice {
  std::optional<net::Ipv4Address> manager{};  ///< none: nobody announces this pool
  std::string name{};                         ///< of the manager; empty when the role file names its address
  std::vector<net::Ipv4Address> others{};     ///< further managers, as ranked
  friend bool operator==(const ManagerChoice&, const ManagerChoice&) = default;
};

/// `own`: this machine's address; a machine with the role manager follows itself. Errors: conflict, two
/// managers of a pool whose settings say single_manager; the message names both.
Result<ManagerChoice> choose_manager(const std::vector<KnownManager>& managers, const CondorSettings& settings,
                                     net::Ipv4Address own);

}  // namespace ipop::pool
