#include "leasebook/lease_book_state.hpp"

namespace ipop::leasebook {
namespace {

constexpr std::string_view group_columns =
    "id, name, name_space, prefix, ranges, excluded, lease_seconds, domain, mtu, quota, takes_unsigned";

Error damaged(const Database& database, const std::string& what) {
  return make_error(std::make_error_code(std::errc::io_error), database.path() + " is damaged: " + what);
}

/// None is an empty blob, and not NULL.
ByteSpan key_column(const Lease& lease) {
  return lease.key ? ByteSpan(*lease.key) : ByteSpan(lease.node.octets()).first(0);
}

}  // namespace

NodeId node_of(ByteSpan octets) {
  return octets.size() == NodeId::size ? NodeId::from_prefix(octets) : NodeId{};
}

Lease lease_from(const Statement& row, int first) {
  Lease out;
  out.address = net::Ipv4Address(static_cast<std::uint32_t>(row.integer(first)));
  out.node = node_of(row.octets(first + 1));
  out.user = row.text(first + 2);
  out.host_name = row.text(first + 3);
  out.source = row.text(first + 4);
  out.granted = WallTime{row.integer(first + 5)};
  out.expires = WallTime{row.integer(first + 6)};
  out.released = row.integer(first + 7) != 0;
  out.sequence = static_cast<std::uint64_t>(row.integer(first + 8));
  if (const Bytes key = row.octets(first + 9); key.size() == std::tuple_size_v<crypto::Digest256>)
    std::ranges::copy(key, out.key.emplace().begin());
  return out;
}

Result<Statement*> LeaseBook::State::kept(std::string_view sql) {
  const auto found = statements.find(sql);
  if (found != statements.end()) return &found->second;
  auto prepared = database.prepare(sql);
  if (!prepared) return std::move(prepared).error();
  return &statements.emplace(std::string(sql), *std::move(prepared)).first->second;
}

Result<void> LeaseBook::State::begin_changes() {
  const auto version = data_version();
  if (!version) return version.error();
  const auto last = fact("change");
  if (!last) return last.error();
  if (*version != seen_version || *last < change) doubt_views();
  change = *last;
  is_changing = false;
  seen_version = *version;
  return {};
}

Result<std::int64_t> LeaseBook::State::data_version() {
  auto statement = kept("PRAGMA data_version");
  if (!statement) return std::move(statement).error();
  const Statement::ResetAtEnd reset(**statement);
  const auto row = (*statement)->step();
  if (!row) return row.error();
  return (*statement)->integer(0);
}

Result<std::int64_t> LeaseBook::State::next_change() {
  if (is_changing) return change;
  const auto last = fact("change");
  if (!last) return last;
  if (auto set = set_fact("change", *last + 1); !set) return std::move(set).error();
  change = *last + 1;
  is_changing = true;
  return change;
}

Result<std::int64_t> LeaseBook::State::fact(std::string_view name) {
  auto statement = kept("SELECT value FROM facts WHERE name = ?");
  if (!statement) return std::move(statement).error();
  (*statement)->reset();
  const auto row = (*statement)->bind(name).step();
  if (!row) return row.error();
  const std::int64_t value = *row ? (*statement)->integer(0) : 0;
  (*statement)->reset();
  return value;
}

Result<void> LeaseBook::State::set_fact(std::string_view name, std::int64_t value) {
  auto statement = kept("INSERT INTO facts(name, value) VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value");
  if (!statement) return std::move(statement).error();
  return (*statement)->bind(name).bind(value).run();
}

Result<std::vector<LeaseGroup>> LeaseBook::State::groups_where(const std::string& condition,
                                                               std::optional<std::int64_t> value) {
  auto statement = kept("SELECT " + std::string(group_columns) + " FROM groups WHERE " + condition + " ORDER BY name");
  if (!statement) return std::move(statement).error();
  Statement& columns = **statement;
  const Statement::ResetAtEnd reset(columns);
  if (value) columns.bind(*value);
  std::vector<LeaseGroup> out;
  while (true) {
    const auto row = columns.step();
    if (!row) return row.error();
    if (!*row) return out;
    LeaseGroup group{columns.integer(0), columns.text(1), columns.text(2), {}};
    const auto prefix = net::parse_ipv4_prefix(columns.text(3));
    auto ranges = leasing::parse_address_ranges(columns.text(4));
    auto excluded = leasing::parse_address_ranges(columns.text(5));
    if (!prefix || !ranges || !excluded) return damaged(database, "the plan of group " + group.name);
    group.plan = {*prefix,
                  *std::move(ranges),
                  *std::move(excluded),
                  std::chrono::seconds(columns.integer(6)),
                  columns.text(7),
                  static_cast<std::uint16_t>(columns.integer(8)),
                  static_cast<std::uint32_t>(columns.integer(9)),
                  columns.integer(10) != 0};
    if (!check(group.plan)) return damaged(database, "the plan of group " + group.name);
    out.push_back(std::move(group));
  }
}

Result<std::vector<Lease>> LeaseBook::State::leases_where(const std::string& condition, const Bind& bind) {
  auto statement = kept("SELECT " + std::string(lease_columns) + " FROM leases WHERE " + condition);
  if (!statement) return std::move(statement).error();
  Statement& rows = **statement;
  bind(rows);
  std::vector<Lease> out;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) return out;
    out.push_back(lease_from(rows, 0));
  }
}

