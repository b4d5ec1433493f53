#include "leasebook/lease_book_state.hpp"

namespace ipop::leasebook {
namespace {

bool is_for(const Reservation& reservation, const Ask& ask) {
  switch (reservation.kind) {
    case Reservation::Kind::node: return reservation.whom == to_string(ask.who.node);
    case Reservation::Kind::user: return !ask.who.user.empty() && reservation.whom == ask.who.user;
    case Reservation::Kind::name: return !ask.host_name.empty() && reservation.whom == ask.host_name;
  }
  return false;
}

/// Where the search for a free address begins: the same for a node every time, another one for each.
net::Ipv4Address first_try(const net::Ipv4Prefix& prefix, const NodeId& node) {
  const std::uint32_t size = prefix.broadcast().value() - prefix.address().value();
  ByteReader reader(node.octets());
  return net::Ipv4Address(prefix.address().value() + (reader.read<std::uint32_t>() & size));
}

}  // namespace

Result<LeaseBook::State::View*> LeaseBook::State::view_of(const LeaseGroup& group) {
  const auto found = views.find(group.id);
  if (found != views.end()) return &found->second;
  View view{leasing::AddressMap(group.plan.prefix), {}, false};
  auto reserved = reservations(group.id);
  if (!reserved) return std::move(reserved).error();
  for (const Reservation& reservation : *reserved)
    view.taken.add(reservation.address);
  view.reservations = *std::move(reserved);
  auto statement = database.prepare("SELECT address FROM leases WHERE group_id = ?");
  if (!statement) return std::move(statement).error();
  statement->bind(group.id);
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) break;
    view.taken.add(net::Ipv4Address(static_cast<std::uint32_t>(statement->integer(0))));
  }
  return &views.emplace(group.id, std::move(view)).first->second;
}

Result<Lease> LeaseBook::take(const LeaseGroup& group, WallTime now, const Ask& ask) {
  auto own = lease_of(group.id, ask.who.node);
  if (!own) return std::move(own).error();
  // Kept, it would shut the node out until the server's clock is there.
  if (ask.sequence && *ask.sequence > leasing::sequence_at(now + leasing::clock_tolerance))
    return {Errc::expired, "the node's clock is ahead of the server's by more than ten minutes"};
  if (*own && ask.sequence && *ask.sequence <= (*own)->sequence)
    return {Errc::expired, "a newer request of this node came before"};
  if (ask.action == leasing::LeaseAction::obtain) return state_->obtain(group, now, ask, *std::move(own));
  if (!*own) return {Errc::not_found, "this node has no lease; ask for an address"};
  Lease lease = **std::move(own);
  if (ask.action == leasing::LeaseAction::renew) {
    const auto view = state_->view_of(group);
    if (!view) return view.error();
    const auto allowed = state_->may_have(group, **view, lease.address, ask, now, lease);
    if (!allowed) return allowed.error();
    if (!*allowed || lease.released)
      return {Errc::not_found, to_string(lease.address) + " is not this node's any more; ask for an address"};
    return state_->obtain(
        group, now, {leasing::LeaseAction::renew, ask.who, ask.sequence, lease.address, ask.host_name, ask.source},
        std::move(lease));
  }
  lease.released = true;
  lease.expires = std::min(now, lease.expires);
  lease.sequence = ask.sequence.value_or(lease.sequence);
  if (auto written = state_->write_lease(group.id, lease, now); !written) return std::move(written).error();
  return lease;
}

Result<Lease> LeaseBook::State::obtain(const LeaseGroup& group, WallTime now, const Ask& ask,
                                       std::optional<Lease> own) {
  if (!own || !own->is_live(now)) {
    const auto over = is_over_quota(group, now, ask);
    if (!over) return over.error();
    if (*over) return {Errc::exhausted, "the quota of " + std::to_string(group.plan.quota) + " leases is used up"};
  }
  const auto address = choose(group, now, ask, own);
  if (!address) return address.error();
  if (!*address) return {Errc::exhausted, "no address is free in " + to_string(group.plan.prefix)};
  Lease lease;
  const bool goes_on = own && own->address == **address && own->is_live(now);
  lease.address = **address;
  lease.node = ask.who.node;
  lease.user = ask.who.user;
  lease.host_name = ask.host_name;
  lease.source = ask.source;
  lease.granted = goes_on ? own->granted : now;
  // A clock that was set back takes nothing away from who has it already.
  lease.expires = goes_on ? std::max(own->expires, now + group.plan.lease_time) : now + group.plan.lease_time;
  lease.sequence = ask.sequence.value_or(own ? own->sequence : 0);
  lease.key = ask.who.key;
  const auto written = goes_on ? write_renewal(group.id, *own, lease, now) : write_lease(group.id, lease, now);
  if (!written) return written.error();
  return lease;
}

