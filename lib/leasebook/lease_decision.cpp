#include "leasebook/lease_book_state.hpp"

namespace ipop::leasebook {
namespace {

/// What a reservation of the kind names who asks by; empty: by nothing.
std::string named_by(Reservation::Kind kind, const Ask& ask) {
  switch (kind) {
    case Reservation::Kind::node: return to_string(ask.who.node);
    case Reservation::Kind::user: return ask.who.user;
    case Reservation::Kind::name: return ask.host_name;
  }
  return {};
}

bool is_for(const Reservation& reservation, const Ask& ask) {
  return !reservation.whom.empty() && reservation.whom == named_by(reservation.kind, ask);
}

}  // namespace

Result<Lease> LeaseBook::take(const LeaseGroup& group, WallTime now, const Ask& ask) {
  auto own = lease_of(group.id, ask.who.node);
  if (!own) return std::move(own).error();
  // Kept, it would shut the node out until the server's clock is there.
  if (ask.sequence && *ask.sequence > leasing::sequence_at(now + leasing::clock_tolerance))
    return {Errc::expired, "the node's clock is ahead of the server's by more than ten minutes"};
  if (*own && ask.sequence && *ask.sequence <= (*own)->sequence)
    return {Errc::expired, "a newer request of this node came before"};
  if (!*own && ask.sequence) {
    const auto oldest = state_->oldest_sequence(group.id);
    if (!oldest) return oldest.error();
    if (*ask.sequence <= *oldest)
      return {Errc::expired, "the request is old, or the node's clock is far behind the server's"};
  }
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
    if (*over)
      return {Errc::exhausted, "the quota of " + std::to_string(group.plan.quota) + " leases of one " +
                                   (ask.who.user.empty() ? "source address" : "user") + " is used up"};
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
  for (const auto kind : {Reservation::Kind::node, Reservation::Kind::name, Reservation::Kind::user}) {
    const auto it = view.reserved.find({kind, named_by(kind, ask)});
    if (it == view.reserved.end()) continue;
    const auto free = may_have(group, view, it->second, ask, now, own);
    if (!free) return free.error();
    if (*free) return Choice(it->second);
  }
  for (const Choice& wish : {ask.address, own ? Choice(own->address) : std::nullopt}) {
    if (!wish) continue;
    const auto free = may_have(group, view, *wish, ask, now, own);
    if (!free) return free.error();
    if (*free) return wish;
  }
  auto nobodys = find_free(group, view, ask.who.node);
  if (!nobodys || *nobodys) return nobodys;
  return find_ended(group, now, view);
}

/// What ended first. A reservation for who asks was tried before.
Result<std::optional<net::Ipv4Address>> LeaseBook::State::find_ended(const LeaseGroup& group, WallTime now,
                                                                     View& view) {
  const WallTime end = now - grace;
  if (end < view.ended_from) view.ended_from = {};  // the clock was set back
  auto statement =
      kept("SELECT address, expires FROM leases WHERE group_id = ? AND expires >= ? AND expires < ? ORDER BY expires");
  if (!statement) return std::move(statement).error();
  Statement& ended = **statement;
  const Statement::ResetAtEnd reset(ended);
  ended.bind(group.id).bind(view.ended_from.seconds).bind(end.seconds);
  while (true) {
    const auto row = ended.step();
    if (!row) return row.error();
    if (!*row) {
      view.ended_from = end;
      return std::optional<net::Ipv4Address>();
    }
    const net::Ipv4Address address(static_cast<std::uint32_t>(ended.integer(0)));
    if (!is_offered(group.plan, address) || view.reservations.contains(address)) continue;
    view.ended_from = WallTime{ended.integer(1)};
    return std::optional(address);
  }
}

/// Offered or reserved for it, and nobody else's: neither by reservation nor by a lease that lives, or of which
/// somebody could still think that it does.
Result<bool> LeaseBook::State::may_have(const LeaseGroup& group, const View& view, net::Ipv4Address address,
                                        const Ask& ask, WallTime now, const std::optional<Lease>& own) {
  const auto reservation = view.reservations.find(address);
  if (reservation != view.reservations.end()) {
    if (!is_for(reservation->second, ask)) return false;
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
