#include "leasebook/lease_book.hpp"

#include <limits>
#include <utility>

#include "leasebook/lease_book_state.hpp"

namespace ipop::leasebook {
namespace {

constexpr std::int64_t schema_version = 2;

// `changed` is the number of the transaction that wrote the row last: what a second server asks for.
constexpr const char* schema = R"(
  CREATE TABLE IF NOT EXISTS facts(
    name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS groups(
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, name_space TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL, ranges TEXT NOT NULL, excluded TEXT NOT NULL, lease_seconds INTEGER NOT NULL,
    domain TEXT NOT NULL, mtu INTEGER NOT NULL, quota INTEGER NOT NULL, takes_unsigned INTEGER NOT NULL,
    changed INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS leases(
    group_id INTEGER NOT NULL REFERENCES groups(id), address INTEGER NOT NULL, node BLOB NOT NULL,
    user TEXT NOT NULL, host_name TEXT NOT NULL, source TEXT NOT NULL, granted INTEGER NOT NULL,
    expires INTEGER NOT NULL, released INTEGER NOT NULL, sequence INTEGER NOT NULL, changed INTEGER NOT NULL,
    key BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY(group_id, address)) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS leases_by_node ON leases(group_id, node);
  CREATE INDEX IF NOT EXISTS leases_by_end ON leases(group_id, expires);
  CREATE INDEX IF NOT EXISTS leases_by_user ON leases(group_id, user) WHERE user <> '';
  CREATE INDEX IF NOT EXISTS leases_by_source ON leases(group_id, source);
  CREATE INDEX IF NOT EXISTS leases_by_name ON leases(group_id, host_name) WHERE host_name <> '';
  CREATE INDEX IF NOT EXISTS leases_by_change ON leases(changed);
  CREATE TABLE IF NOT EXISTS tenures(
    id INTEGER PRIMARY KEY, group_id INTEGER NOT NULL, address INTEGER NOT NULL, node BLOB NOT NULL,
    user TEXT NOT NULL, host_name TEXT NOT NULL, source TEXT NOT NULL, begins INTEGER NOT NULL,
    ends INTEGER NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS tenures_by_address ON tenures(group_id, address, begins);
  CREATE TABLE IF NOT EXISTS reservations(
    group_id INTEGER NOT NULL REFERENCES groups(id), address INTEGER NOT NULL, kind TEXT NOT NULL, whom TEXT NOT NULL,
    note TEXT NOT NULL, PRIMARY KEY(group_id, address)) STRICT, WITHOUT ROWID;
  CREATE UNIQUE INDEX IF NOT EXISTS reservations_by_whom ON reservations(group_id, kind, whom);
)";

// From version 1: what a revocation names.
constexpr const char* upgrade = R"(
  BEGIN IMMEDIATE;
  ALTER TABLE leases ADD COLUMN key BLOB NOT NULL DEFAULT x'';
  UPDATE facts SET value = 2 WHERE name = 'schema';
  COMMIT;
)";

}  // namespace

std::string_view to_string(Reservation::Kind kind) {
  switch (kind) {
    case Reservation::Kind::node: return "node";
    case Reservation::Kind::name: return "name";
    case Reservation::Kind::user: return "user";
  }
  return "unknown";
}

std::optional<Reservation::Kind> parse_reservation_kind(std::string_view text) {
  for (const auto kind : {Reservation::Kind::node, Reservation::Kind::name, Reservation::Kind::user})
    if (text == to_string(kind)) return kind;
  return std::nullopt;
}

Result<LeaseBook> LeaseBook::open(const std::string& path, Database::Access access) {
  auto database = Database::open(path, access);
  if (!database) return std::move(database).error();
  auto state = std::make_unique<State>(*std::move(database));
  if (access == Database::Access::create)
    if (auto made = state->database.execute(schema); !made) return std::move(made).error();
  const auto version = state->fact("schema");
  if (!version) return version.error();
  if (*version > schema_version)
    return {Errc::unsupported, path + " was written by a newer program (schema " + std::to_string(*version) + ")"};
  if (*version == 1) {
    if (access == Database::Access::read) {
      if (auto upgraded = open(path, Database::Access::write); !upgraded) return upgraded;
      return open(path, access);
    }
    if (auto upgraded = state->database.execute(upgrade); !upgraded) return std::move(upgraded).error();
  }
  if (*version == 0 && access == Database::Access::create)
    if (auto set = state->set_fact("schema", schema_version); !set) return std::move(set).error();
  return LeaseBook(std::move(state));
}

LeaseBook::LeaseBook(std::unique_ptr<State> state) : state_(std::move(state)) {}
LeaseBook::LeaseBook(LeaseBook&&) noexcept = default;
LeaseBook& LeaseBook::operator=(LeaseBook&&) noexcept = default;
LeaseBook::~LeaseBook() = default;

Result<Transaction> LeaseBook::begin() {
  auto transaction = Transaction::begin(state_->database);
  if (!transaction) return transaction;
  if (auto ready = state_->begin_changes(); !ready) return std::move(ready).error();
  return transaction;
}

Result<std::vector<LeaseGroup>> LeaseBook::groups() {
  return state_->groups_where("1", std::nullopt);
}

Result<LeaseGroup> LeaseBook::add_group(const std::string& name, const std::string& name_space,
                                        const leasing::AddressPlan& plan) {
  if (auto good = check(plan); !good) return std::move(good).error();
  const auto known = groups();
  if (!known) return known.error();
  for (const LeaseGroup& group : *known)
    if (group.name == name || group.name_space == name_space) return {Errc::conflict, "group " + group.name};
  return state_->write_group({0, name, name_space, plan});
}

Result<void> LeaseBook::change_plan(std::int64_t group, const leasing::AddressPlan& plan) {
  if (auto good = check(plan); !good) return good;
  const auto before = state_->groups_where("id = ?", group);
  if (!before) return before.error();
  if (before->empty()) return {Errc::not_found, "no such group"};
  LeaseGroup changed = before->front();
  if (changed.plan.prefix != plan.prefix) {
    const auto any = leases(group, net::Ipv4Address(), 1);
    if (!any) return any.error();
    if (!any->empty()) return {Errc::conflict, "there are leases in " + to_string(changed.plan.prefix)};
  }
  changed.plan = plan;
  if (auto written = state_->write_group(changed); !written) return written.error();
  return {};
}

Result<std::vector<Lease>> LeaseBook::leases(std::int64_t group, net::Ipv4Address after, std::size_t limit) {
  return state_->leases_where("group_id = ? AND address > ? ORDER BY address LIMIT ?", [&](Statement& statement) {
    statement.bind(group).bind(std::int64_t{after.value()}).bind(static_cast<std::int64_t>(limit));
  });
}

Result<std::optional<Lease>> LeaseBook::lease_of(std::int64_t group, net::Ipv4Address address) {
  return state_->lease_where("group_id = ? AND address = ?",
                             [&](Statement& statement) { statement.bind(group).bind(std::int64_t{address.value()}); });
}

Result<std::optional<Lease>> LeaseBook::lease_of(std::int64_t group, const NodeId& node) {
  return state_->lease_where("group_id = ? AND node = ?",
                             [&](Statement& statement) { statement.bind(group).bind(ByteSpan(node.octets())); });
}

Result<std::vector<Lease>> LeaseBook::leases_named(std::int64_t group, const std::string& name_or_user) {
  return state_->leases_where(
      "group_id = ?1 AND ((host_name <> '' AND host_name = ?2) OR (user <> '' AND user = ?2)) ORDER BY address LIMIT "
      "1000",
      [&](Statement& statement) { statement.bind(group).bind(std::string_view(name_or_user)); });
}

Result<std::vector<Lease>> LeaseBook::leases_of_short_id(std::int64_t group, std::string_view text) {
  constexpr std::size_t digits = 32;
  constexpr std::size_t shortest = 8;
  if (text.size() < shortest || text.size() > digits) return std::vector<Lease>();
  // The ids from one that goes on with the lowest digit to one that goes on with the highest.
  const auto first = parse_node_id(std::string(text).append(digits - text.size(), 'a'));
  const auto last = parse_node_id(std::string(text).append(digits - text.size(), '7'));
  if (!first || !last) return std::vector<Lease>();
  return state_->leases_where("group_id = ? AND node BETWEEN ? AND ? ORDER BY node LIMIT 100",
                              [&](Statement& statement) {
                                statement.bind(group).bind(ByteSpan(first->octets())).bind(ByteSpan(last->octets()));
                              });
}

Result<LeaseBook::Count> LeaseBook::count(std::int64_t group, WallTime now) {
  auto statement = state_->database.prepare(
      "SELECT count(*), coalesce(sum(released = 0 AND expires > ?), 0) FROM leases WHERE group_id = ?");
  if (!statement) return std::move(statement).error();
  const auto row = statement->bind(now.seconds).bind(group).step();
  if (!row) return row.error();
  return Count{statement->integer(1), statement->integer(0)};
}

Result<Lease> LeaseBook::release(std::int64_t group, net::Ipv4Address address, WallTime now) {
  auto found = lease_of(group, address);
  if (!found) return std::move(found).error();
  if (!*found) return {Errc::not_found, "nobody has " + to_string(address)};
  Lease lease = **std::move(found);
  if (!lease.is_live(now)) return {Errc::conflict, "the lease of " + to_string(address) + " has ended already"};
  lease.released = true;
  lease.expires = now;
  if (auto written = state_->write_lease(group, lease, now); !written) return std::move(written).error();
  return lease;
}

Result<LeaseBook::Ended> LeaseBook::end_leases(std::int64_t group, WallTime now, net::Ipv4Address after,
                                               std::size_t limit, const std::function<bool(const Lease&)>& ends) {
  auto looked_at = leases(group, after, limit);
  if (!looked_at) return std::move(looked_at).error();
  Ended out;
  if (looked_at->size() == limit) out.next = looked_at->back().address;
  for (Lease& lease : *looked_at) {
    if (!lease.is_live(now) || !ends(lease)) continue;
    lease.released = true;
    lease.expires = now;
    if (auto written = state_->write_lease(group, lease, now); !written) return std::move(written).error();
    ++out.count;
  }
  return out;
}

Result<void> LeaseBook::import_lease(const LeaseGroup& group, const Lease& lease, WallTime now) {
  if (!is_host_address(group.plan, lease.address))
    return {Errc::out_of_range, to_string(lease.address) + " is no host's address in " + to_string(group.plan.prefix)};
  const auto there = lease_of(group.id, lease.address);
  if (!there) return there.error();
  if (*there && (*there)->node != lease.node && (*there)->is_live(now))
    return {Errc::conflict, to_string(lease.address) + " is leased to " + to_short_string((*there)->node)};
  const auto own = lease_of(group.id, lease.node);
  if (!own) return own.error();
  if (*own && (*own)->address != lease.address && (*own)->is_live(now))
    return {Errc::conflict, to_short_string(lease.node) + " has " + to_string((*own)->address)};
  Lease written = lease;
  if (!written.key && *own) written.key = (*own)->key;  // CSV and the ring's members say none
  return state_->write_lease(group.id, written, now);
}

Result<std::vector<Reservation>> LeaseBook::reservations(std::int64_t group) {
  return state_->reservations(group);
}

Result<void> LeaseBook::reserve(const LeaseGroup& group, const Reservation& reservation) {
  if (!is_host_address(group.plan, reservation.address))
    return {Errc::out_of_range,
            to_string(reservation.address) + " is no host's address in " + to_string(group.plan.prefix)};
  const auto known = state_->reservations(group.id);
  if (!known) return known.error();
  for (const Reservation& other : *known) {
    const bool same_address = other.address == reservation.address;
    const bool same_whom = other.kind == reservation.kind && other.whom == reservation.whom;
    if (same_address != same_whom)
      return {Errc::conflict,
              to_string(other.address) + " is reserved for " + std::string(to_string(other.kind)) + " " + other.whom};
  }
  return state_->write_reservation(group.id, reservation);
}

Result<void> LeaseBook::end_reservation(std::int64_t group, net::Ipv4Address address) {
  return state_->remove_reservation(group, address);
}

Result<std::vector<Tenure>> LeaseBook::history(std::int64_t group, net::Ipv4Address address,
                                               std::optional<WallTime> at) {
  auto statement = state_->database.prepare(
      "SELECT address, node, user, host_name, source, begins, ends FROM tenures WHERE group_id = ? AND address = ? AND "
      "begins <= ? AND ends > ? ORDER BY begins DESC, id DESC LIMIT 10000");
  if (!statement) return std::move(statement).error();
  constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
  statement->bind(group).bind(std::int64_t{address.value()}).bind(at ? at->seconds : always);
  statement->bind(at ? at->seconds : std::int64_t{-1});
  std::vector<Tenure> out;
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return out;
    out.push_back({net::Ipv4Address(static_cast<std::uint32_t>(statement->integer(0))), node_of(statement->octets(1)),
                   statement->text(2), statement->text(3), statement->text(4), WallTime{statement->integer(5)},
                   WallTime{statement->integer(6)}});
  }
}

Result<bool> LeaseBook::is_follower() {
  const auto value = state_->fact("follower");
  if (!value) return value.error();
  return *value != 0;
}

Result<void> LeaseBook::set_follower(bool follower) {
  return state_->set_fact("follower", follower ? 1 : 0);
}

Result<std::int64_t> LeaseBook::last_change() {
  return state_->fact("change");
}

Result<LeaseBook::Changes> LeaseBook::changes_after(std::int64_t after, std::size_t limit) {
  Changes out;
  auto groups = state_->groups_where("changed > ?", after);
  if (!groups) return std::move(groups).error();
  out.groups = *std::move(groups);
  for (const LeaseGroup& group : out.groups) {
    auto reserved = state_->reservations(group.id);
    if (!reserved) return std::move(reserved).error();
    out.reservations.emplace_back(group.id, *std::move(reserved));
  }
  const auto last = last_change();
  if (!last) return last.error();
  out.last = *last;
  // All of one transaction or none of it: the last one may stand beyond the limit.
  auto statement = state_->database.prepare("SELECT group_id, changed, " + std::string(lease_columns) +
                                            " FROM leases WHERE changed > ? ORDER BY changed");
  if (!statement) return std::move(statement).error();
  statement->bind(after);
  std::int64_t taken = after;
  while (true) {
    const auto row = statement->step();
    if (!row) return row.error();
    if (!*row) return out;
    const std::int64_t changed = statement->integer(1);
    if (out.leases.size() >= limit && changed != taken) {
      out.last = taken;
      statement->reset();
      return out;
    }
    taken = changed;
    out.leases.emplace_back(statement->integer(0), lease_from(*statement, 2));
  }
}

Result<void> LeaseBook::apply(const Changes& changes) {
  // The rows have the first book's number, so that whoever followed that one can go on with this one.
  if (auto set = state_->set_fact("change", changes.last); !set) return set;
  state_->change = changes.last;
  state_->is_changing = true;
  for (const LeaseGroup& group : changes.groups)
    if (auto written = state_->write_group(group); !written) return std::move(written).error();
  for (const auto& [group, reserved] : changes.reservations)
    if (auto written = state_->replace_reservations(group, reserved); !written) return written;
  for (const auto& [group, lease] : changes.leases)
    if (auto written = state_->write_lease(group, lease, lease.released ? lease.expires : lease.granted); !written)
      return written;
  return {};
}

Result<void> LeaseBook::make_room() {
  return state_->database.empty_journal();
}

Result<void> LeaseBook::check_integrity() {
  auto statement = state_->database.prepare("PRAGMA integrity_check(1)");
  if (!statement) return std::move(statement).error();
  const auto row = statement->step();
  if (!row) return row.error();
  const std::string words = statement->text(0);
  if (words == "ok") return {};
  return make_error(std::make_error_code(std::errc::io_error), state_->database.path() + " is damaged: " + words);
}

}  // namespace ipop::leasebook
