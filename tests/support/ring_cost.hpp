#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.hpp"
#include "support/sim_network.hpp"
#include "support/traffic_kinds.hpp"

namespace ipop::test_support {

/// How a ring is made whose costs are counted.
struct RingCostTrial {
  std::uint64_t seed = 7;
  std::size_t members = 128;
  Duration settle = std::chrono::minutes(25);  ///< what was given up for ten minutes has come around twice
  Duration idle = std::chrono::minutes(10);    ///< counted
  std::size_t joins = 20;                      ///< counted, ten seconds apart
  std::size_t leaves = 20;                     ///< the same, of those that joined; not more than these
  std::size_t sleeps = 0;                      ///< counted: one member sleeps five minutes of every ten
  bool looks_at_hosts = true;                  ///< SimNetwork::Config
};

/// Datagrams of each kind.
using PerKind = std::array<double, traffic_kinds>;

/// What the members of a ring send, all of them together, by kind of message.
struct RingCost {
  PerKind join{};   ///< that one more member causes in 30 s, less the idle rate
  PerKind leave{};  ///< that a member which stops causes, counted likewise
  PerKind idle{};   ///< a second and member
  double join_octets = 0;
  double leave_octets = 0;
  double idle_octets = 0;  ///< a second and member
  std::size_t joined = 0;  ///< of the new ones: in the ring and with an address
  bool is_right = false;   ///< near links in the end, for which the ring has 150 s more
  std::size_t double_addresses = 0;
  double links = 0;  ///< of a member, in the mean
  /// That a member causes in the minute after it fell asleep and 30 s after it woke, less the idle rate.
  PerKind sleep{};
  std::size_t woken = 0;  ///< times that it was in the ring again and had its address of before, within 30 s
};

double total(const PerKind& datagrams);

/// A site of one of four kinds in turn: port-restricted, full cone, symmetric, public.
SiteId add_site(SimNetwork& network, std::size_t number);

/// Four public bootstrap nodes and members at sites of four kinds in turn (public, full cone, port-restricted,
/// symmetric), 50 ms from site to site; they start 20 ms apart. A seed gives the same figures everywhere.
RingCost measure_ring_cost(const RingCostTrial& trial);

}  // namespace ipop::test_support