Result<std::optional<net::Ipv4Address>> LeaseBook::State::choose(const LeaseGroup& group, WallTime now, const Ask& ask,
                                                                 const std::optional<Lease>& own) {
  using Choice = std::optional<net::Ipv4Address>;
  auto found = view_of(group);
  if (!found) return std::move(found).error();
  View& view = **found;
  // In this order: reserved for it, wished for, had before, free, ended for longest.
  const auto reserved = [&](Reservation::Kind kind) {
    return std::ranges::find_if(view.reservations,
                                [&](const Reservation& it) { return it.kind == kind && is_for(it, ask); });
  };
  for (const auto kind : {Reservation::Kind::node, Reservation::Kind::name, Reservation::Kind::user}) {
    const auto it = reserved(kind);
    if (it == view.reservations.end()) continue;
    const auto free = may_have(group, view, it->address, ask, now, own);
    if (!free) return free.error();
    if (*free) return Choice(it->address);
  }
  for (const Choice& wish : {ask.address, own ? Choice(own->address) : std::nullopt}) {
    if (!wish) continue;
    const auto free = may_have(group, view, *wish, ask, now, own);
    if (!free) return free.error();
    if (*free) return wish;
  }
  if (!view.is_full) {
    if (const auto free = view.taken.first_free(group.plan, first_try(group.plan.prefix, ask.who.node))) return free;
    view.is_full = true;
  }
  auto ended = leases_where("group_id = ? AND expires < ? ORDER BY expires LIMIT 64",
                            [&](Statement& statement) { statement.bind(group.id).bind((now - grace).seconds); });
  if (!ended) return std::move(ended).error();
  for (const Lease& lease : *ended) {
    const bool reserved_for_other = std::ranges::any_of(
        view.reservations, [&](const Reservation& it) { return it.address == lease.address && !is_for(it, ask); });
    if (is_offered(group.plan, lease.address) && !reserved_for_other) return Choice(lease.address);
  }
  return Choice();
}

/// Offered or reserved for it, and nobody else's: neither by reservation nor by a lease that lives, or of which
/// somebody could still think that it does.
Result<bool> LeaseBook::State::may_have(const LeaseGroup& group, const View& view, net::Ipv4Address address,
                                        const Ask& ask, WallTime now, const std::optional<Lease>& own) {
  const auto reservation = std::ranges::find(view.reservations, address, &Reservation::address);
  if (reservation != view.reservations.end()) {
    if (!is_for(*reservation, ask)) return false;
  } else if (!is_offered(group.plan, address)) {
    return false;
  }
  if (own && own->address == address) return true;
  auto there = lease_where("group_id = ? AND address = ?",
                           [&](Statement& statement) { statement.bind(group.id).bind(std::int64_t{address.value()}); });
  if (!there) return std::move(there).error();
  return !*there || (*there)->released || (*there)->expires + grace < now;
}

Result<bool> LeaseBook::State::is_over_quota(const LeaseGroup& group, WallTime now, const Ask& ask) {
  const bool by_user = !ask.who.user.empty();
  // What this machine's node brings from members has no other source.
  if (!by_user && (ask.source == "127.0.0.1" || ask.source == "[::1]")) return false;
  // Left to itself, SQLite goes by the ends and reads every live lease of the group.
  auto statement =
      kept(std::string("SELECT count(*) FROM leases INDEXED BY ") +
           (by_user ? "leases_by_user WHERE user <> '' AND user = ?2" : "leases_by_source WHERE source = ?2") +
           " AND group_id = ?1 AND released = 0 AND expires > ?3");
  if (!statement) return std::move(statement).error();
  (*statement)->bind(group.id).bind(std::string_view(by_user ? ask.who.user : ask.source)).bind(now.seconds);
  const auto row = (*statement)->step();
  if (!row) return row.error();
  const bool over = (*statement)->integer(0) >= std::int64_t{group.plan.quota};
  (*statement)->reset();
  return over;
}

}  // namespace ipop::leasebook
