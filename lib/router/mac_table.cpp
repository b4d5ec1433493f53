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

MacTable::MacTable() : hosts_(most) {}

void MacTable::learn(TimePoint now, const net::MacAddress& mac) {
  if (mac.is_group() || mac == server_mac) return;
  net::Ipv4Address address;
  if (const Host* host = hosts_.find(mac, now)) {
    if (host->seen + refresh_pause > now) return;
    address = host->address;
  }
  hosts_.put(now, mac, Host{address, now}, now + (address.is_unspecified() ? forget_nameless_after : forget_after));
}

void MacTable::learn(TimePoint now, const net::MacAddress& mac, net::Ipv4Address address) {
  if (mac.is_group() || mac == server_mac || address.is_unspecified()) return;
  const Host* host = hosts_.find(mac, now);
  if (host != nullptr && host->address == address && host->seen + refresh_pause > now) return;
  hosts_.put(now, mac, Host{address, now}, now + forget_after);
}

std::optional<net::MacAddress> MacTable::find(net::Ipv4Address address) const {
  std::optional<net::MacAddress> best;
  std::optional<net::MacAddress> any;
  TimePoint seen{};
  hosts_.for_each([&](const net::MacAddress& mac, const Host& host) {
    any = mac;
    if (host.address != address || (best && host.seen <= seen)) return;
    best = mac;
    seen = host.seen;
  });
  if (best) return best;
  return hosts_.size() == 1 ? any : std::nullopt;
}

bool MacTable::knows(TimePoint now, const net::MacAddress& mac) const {
  return hosts_.find(mac, now) != nullptr;
}

}  // namespace ipop::router
