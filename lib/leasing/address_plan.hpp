#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::leasing {

/// Addresses from `first` to `last`, both included.
struct AddressRange {
  net::Ipv4Address first{};
  net::Ipv4Address last{};
  [[nodiscard]] bool contains(net::Ipv4Address address) const { return first <= address && address <= last; }
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

/// `10.128.0.10-10.128.0.99`, or one address. Errors: malformed, with what would be right.
Result<AddressRange> parse_address_range(std::string_view text);
std::string to_string(const AddressRange& range);
/// Ranges between commas; an empty text is none.
Result<std::vector<AddressRange>> parse_address_ranges(std::string_view text);
std::string to_string(const std::vector<AddressRange>& ranges);

/// What a lease server gives out in one group, and how.
struct AddressPlan {
  static constexpr std::chrono::seconds shortest_lease{60};
  static constexpr std::chrono::seconds longest_lease = std::chrono::hours(24);  ///< a DHT record lives no longer

  net::Ipv4Prefix prefix{net::Ipv4Address(10, 128, 0, 0), 9};
  std::vector<AddressRange> ranges{};    ///< empty: the whole prefix
  std::vector<AddressRange> excluded{};  ///< never given out but by reservation
  std::chrono::seconds lease_time = longest_lease;
  std::string domain = "ipop";
  std::uint16_t mtu = 1400;
  std::uint32_t quota = 16;  ///< live leases of a user; in an open group of one source address
  bool takes_unsigned = false;
  friend bool operator==(const AddressPlan&, const AddressPlan&) = default;
};

/// Errors (malformed): a range that is backwards or outside of the prefix, a lease time, MTU (576 to 9000) or quota
/// (1 to 1,000,000) that is none, no address left.
Result<void> check(const AddressPlan& plan);
/// True where a host may have the address at all: inside, and neither network, broadcast nor server address, nor
/// ending in .0 or .255.
bool is_host_address(const AddressPlan& plan, net::Ipv4Address address);
/// True for an address that is given out without a reservation.
bool is_offered(const AddressPlan& plan, net::Ipv4Address address);

/// Which addresses of a prefix are taken: a bit each, so that a million leases are found in an eighth of a megabyte.
class AddressMap {
 public:
  explicit AddressMap(const net::Ipv4Prefix& prefix);
  void add(net::Ipv4Address address) { set(address, true); }
  void remove(net::Ipv4Address address) { set(address, false); }
  [[nodiscard]] bool has(net::Ipv4Address address) const;
  /// The first address at or after `start`, around the end of the prefix, that the plan offers and that is not in
  /// here; none: all are taken. The plan is of the same prefix.
  [[nodiscard]] std::optional<net::Ipv4Address> first_free(const AddressPlan& plan, net::Ipv4Address start) const;

 private:
  static constexpr std::size_t word_bits = 64;

  void set(net::Ipv4Address address, bool taken);
  [[nodiscard]] std::optional<net::Ipv4Address> next_free(net::Ipv4Address first, net::Ipv4Address last) const;

  net::Ipv4Prefix prefix_;
  std::vector<std::uint64_t> words_;
};

}  // namespace ipop::leasing
