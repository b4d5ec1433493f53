#include "node/self_report.hpp"

#include <algorithm>
#include <utility>

#include "node/node.hpp"

namespace ipop::node {
namespace {

template <class To>
To rounded(Duration time) {
  return std::chrono::duration_cast<To>(time);
}

std::string why_gone(Absence why) {
  return why == Absence::revoked ? "the authority revoked this member; " : "this member left; ";
}

std::string why_reason(const overlay::PairReport& report) {
  if (!report.connection) {
    return report.next_hop ? "no link: packets are routed by members, next " + to_short_string(*report.next_hop)
                           : "no link and no way there";
  }
  if (report.connection->is_direct()) return "direct link to " + net::to_string(report.connection->endpoint);
  std::string reason = "relayed by " + to_short_string(report.connection->relay);
  if (report.own_nat == overlay::NatClass::address_dependent &&
      report.peer_nat == overlay::NatClass::address_dependent) {
    return reason + ": both NATs give each destination another mapping, so no hole can be punched";
  }
  if (report.punch_attempts == 0) return reason + ": a direct link was not tried yet";
  return reason + ": no answer to " + std::to_string(report.punch_attempts) +
         (report.punch_attempts == 1 ? " attempt" : " attempts") + " at a direct link";
}

}  // namespace

void SelfReport::handle_lease(TimePoint now) {
  // At least what the table of members can show: 0 stands for no address.
  if (address_after_ == Duration{}) address_after_ = std::max<Duration>(now - started_, std::chrono::milliseconds(1));
}

StatusAnswer SelfReport::status(TimePoint now) const {
  StatusAnswer out;
  out.id = of_.self;
  out.name_space = of_.config.name_space;
  out.version = of_.config.version;
  out.joined = of_.ring.is_joined();
  out.ring_size_estimate = of_.ring.size_estimate();
  const auto links = of_.ring.connections();
  out.links = links.size();
  out.direct_links = static_cast<std::size_t>(
      std::ranges::count_if(links, [](const overlay::Connection& link) { return link.is_direct(); }));
  out.nat = of_.ring.nat_class();
  out.local_endpoints = of_.arrival.local_endpoints();
  out.observed_endpoints = of_.ring.observed_endpoints();
  out.prefix = of_.config.prefix;
  out.domain = of_.config.domain;
  if (of_.router) {
    if (const auto lease = of_.router->lease()) {
      out.address = lease->address;
      out.lease_expires = lease->expires;
      out.names.push_back(router::c_name(lease->address));
    }
    if (const auto name = of_.router->held_name()) out.names.push_back(*name);
  }
  out.interface = of_.config.interface;
  out.cipher = std::string(of_.aeads.name());
  out.suite = of_.aeads.offers().front();
  out.library = std::string(of_.aeads.library_of(out.suite));
  out.uptime = rounded<std::chrono::milliseconds>(now - started_);
  out.dht_records = of_.table.stored_records();
  out.closed = of_.basis.trust()->kind() == crypto::GroupKind::closed;
  out.revocation_number = of_.basis.trust()->revocation_number();
  if (of_.config.certificate) out.certificate_expires = of_.config.certificate->not_after();
  if (of_.certificate) out.revoked = of_.certificate->revoked();
  out.notices = notices();
  const Counters all = counters();
  out.counters.insert(all.all().begin(), all.all().end());
  return out;
}

PeersAnswer SelfReport::peers(TimePoint now) const {
  PeersAnswer out;
  for (const overlay::Connection& link : of_.ring.connections()) {
    PeerRow row;
    row.id = link.peer;
    row.address = address_of(link.peer);
    row.direct = link.is_direct();
    if (link.is_direct()) {
      row.endpoint = link.endpoint;
    } else {
      row.relay = link.relay;
      row.reason = why_reason(of_.ring.report(now, link.peer));
    }
    for (std::uint8_t role = 0; role < static_cast<std::uint8_t>(overlay::Role::count_); ++role) {
      if (link.roles.test(role)) row.roles.emplace_back(to_string(static_cast<overlay::Role>(role)));
    }
    row.round_trip = rounded<std::chrono::microseconds>(link.round_trip);
    row.age = rounded<std::chrono::seconds>(now - link.since);
    if (const auto statistics = of_.ring.link_statistics(link.peer)) {
      row.idle = rounded<std::chrono::milliseconds>(now - statistics->last_received);
      row.octets_sent = statistics->octets_sent;
      row.octets_received = statistics->octets_received;
    }
    out.peers.push_back(std::move(row));
  }
  return out;
}

EndpointsAnswer SelfReport::endpoints() const {
  EndpointsAnswer out;
  out.id = of_.self;
  out.endpoints = of_.ring.observed_endpoints();
  for (const net::Endpoint& local : of_.arrival.local_endpoints()) {
    if (std::ranges::find(out.endpoints, local) == out.endpoints.end()) out.endpoints.push_back(local);
  }
  out.reachable_from_outside = of_.ring.is_reached_from_outside();
  return out;
}

MemberRow SelfReport::own_row() const {
  const QueryAnswer own = describe(0);
  MemberRow row;
  row.id = of_.self;
  if (!own.address.is_unspecified()) row.address = own.address;
  row.name = own.name;
  row.nat = own.nat;
  row.links = own.links;
  row.version = own.version;
  row.address_after = own.address_after;
  return row;
}

QueryAnswer SelfReport::describe(std::uint64_t query) const {
  QueryAnswer out;
  out.id = query;
  const auto lease = of_.router ? of_.router->lease() : std::nullopt;
  if (lease) {
    out.address = lease->address;
    out.name = of_.router->held_name().value_or(router::c_name(lease->address));
  }
  out.nat = of_.ring.nat_class();
  out.links = static_cast<std::uint16_t>(std::min<std::size_t>(of_.ring.connections().size(), UINT16_MAX));
  out.address_after = rounded<std::chrono::milliseconds>(address_after_);
  out.version = of_.config.version;
  out.known = known_nodes();
  return out;
}

std::vector<NodeId> SelfReport::known_nodes() const {
  std::vector<NodeId> known = of_.ring.neighbours();
  for (const overlay::Connection& link : of_.ring.connections()) {
    if (known.size() >= QueryAnswer::max_known) break;
    if (std::ranges::find(known, link.peer) == known.end()) known.push_back(link.peer);
  }
  return known;
}

std::optional<net::Ipv4Address> SelfReport::address_of(const NodeId& id) const {
  if (!of_.router) return std::nullopt;
  if (id == of_.self) {
    const auto lease = of_.router->lease();
    return lease ? std::optional(lease->address) : std::nullopt;
  }
  for (const router::Mapping& mapping : of_.router->mappings()) {
    if (mapping.node == id) return mapping.address;
  }
  return std::nullopt;
}

std::vector<Keepsakes::Linked> SelfReport::linked() const {
  std::vector<Keepsakes::Linked> out;
  for (const overlay::Connection& link : of_.ring.connections())
    out.push_back({link.peer, address_of(link.peer)});
  return out;
}

std::vector<std::string> SelfReport::notices() const {
  auto out = of_.certificate ? of_.certificate->notices() : std::vector<std::string>();
  const auto add = [&out](std::string_view notice) {
    if (!notice.empty()) out.emplace_back(notice);
  };
  add(of_.arrival.notice());
  if (of_.router) {
    add(of_.router->lease_notice().value_or(""));
    add(of_.router->name_notice().value_or(""));
  }
  add(of_.clock_notice.text());
  add(of_.twin.notice());
  return out;
}

Counters SelfReport::counters() const {
  Counters all = of_.counters;
  all.merge(of_.ring.counters());
  all.merge(of_.table.counters());
  if (of_.router) all.merge(of_.router->counters());
  all.merge(of_.sessions.counters());
  all.merge(of_.leases.counters());
  all.merge(of_.twin.counters());
  return all;
}

Result<SelfReport::Target> SelfReport::find(const std::string& target) const {
  if (target.size() == to_string(of_.self).size()) {
    if (const auto full = parse_node_id(target)) return Target(Known{*full, address_of(*full)});
  }
  std::string label = target;
  if (const std::string suffix = "." + of_.config.domain; label.size() > suffix.size() && label.ends_with(suffix)) {
    label.resize(label.size() - suffix.size());
  } else if (target.size() >= 4) {
    std::vector<NodeId> matches;
    auto known = known_nodes();
    known.push_back(of_.self);
    if (of_.router) {
      for (const router::Mapping& mapping : of_.router->mappings()) {
        if (mapping.node) known.push_back(*mapping.node);
      }
    }
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    std::ranges::copy_if(known, std::back_inserter(matches),
                         [&](const NodeId& node) { return to_string(node).starts_with(target); });
    if (matches.size() == 1) return Target(Known{matches.front(), address_of(matches.front())});
    if (matches.size() > 1) {
      return make_error(
          make_error_code(Errc::conflict),
          target + " is the beginning of " + std::to_string(matches.size()) + " node ids: give more of it");
    }
  }
  if (!of_.router)
    return make_error(make_error_code(Errc::not_found), "no node " + target + " among the links of this node");

  auto address = net::parse_ipv4_address(target);
  if (!address) address = router::parse_c_name(label, *of_.config.prefix);
  if (address) {
    for (const router::Mapping& mapping : of_.router->mappings()) {
      if (mapping.address == *address && mapping.node) return Target(Known{*mapping.node, address});
    }
    Bytes name;
    ByteWriter(name).write(address->value());
    return Target(LookUp{dht::RecordKind::lease, std::move(name), address});
  }
  return Target(LookUp{dht::RecordKind::name, to_bytes(as_bytes(label)), std::nullopt});
}

WhyAnswer SelfReport::why(TimePoint now, const Known& target) const {
  WhyAnswer out;
  out.id = target.node;
  out.address = target.address;
  out.notices = notices();
  if (target.node == of_.self) {
    out.state = "self";
    out.reason = "this node";
    return out;
  }
  out.report = of_.ring.report(now, target.node);
  if (out.report.connection) {
    out.state = out.report.connection->is_direct() ? "direct" : "relayed";
  } else {
    out.state = of_.sessions.has_session(target.node) || out.report.next_hop ? "routed" : "unknown";
  }
  out.reason = why_reason(out.report);
  if (out.report.connection) out.library = std::string(of_.aeads.library_of(out.report.connection->suite));
  // A member that came back without a link to this node may be heard by way of others.
  if (!out.report.connection && !of_.sessions.hears(now, target.node))
    out.gone = of_.keepsakes.find_gone(now, target.node);
  if (out.gone) out.reason = why_gone(out.gone->why) + out.reason;
  if (const auto& link = out.report.connection; link && link->is_failing) {
    out.notices.push_back(
        "nothing of the size of data passes at present, neither packets of " + std::to_string(link->carries) +
        " octets nor the smallest that are tried: every interface on the way has to take 1280 octets");
  } else if (link && link->carries < of_.config.mtu) {
    out.notices.push_back("the path carries packets of " + std::to_string(link->carries) + " octets, not " +
                          std::to_string(of_.config.mtu) + ": larger ones are refused or cut");
  }
  if (const overlay::ShapedByRelay& shaped = out.report.shaped; !shaped.relay.is_zero()) {
    out.notices.push_back("the relay " + to_short_string(shaped.relay) + " let " + std::to_string(shaped.delayed) +
                          " packets of this pair wait and dropped " + std::to_string(shaped.dropped) + ", the last " +
                          std::to_string(rounded<std::chrono::seconds>(now - shaped.told).count()) +
                          " s ago: it passes on " + std::to_string(shaped.kib_a_second) +
                          " KiB/s, shared by all pairs that go through it");
  }
  for (const overlay::JournalEntry& entry : out.report.journal) {
    out.journal.emplace_back(rounded<std::chrono::milliseconds>(now - entry.when), entry.text);
  }
  return out;
}

}  // namespace ipop::node
