#pragma once

// What may pass on a machine of a group, as values, and the nftables table that says so. Everything in a
// plan is a type that was checked when it was made, so no text of a user's reaches the rules.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::firewall {

/// The table, in the family `inet`: the only one that is ever touched.
inline constexpr std::string_view firewall_table = "ga_firewall";

/// The name of a network interface: 1 to 15 (IFNAMSIZ less one) of A-Z a-z 0-9 _ - . : @, beginning with
/// a letter or digit.
class InterfaceName {
 public:
  [[nodiscard]] const std::string& text() const { return text_; }
  friend auto operator<=>(const InterfaceName&, const InterfaceName&) = default;

 private:
  friend Result<InterfaceName> parse_interface_name(std::string_view text);
  explicit InterfaceName(std::string_view text) : text_(text) {}
  std::string text_;
};
/// Errors: malformed.
Result<InterfaceName> parse_interface_name(std::string_view text);

enum class Transport { tcp, udp };

/// A range of ports that somebody serves.
struct Service {
  Transport transport = Transport::tcp;
  std::uint16_t first = 0;
  std::uint16_t last = 0;  ///< not below `first`
  friend auto operator<=>(const Service&, const Service&) = default;
};
/// `tcp:22`, `udp:5000-5010`. Errors: malformed, with what would be right.
Result<Service> parse_service(std::string_view text);
std::string to_string(const Service& service);

/// Users by number, from `first` to `last`.
struct UidRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;  ///< not below `first`
  friend auto operator<=>(const UidRange&, const UidRange&) = default;
};
/// `2000` or `2000-2999`, without 0, which is root, and without 4294967295, which is nobody at all.
/// Errors: malformed.
Result<UidRange> parse_uid_range(std::string_view text);
std::string to_string(const UidRange& range);

/// What the machine is in the pool. All but `none` are reached, on the virtual
/// network only, on HTCondor's shared port (TCP 9618) and for their logs of pings (TCP 7781).
enum class PoolRole { none, worker, submit, manager };
std::string_view to_string(PoolRole role);
/// Errors: malformed, with the words there are.
Result<PoolRole> parse_pool_role(std::string_view text);

/// What a machine itself needs on its physical network, beside the overlay.
struct PhysicalNeeds {
  bool dhcp = true;
  bool dns = true;
  bool ntp = true;
  bool lan = true;  ///< members on one LAN find each other
  friend bool operator==(const PhysicalNeeds&, const PhysicalNeeds&) = default;
};
/// Words of dhcp, dns, ntp and lan between commas, or `none`. Errors: malformed.
Result<PhysicalNeeds> parse_physical_needs(std::string_view text);
std::string to_string(const PhysicalNeeds& needs);

struct FirewallPlan {
  std::vector<InterfaceName> virtual_interfaces{};  ///< all others but loopback are physical
  std::vector<net::Ipv4Prefix> virtual_networks{};  ///< of the groups
  std::vector<std::uint16_t> overlay_ports{};       ///< UDP, of this machine's nodes
  PoolRole role = PoolRole::none;
  std::optional<std::uint16_t> ssh_port{22};  ///< reached on the virtual network; none: nowhere
  std::vector<Service> allow{};               ///< further services for members
  std::vector<Service> allow_physical{};      ///< services for everybody on the physical network
  std::vector<Service> reach{};               ///< what this machine may reach on the physical network
  PhysicalNeeds needs{};
  std::vector<UidRange> job_uids{};  ///< users who reach the virtual network only
};

/// The table as `nft list table` shows it. Equal plans give equal texts, whatever the order of their lists.
std::string to_nftables(const FirewallPlan& plan);
/// What puts `table` (of to_nftables) in the place of the present one: a single transaction, for `nft -f`.
std::string replacing_transaction(std::string_view table);
/// What takes the table away; it need not be there.
std::string removing_transaction();

/// Whether a TCP connection that somebody has with the server at `local` of this machine would be cut.
bool cuts_connection(const FirewallPlan& plan, const net::Endpoint& local);

}  // namespace ipop::firewall
