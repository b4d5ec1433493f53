#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "pool/condor_settings.hpp"

namespace ipop::pool {

/// Files by which daemons of different machines know each other; absolute paths.
struct PoolCredentials {
  std::string certificate{};  ///< closed group: of this machine's node
  std::string key{};
  std::string authority{};
  std::string map{};  ///< what makes a certificate's name HTCondor's member_name
};

/// Another group's pool to which jobs of this machine may go.
struct FlockPartner {
  std::string domain{};        ///< of that pool, pool_domain()
  net::Ipv4Address manager{};  ///< reached through this machine's node of that group
  net::Ipv4Prefix prefix{};    ///< of that group's virtual network
  friend bool operator==(const FlockPartner&, const FlockPartner&) = default;
};

/// All that HTCondor's configuration of a machine follows from.
struct CondorMachine {
  CondorSettings settings{};
  std::string domain{};  ///< pool_domain() of the group
  net::Ipv4Prefix prefix{};
  net::Ipv4Address address{};
  std::string name{};        ///< of the machine, without the domain
  std::string dns_domain{};  ///< of the virtual network
  net::Ipv4Address manager{};
  std::vector<net::Ipv4Address> others{};         ///< further managers of the group
  std::string user{};                             ///< of the certificate; empty in an open group
  std::optional<PoolCredentials> certificates{};  ///< none: an open group, with tokens
  std::vector<FlockPartner> partners{};
  std::size_t slot_accounts = 0;  ///< accounts slot_account(1), (2), ... that this machine has
};

/// The name under which machines of the group know each other's daemons, before the domain. It is no
/// super user of any queue and administers nothing.
constexpr std::string_view member_name = "member";
/// The name of another group's submit machines, likewise.
constexpr std::string_view guest_name = "guest";

/// The account that the jobs of a worker's slot run as, from 1: `ga-slot1`.
std::string slot_account(std::size_t slot);

/// HTCondor's trust and user domain of a group: the readable part of its namespace and 16 characters
/// that follow from all of it, since the namespace of an open group is its secret and the domain
/// stands in every job. Errors: malformed, characters that HTCondor's configuration must not get.
Result<std::string> pool_domain(std::string_view name_space);

/// The secret by which members of an open group sign their tokens: who knows the namespace can join
/// the group and be in its pool, nobody else. 52 characters, to be kept as a file of mode 0600.
std::string open_group_secret(std::string_view name_space);

/// HTCondor's configuration, complete in itself. Errors (malformed, with the words that `where` has for the
/// value's place): a name, domain, user or path that HTCondor could take for more than a word.
Result<std::string> to_condor_config(const CondorMachine& machine);

/// The file that CERTIFICATE_MAPFILE names: every certificate of the group's authority is a member.
std::string to_condor_map(std::string_view domain);

/// A certificate's user as it may stand in HTCondor's configuration: 1 to 64 of a-z A-Z 0-9 . _ -. Errors:
/// malformed.
Result<void> check_condor_user(std::string_view user);

}  // namespace ipop::pool
