#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "net/endpoint.hpp"

namespace ipop::overlay {

/// Why a link exists; one link may have several reasons and lives as long as it has one.
enum class Role : std::uint8_t { near, shortcut, leaf, on_demand, count_ };
std::string_view to_string(Role role);

using Roles = std::bitset<static_cast<std::size_t>(Role::count_)>;

constexpr std::size_t index_of(Role role) {
  return static_cast<std::size_t>(role);
}
inline Roles only(Role role) {
  return Roles{}.set(index_of(role));
}
/// `near,leaf`, or `-`.
std::string to_string(const Roles& roles);

/// One secured link to another node, direct or through a member.
struct Connection {
  NodeId peer{};
  crypto::ChannelId channel{};
  net::Endpoint endpoint{};  ///< of the peer; only when direct
  NodeId relay{};            ///< the member that forwards; zero when direct
  Roles roles{};             ///< of both ends: a link that one end needs stays
  bool initiated_here = false;
  TimePoint since{};
  TimePoint last_traffic{};   ///< of IP packets, for on-demand links
  TimePoint proven_at{};      ///< when data-sized pings last came back over it
  std::uint16_t carries = 0;  ///< octets of the largest IP packet that is known to pass; never 0
  bool is_failing = false;    ///< three data-sized pings in a row were lost: nothing of that size passes at present
  Duration round_trip{};      ///< smoothed; zero until measured
  crypto::AeadSuite suite = crypto::AeadSuite::aes_128_gcm;

  [[nodiscard]] bool is_direct() const { return relay.is_zero(); }
  [[nodiscard]] bool has(Role role) const { return roles.test(index_of(role)); }
};

/// What relays said of the packets of one pair, both directions together. It is their word.
struct ShapedByRelay {
  NodeId relay{};  ///< that spoke last; zero: none did
  std::uint64_t delayed = 0;
  std::uint64_t dropped = 0;
  std::uint32_t kib_a_second = 0;  ///< that it passes on for all pairs together
  TimePoint told{};
  TimePoint journal_at{};  ///< when the next line about it may stand in the journal
};

}  // namespace ipop::overlay