Result<std::optional<Lease>> LeaseBook::State::lease_where(const std::string& condition, const Bind& bind) {
  auto found = leases_where(condition, bind);
  if (!found) return std::move(found).error();
  if (found->empty()) return std::optional<Lease>();
  return std::optional(std::move(found->front()));
}

Result<LeaseGroup> LeaseBook::State::write_group(LeaseGroup group) {
  const auto number = next_change();
  if (!number) return number.error();
  auto statement =
      database.prepare("INSERT INTO groups(" + std::string(group_columns) +
                       ", changed) VALUES(nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                       "ON CONFLICT(id) DO UPDATE SET name = excluded.name, "
                       "name_space = excluded.name_space, prefix = excluded.prefix, "
                       "ranges = excluded.ranges, excluded = excluded.excluded, "
                       "lease_seconds = excluded.lease_seconds, domain = excluded.domain, "
                       "mtu = excluded.mtu, quota = excluded.quota, "
                       "takes_unsigned = excluded.takes_unsigned, changed = excluded.changed RETURNING id");
  if (!statement) return std::move(statement).error();
  const leasing::AddressPlan& plan = group.plan;
  statement->bind(group.id).bind(std::string_view(group.name)).bind(std::string_view(group.name_space));
  statement->bind(std::string_view(to_string(plan.prefix))).bind(std::string_view(to_string(plan.ranges)));
  statement->bind(std::string_view(to_string(plan.excluded))).bind(std::int64_t{plan.lease_time.count()});
  statement->bind(std::string_view(plan.domain)).bind(std::int64_t{plan.mtu}).bind(std::int64_t{plan.quota});
  const auto row = statement->bind(std::int64_t{plan.takes_unsigned}).bind(*number).step();
  if (!row) return row.error();
  group.id = statement->integer(0);
  statement->reset();
  doubt_views();
  return group;
}

Result<void> LeaseBook::State::touch_group(std::int64_t group) {
  const auto number = next_change();
  if (!number) return number.error();
  auto statement = kept("UPDATE groups SET changed = ? WHERE id = ?");
  if (!statement) return std::move(statement).error();
  doubt_views();
  return (*statement)->bind(*number).bind(group).run();
}

Result<bool> LeaseBook::State::extend_tenure(std::int64_t group, const Lease& lease, WallTime now) {
  auto extend = kept(
      "UPDATE tenures SET ends = ?1, host_name = ?2, source = ?3 WHERE id = (SELECT id FROM tenures WHERE group_id = "
      "?4 AND address = ?5 AND node = ?6 AND ends >= ?7 ORDER BY begins DESC, id DESC LIMIT 1) RETURNING id");
  if (!extend) return std::move(extend).error();
  (*extend)->bind(lease.expires.seconds).bind(std::string_view(lease.host_name)).bind(std::string_view(lease.source));
  (*extend)->bind(group).bind(std::int64_t{lease.address.value()}).bind(ByteSpan(lease.node.octets()));
  const auto extended = (*extend)->bind(now.seconds).step();
  (*extend)->reset();
  return extended;
}

