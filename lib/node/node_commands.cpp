// What clients of the control socket ask of a node.

#include <algorithm>
#include <set>

#include "node/node_state.hpp"

namespace ipop::node {
namespace {

constexpr std::size_t max_walks = 8;
constexpr std::size_t max_look_ups = 1024;

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

void Node::State::answer(CommandId id, Answer value) {
  outputs.push(CommandAnswer{id, Result<Answer>(std::move(value))});
}

void Node::State::refuse(CommandId id, Error error) {
  outputs.push(CommandAnswer{id, Result<Answer>(std::move(error))});
}

void Node::State::refuse_open_questions() {
  std::set<CommandId> open;
  for (const auto& [operation, waiting] : waiting_) {
    std::visit(Overloaded{
                   [](const RouterWaits&) {},
                   [](const ArchiveWaits&) {},
                   [](const CourierWaits&) {},
                   [&](const auto& client) { open.insert(client.id); },
               },
               waiting);
  }
  for (const auto& [walk, walking] : walking_)
    open.insert(walking.id);
  for (const auto& [tag, id] : resolving_)
    open.insert(id);
  waiting_.clear();
  walking_.clear();
  walks.clear();
  resolving_.clear();
  for (const CommandId id : open)
    refuse(id, {make_error_code(Errc::conflict), "the node left its ring before it had an answer: ask again"});
}

void Node::State::handle_command(TimePoint now, CommandId id, const Command& command) {
  std::visit(Overloaded{
                 [&](const StatusCommand&) { answer(id, status(now)); },
                 [&](const PeersCommand&) { answer(id, peers(now)); },
                 [&](const MembersCommand& members) {
                   if (walks.size() >= max_walks)
                     return refuse(id, {make_error_code(Errc::exhausted), "too many walks at once"});
                   const std::uint64_t walk = rng.next();
                   walking_.emplace(walk, Walking{id, members.all});
                   walks.emplace_back(walk, own_row(), members.limit).start(now, known_nodes());
                 },
                 [&](const WhyCommand& why) { begin_why(now, id, why.target); },
                 [&](const DhtGetCommand& get) { begin_get(now, id, get); },
                 [&](const DhtPutCommand& put) { begin_put(now, id, put); },
                 [&](const DhtWatchCommand& watch) {
                   auto good = table.watch(now, dht::RecordKind::value, to_bytes(as_bytes(watch.key)));
                   if (!good) return refuse(id, std::move(good).error());
                   answer(id, DoneAnswer{});
                 },
                 [&](const DnsCommand& dns) {
                   if (!router)
                     return refuse(id, {make_error_code(Errc::unsupported), "this node has no virtual network"});
                   if (resolving_.size() >= max_look_ups)
                     return refuse(id, {make_error_code(Errc::exhausted), "too many look-ups at once"});
                   const std::uint64_t tag = next_tag_++;
                   resolving_.emplace(tag, id);
                   router->handle_dns_query(now, tag, dns.query);
                 },
                 [&](const EndpointsCommand&) { answer(id, endpoints()); },
                 [&](const RevokeCommand& revoke) {
                   if (trust->kind() == crypto::GroupKind::open)
                     return refuse(
                         id, {make_error_code(Errc::unsupported), "an open group has no authority that could revoke"});
                   auto adopted = adopt_list(now, revoke.list, true);
                   if (!adopted) return refuse(id, std::move(adopted).error());
                   answer(id, DoneAnswer{});
                 },
                 [&](const ReloadCommand&) {
                   refuse(id, {make_error_code(Errc::unsupported), "this node has no files to read again"});
                 },
                 [&](const StopCommand&) {
                   answer(id, DoneAnswer{});
                   outputs.push(Stop{});
                 },
             },
             command);
}

StatusAnswer Node::State::status(TimePoint now) const {
  StatusAnswer out;
  out.id = self;
  out.name_space = config.name_space;
  out.version = config.version;
  out.joined = ring.is_joined();
  out.ring_size_estimate = ring.size_estimate();
  const auto links = ring.connections();
  out.links = links.size();
  out.direct_links = static_cast<std::size_t>(
      std::ranges::count_if(links, [](const overlay::Connection& link) { return link.is_direct(); }));
  out.nat = ring.nat_class();
  out.local_endpoints = local_endpoints_;
  out.observed_endpoints = ring.observed_endpoints();
  out.prefix = config.prefix;
  out.domain = config.domain;
  if (router) {
    if (const auto lease = router->lease()) {
      out.address = lease->address;
      out.lease_expires = lease->expires;
      out.names.push_back(router::c_name(lease->address));
    }
    if (const auto name = router->held_name()) out.names.push_back(*name);
  }
  out.interface = config.interface;
  out.cipher = std::string(aeads.name());
  out.suite = aeads.offers().front();
  out.library = std::string(aeads.library_of(out.suite));
  out.uptime = rounded<std::chrono::milliseconds>(now - started_);
  out.dht_records = table.stored_records();
  out.closed = trust->kind() == crypto::GroupKind::closed;
  out.revocation_number = trust->revocation_number();
  if (config.certificate) out.certificate_expires = config.certificate->not_after();
  if (is_revoked()) out.revoked = trust->revocations()->issued();
  out.notices = notices();
  const Counters all = counters();
  out.counters.insert(all.all().begin(), all.all().end());
  return out;
}

PeersAnswer Node::State::peers(TimePoint now) const {
  PeersAnswer out;
  for (const overlay::Connection& link : ring.connections()) {
    PeerRow row;
    row.id = link.peer;
    row.address = address_of(link.peer);
    row.direct = link.is_direct();
    if (link.is_direct()) {
      row.endpoint = link.endpoint;
    } else {
      row.relay = link.relay;
      row.reason = why_reason(ring.report(now, link.peer));
    }
    for (std::uint8_t role = 0; role < static_cast<std::uint8_t>(overlay::Role::count_); ++role) {
      if (link.roles.test(role)) row.roles.emplace_back(to_string(static_cast<overlay::Role>(role)));
    }
    row.round_trip = rounded<std::chrono::microseconds>(link.round_trip);
    row.age = rounded<std::chrono::seconds>(now - link.since);
    if (const auto statistics = ring.link_statistics(link.peer)) {
      row.idle = rounded<std::chrono::milliseconds>(now - statistics->last_received);
      row.octets_sent = statistics->octets_sent;
      row.octets_received = statistics->octets_received;
    }
    out.peers.push_back(std::move(row));
  }
  return out;
}

std::optional<net::Ipv4Address> Node::State::address_of(const NodeId& id) const {
  if (!router) return std::nullopt;
  if (id == self) {
    const auto lease = router->lease();
    return lease ? std::optional(lease->address) : std::nullopt;
  }
  for (const router::Mapping& mapping : router->mappings()) {
    if (mapping.node == id) return mapping.address;
  }
  return std::nullopt;
}

QueryAnswer Node::State::describe(std::uint64_t query) const {
  QueryAnswer out;
  out.id = query;
  const auto lease = router ? router->lease() : std::nullopt;
  if (lease) {
    out.address = lease->address;
    out.name = router->held_name().value_or(router::c_name(lease->address));
  }
  out.nat = ring.nat_class();
  out.links = static_cast<std::uint16_t>(std::min<std::size_t>(ring.connections().size(), UINT16_MAX));
  out.address_after = rounded<std::chrono::milliseconds>(address_after_);
  out.version = config.version;
  out.known = known_nodes();
  return out;
}

MemberRow Node::State::own_row() const {
  const QueryAnswer own = describe(0);
  MemberRow row;
  row.id = self;
  if (!own.address.is_unspecified()) row.address = own.address;
  row.name = own.name;
  row.nat = own.nat;
  row.links = own.links;
  row.version = own.version;
  row.address_after = own.address_after;
  return row;
}

std::vector<NodeId> Node::State::known_nodes() const {
  std::vector<NodeId> known = ring.neighbours();
  for (const overlay::Connection& link : ring.connections()) {
    if (known.size() >= QueryAnswer::max_known) break;
    if (std::ranges::find(known, link.peer) == known.end()) known.push_back(link.peer);
  }
  return known;
}

EndpointsAnswer Node::State::endpoints() const {
  EndpointsAnswer out;
  out.id = self;
  out.endpoints = ring.observed_endpoints();
  for (const net::Endpoint& local : local_endpoints_) {
    if (std::ranges::find(out.endpoints, local) == out.endpoints.end()) out.endpoints.push_back(local);
  }
  out.reachable_from_outside = ring.is_reached_from_outside();
  return out;
}

void Node::State::begin_why(TimePoint now, CommandId id, const std::string& target) {
  if (target.size() == to_string(self).size()) {
    if (const auto full = parse_node_id(target)) return answer_why(now, id, *full, address_of(*full));
  }
  std::string label = target;
  if (const std::string suffix = "." + config.domain; label.size() > suffix.size() && label.ends_with(suffix)) {
    label.resize(label.size() - suffix.size());
  } else if (target.size() >= 4) {
    std::vector<NodeId> matches;
    auto known = known_nodes();
    known.push_back(self);
    if (router) {
      for (const router::Mapping& mapping : router->mappings()) {
        if (mapping.node) known.push_back(*mapping.node);
      }
    }
    std::ranges::sort(known);
    known.erase(std::unique(known.begin(), known.end()), known.end());
    std::ranges::copy_if(known, std::back_inserter(matches),
                         [&](const NodeId& node) { return to_string(node).starts_with(target); });
    if (matches.size() == 1) return answer_why(now, id, matches.front(), address_of(matches.front()));
    if (matches.size() > 1) {
      return refuse(id,
                    {make_error_code(Errc::conflict),
                     target + " is the beginning of " + std::to_string(matches.size()) + " node ids: give more of it"});
    }
  }
  if (!router)
    return refuse(id, {make_error_code(Errc::not_found), "no node " + target + " among the links of this node"});

  auto address = net::parse_ipv4_address(target);
  if (!address) address = router::parse_c_name(label, *config.prefix);
  if (address) {
    for (const router::Mapping& mapping : router->mappings()) {
      if (mapping.address == *address && mapping.node) return answer_why(now, id, *mapping.node, address);
    }
    Bytes name;
    ByteWriter(name).write(address->value());
    waiting_.emplace(table.get(now, dht::RecordKind::lease, std::move(name)), ClientAsksWhy{id, address});
    return;
  }
  waiting_.emplace(table.get(now, dht::RecordKind::name, to_bytes(as_bytes(label))), ClientAsksWhy{id, std::nullopt});
}

void Node::State::answer_why(TimePoint now, CommandId id, const NodeId& target,
                             std::optional<net::Ipv4Address> address) {
  WhyAnswer out;
  out.id = target;
  out.address = address;
  out.notices = notices();
  if (target == self) {
    out.state = "self";
    out.reason = "this node";
    return answer(id, std::move(out));
  }
  out.report = ring.report(now, target);
  if (out.report.connection) {
    out.state = out.report.connection->is_direct() ? "direct" : "relayed";
  } else {
    out.state = sessions.has_session(target) || out.report.next_hop ? "routed" : "unknown";
  }
  out.reason = why_reason(out.report);
  if (out.report.connection) out.library = std::string(aeads.library_of(out.report.connection->suite));
  // A member that came back without a link to this node may be heard by way of others.
  if (!out.report.connection && !sessions.hears(now, target)) out.gone = history_.find_gone(wall_at(now), target);
  if (out.gone) out.reason = why_gone(out.gone->why) + out.reason;
  if (const auto& link = out.report.connection; link && link->is_failing) {
    out.notices.push_back(
        "nothing of the size of data passes at present, neither packets of " + std::to_string(link->carries) +
        " octets nor the smallest that are tried: every interface on the way has to take 1280 octets");
  } else if (link && link->carries < config.mtu) {
    out.notices.push_back("the path carries packets of " + std::to_string(link->carries) + " octets, not " +
                          std::to_string(config.mtu) + ": larger ones are refused or cut");
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
  answer(id, std::move(out));
}

Counters Node::State::counters() const {
  Counters all = counters_;
  all.merge(ring.counters());
  all.merge(table.counters());
  if (router) all.merge(router->counters());
  all.merge(sessions.counters());
  all.merge(twin.counters());
  return all;
}

}  // namespace ipop::node
