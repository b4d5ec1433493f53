#include "router/mac_table.hpp"

namespace ipop::router {
namespace {

// Our choice, as long as bridges commonly keep an entry (IEEE 802.1D: 5 min) and then some: a
// client that only receives is seen at its DHCP renewals at the latest.
constexpr Duration forget_after = std::chrono::hours(24);
// A MAC that never said which address it uses goes first: false sources do not push out the client.
constexpr Duration forget_nameless_after = std::chrono::minutes(10);
// The data path learns from every frame; the table is written at most this often for one MAC.
constexpr Duration refresh_pause = 1s;

}  // namespace

MacTable::MacTable() : machines_(most) {}

void MacTable::learn(TimePoint now, const net::MacAddress& mac) {
  if (mac.is_group() || mac == server_mac) return;
  net::Ipv4Address address;
  if (const Machine* machine = machines_.find(mac, now)) {
    if (machine->seen + refresh_pause > now) return;
    address = machine->address;
  }
  machines_.put(now, mac, Machine{address, now},
                now + (address.is_unspecified() ? forget_nameless_after : forget_after));
}

void MacTable::learn(TimePoint now, const net::MacAddress& mac, net::Ipv4Address address) {
  if (mac.is_group() || mac == server_mac || address.is_unspecified()) return;
  const Machine* machine = machines_.find(mac, now);
  if (machine != nullptr && machine->address == address && machine->seen + refresh_pause > now) return;
  machines_.put(now, mac, Machine{address, now}, now + forget_after);
}

std::optional<net::MacAddress> MacTable::find(net::Ipv4Address address) const {
  std::optional<net::MacAddress> best;
  std::optional<net::MacAddress> any;
  TimePoint seen{};
  machines_.for_each([&](const net::MacAddress& mac, const Machine& machine) {
    any = mac;
    if (machine.address != address || (best && machine.seen <= seen)) return;
    best = mac;
    seen = machine.seen;
  });
  if (best) return best;
  return machines_.size() == 1 ? any : std::nullopt;
}

bool MacTable::knows(TimePoint now, const net::MacAddress& mac) const {
  return machines_.find(mac, now) != nullptr;
}

}  // namespace ipop::router