Result<void> LeaseBook::State::begin_tenure(std::int64_t group, const Lease& lease, WallTime now) {
  auto begin = kept(
      "INSERT INTO tenures(group_id, address, node, user, host_name, source, begins, ends) "
      "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  if (!begin) return std::move(begin).error();
  (*begin)->bind(group).bind(std::int64_t{lease.address.value()}).bind(ByteSpan(lease.node.octets()));
  (*begin)->bind(std::string_view(lease.user)).bind(std::string_view(lease.host_name));
  return (*begin)->bind(std::string_view(lease.source)).bind(now.seconds).bind(lease.expires.seconds).run();
}

Result<void> LeaseBook::State::write_renewal(std::int64_t group, const Lease& own, const Lease& lease, WallTime now) {
  // What is indexed by what changes so seldom is written as any other lease.
  if (own.user != lease.user || own.host_name != lease.host_name) return write_lease(group, lease, now);
  const auto number = next_change();
  if (!number) return number.error();
  const auto extended = extend_tenure(group, lease, now);
  if (!extended) return extended.error();
  if (!*extended)
    if (auto begun = begin_tenure(group, lease, now); !begun) return begun;
  return renew_row(group, own, lease, *number);
}

Result<void> LeaseBook::State::write_lease(std::int64_t group, const Lease& lease, WallTime now) {
  const auto number = next_change();
  if (!number) return number.error();
  const std::int64_t address = lease.address.value();
  const ByteSpan node(lease.node.octets());
  // A node has one address: that of before is free at once, and its tenure over.
  auto moved = kept("DELETE FROM leases WHERE group_id = ? AND node = ? AND address <> ? RETURNING address");
  if (!moved) return std::move(moved).error();
  std::optional<std::int64_t> before;
  {
    const auto row = (*moved)->bind(group).bind(node).bind(address).step();
    if (!row) return row.error();
    if (*row) before = (*moved)->integer(0);
    (*moved)->reset();
  }
  // The tenure that goes on is this node's at this address; every other open one at either address ends.
  // Both are named by IN, which goes by the index; of an OR SQLite reads all tenures of the group.
  auto end = kept(
      "UPDATE tenures SET ends = min(ends, ?1) WHERE group_id = ?2 AND address IN (?3, ?5) AND ends > ?1 AND "
      "(address = ?5 OR node <> ?4)");
  if (!end) return std::move(end).error();
  if (auto ended = (*end)->bind(now.seconds).bind(group).bind(address).bind(node).bind(before.value_or(-1)).run();
      !ended)
    return ended;
  const auto extended = extend_tenure(group, lease, now);
  if (!extended) return extended.error();
  if (!*extended && !lease.released)
    if (auto begun = begin_tenure(group, lease, now); !begun) return begun;
  const auto there =
      lease_where("group_id = ? AND address = ?", [&](Statement& statement) { statement.bind(group).bind(address); });
  if (!there) return there.error();
  const auto& own = *there;
  if (own && own->node == lease.node && own->user == lease.user && own->host_name == lease.host_name)
    return renew_row(group, *own, lease, *number);
  // With the row goes what its node asked last: a copy of that must not bring it back. Nobody whose clock is right is
  // shut out, whatever number the other one took.
  if (own && own->node != lease.node) {
    const auto oldest = std::min(own->sequence, leasing::sequence_at(now - leasing::clock_tolerance));
    if (auto raised = raise_oldest_sequence(group, oldest); !raised) return raised;
  }
  auto write = kept("INSERT OR REPLACE INTO leases(group_id, " + std::string(lease_columns) +
                    ", changed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  if (!write) return std::move(write).error();
  Statement& row = **write;
  row.bind(group).bind(address).bind(node).bind(std::string_view(lease.user)).bind(std::string_view(lease.host_name));
  row.bind(std::string_view(lease.source)).bind(lease.granted.seconds).bind(lease.expires.seconds);
  row.bind(std::int64_t{lease.released}).bind(static_cast<std::int64_t>(lease.sequence));
  row.bind(key_column(lease)).bind(*number);
  if (auto written = row.run(); !written) return written;
  if (const auto view = views.find(group); view != views.end()) {
    view->second.taken.add(lease.address);
    if (before) {
      view->second.taken.remove(net::Ipv4Address(static_cast<std::uint32_t>(*before)));
      view->second.is_full = false;
    }
  }
  return {};
}

Result<std::uint64_t> LeaseBook::State::oldest_sequence(std::int64_t group) {
  const auto value = fact("oldest sequence of " + std::to_string(group));
  if (!value) return value.error();
  return static_cast<std::uint64_t>(*value);
}

Result<void> LeaseBook::State::raise_oldest_sequence(std::int64_t group, std::uint64_t sequence) {
  const auto before = oldest_sequence(group);
  if (!before) return before.error();
  if (sequence <= *before) return {};
  return set_fact("oldest sequence of " + std::to_string(group), static_cast<std::int64_t>(sequence));
}

/// Most writes are renewals, in which nothing else changes: only the indexes of what does are written then.
Result<void> LeaseBook::State::renew_row(std::int64_t group, const Lease& own, const Lease& lease,
                                         std::int64_t number) {
  const bool same_source = own.source == lease.source;
  auto update = kept(same_source ? "UPDATE leases SET granted = ?, expires = ?, released = ?, sequence = ?, key = ?, "
                                   "changed = ? WHERE group_id = ? AND address = ?"
                                 : "UPDATE leases SET granted = ?, expires = ?, released = ?, sequence = ?, key = ?, "
                                   "source = ?, changed = ? WHERE group_id = ? AND address = ?");
  if (!update) return std::move(update).error();
  Statement& write = **update;
  write.bind(lease.granted.seconds).bind(lease.expires.seconds).bind(std::int64_t{lease.released});
  write.bind(static_cast<std::int64_t>(lease.sequence)).bind(key_column(lease));
  if (!same_source) write.bind(std::string_view(lease.source));
  return write.bind(number).bind(group).bind(std::int64_t{lease.address.value()}).run();
}

Result<std::vector<Reservation>> LeaseBook::State::reservations(std::int64_t group) {
  auto statement =
      database.prepare("SELECT address, kind, whom, note FROM reservations WHERE group_id = ? ORDER BY address");
  if (!statement) return std::move(statement).error();
  statement->bind(group);
  std::vector<Reservation> out;
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return out;
    const auto kind = parse_reservation_kind(statement->text(1));
    if (!kind) return damaged(database, "a reservation");
    out.push_back({net::Ipv4Address(static_cast<std::uint32_t>(statement->integer(0))), *kind, statement->text(2),
                   statement->text(3)});
  }
}

Result<void> LeaseBook::State::write_reservation(std::int64_t group, const Reservation& reservation) {
  auto statement = database.prepare(
      "INSERT OR REPLACE INTO reservations(group_id, address, kind, whom, note) VALUES(?, ?, ?, ?, ?)");
  if (!statement) return std::move(statement).error();
  statement->bind(group).bind(std::int64_t{reservation.address.value()}).bind(to_string(reservation.kind));
  statement->bind(std::string_view(reservation.whom)).bind(std::string_view(reservation.note));
  if (auto written = statement->run(); !written) return written;
  return touch_group(group);
}

Result<void> LeaseBook::State::remove_reservation(std::int64_t group, net::Ipv4Address address) {
  auto statement = database.prepare("DELETE FROM reservations WHERE group_id = ? AND address = ? RETURNING address");
  if (!statement) return std::move(statement).error();
  const auto row = statement->bind(group).bind(std::int64_t{address.value()}).step();
  if (!row) return row.error();
  statement->reset();
  if (!*row) return {Errc::not_found, to_string(address) + " is not reserved"};
  return touch_group(group);
}

Result<void> LeaseBook::State::replace_reservations(std::int64_t group, const std::vector<Reservation>& reservations) {
  auto statement = database.prepare("DELETE FROM reservations WHERE group_id = ?");
  if (!statement) return std::move(statement).error();
  if (auto removed = statement->bind(group).run(); !removed) return removed;
  for (const Reservation& reservation : reservations)
    if (auto written = write_reservation(group, reservation); !written) return written;
  return {};
}

}  // namespace ipop::leasebook
