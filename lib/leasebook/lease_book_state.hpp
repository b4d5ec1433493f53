#pragma once

// The inside of LeaseBook, shared by lease_book.cpp (what the administrator asks), lease_rows.cpp (rows of the
// tables), lease_view.cpp (what is remembered of them) and lease_decision.cpp (what a member gets). Nobody else
// includes it.

#include <algorithm>
#include <functional>
#include <map>

#include "leasebook/lease_book.hpp"

namespace ipop::leasebook {

inline constexpr std::string_view lease_columns =
    "address, node, user, host_name, source, granted, expires, released, sequence, key";

/// An id that is no id reads as zero, which no node has.
NodeId node_of(ByteSpan octets);
/// The columns of lease_columns, the first of which is `first`.
Lease lease_from(const Statement& row, int first);

struct LeaseBook::State {
  explicit State(Database opened) : database(std::move(opened)) {}

  using Bind = std::function<void(Statement&)>;

  // lease_rows.cpp
  /// At the begin of a transaction: the number of its changes, and a new look at what others may have written.
  Result<void> begin_changes();
  /// Changes whenever another connection has committed.
  Result<std::int64_t> data_version();
  Result<std::int64_t> fact(std::string_view name);
  Result<void> set_fact(std::string_view name, std::int64_t value);
  Result<std::vector<LeaseGroup>> groups_where(const std::string& condition, std::optional<std::int64_t> value);
  Result<std::vector<Lease>> leases_where(const std::string& condition, const Bind& bind);
  Result<std::optional<Lease>> lease_where(const std::string& condition, const Bind& bind);
  Result<LeaseGroup> write_group(LeaseGroup group);
  /// Writes the row of its address and takes away another one of its node; keeps the history at `now`.
  Result<void> write_lease(std::int64_t group, const Lease& lease, WallTime now);
  /// The same for a lease that lives and goes on at its address: `own` is what the book has of it.
  Result<void> write_renewal(std::int64_t group, const Lease& own, const Lease& lease, WallTime now);
  Result<bool> extend_tenure(std::int64_t group, const Lease& lease, WallTime now);
  Result<void> begin_tenure(std::int64_t group, const Lease& lease, WallTime now);
  Result<void> renew_row(std::int64_t group, const Lease& own, const Lease& lease, std::int64_t number);
  /// Of a node that has no row, a request with this sequence or an older one may be a copy.
  Result<std::uint64_t> oldest_sequence(std::int64_t group);
  Result<void> raise_oldest_sequence(std::int64_t group, std::uint64_t sequence);
  Result<std::vector<Reservation>> reservations(std::int64_t group);
  Result<void> write_reservation(std::int64_t group, const Reservation& reservation);
  Result<void> remove_reservation(std::int64_t group, net::Ipv4Address address);
  Result<void> replace_reservations(std::int64_t group, const std::vector<Reservation>& reservations);
  /// That the group's row has changed, for whoever follows.
  Result<void> touch_group(std::int64_t group);
  Result<Statement*> kept(std::string_view sql);
  Result<std::int64_t> next_change();

  // lease_view.cpp
  /// What is remembered of a group from one request to the next, since reading a million leases takes long. The book
  /// alone decides: an address that seems free here is looked up there.
  struct View {
    explicit View(const net::Ipv4Prefix& of) : prefix(of), taken(of) {}

    net::Ipv4Prefix prefix;
    leasing::AddressMap taken;      ///< leased or reserved, as far as it was seen
    bool is_read = false;           ///< `taken` has all of the book's leases, and those that went meanwhile
    bool may_have_holes = false;    ///< `taken` may have addresses that nobody has any more
    bool is_full = false;           ///< a search found nothing, and nothing has come free since
    WallTime ended_from{};          ///< of leases that ended before, none may be given to somebody else
    bool has_reservations = false;  ///< the next two are those of the book
    std::map<net::Ipv4Address, Reservation> reservations{};
    std::map<std::pair<Reservation::Kind, std::string>, net::Ipv4Address> reserved{};  ///< for whom
  };
  Result<View*> view_of(const LeaseGroup& group);
  /// Somebody else wrote, or what was written here was taken back.
  void doubt_views();
  Result<void> read_reservations(std::int64_t group, View& view);
  Result<void> read_taken(std::int64_t group, View& view);
  /// An address of the plan that nobody has or had; none: there is none.
  Result<std::optional<net::Ipv4Address>> find_free(const LeaseGroup& group, View& view, const NodeId& node);

  // lease_decision.cpp
  Result<Lease> obtain(const LeaseGroup& group, WallTime now, const Ask& ask, std::optional<Lease> own);
  Result<std::optional<net::Ipv4Address>> choose(const LeaseGroup& group, WallTime now, const Ask& ask,
                                                 const std::optional<Lease>& own);
  Result<bool> may_have(const LeaseGroup& group, const View& view, net::Ipv4Address address, const Ask& ask,
                        WallTime now, const std::optional<Lease>& own);
  Result<std::optional<net::Ipv4Address>> find_ended(const LeaseGroup& group, WallTime now, View& view);
  Result<bool> is_over_quota(const LeaseGroup& group, WallTime now, const Ask& ask);

  Database database;
  std::map<std::string, Statement, std::less<>> statements;  ///< by their text
  std::map<std::int64_t, View> views;                        ///< by group
  std::int64_t seen_version = -1;
  std::int64_t change = 0;   ///< the number of the last transaction that changed anything here
  bool is_changing = false;  ///< it is the one that runs
};

}  // namespace ipop::leasebook
