#pragma once

// The lease server's book: who has which address in which group, in a database that outlives it.
//
// All that is promised to a member is committed before he hears of it. One process serves; commands of the
// administrator write to the same file beside it, and what they change is seen with the next request.
// Main types: LeaseBook (facade), LeaseGroup, Lease, Reservation, Tenure.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "leasebook/database.hpp"
#include "leasing/address_plan.hpp"
#include "leasing/lease_request.hpp"

namespace ipop::leasebook {

/// A group that the server gives addresses in.
struct LeaseGroup {
  std::int64_t id = 0;  ///< within this book
  std::string name{};
  std::string name_space{};
  leasing::AddressPlan plan{};
};

/// An address and who has or had it.
struct Lease {
  net::Ipv4Address address{};
  NodeId node{};
  std::string user{};       ///< named by a certificate; empty in an open group
  std::string host_name{};  ///< may be empty
  std::string source{};     ///< the address from which it was asked for
  WallTime granted{};
  WallTime expires{};
  bool released = false;
  std::uint64_t sequence = 0;              ///< of the node's last request; 0: unsigned, or from elsewhere
  std::optional<crypto::Digest256> key{};  ///< fingerprint of the node's key, in a closed group

  [[nodiscard]] bool is_live(WallTime now) const { return !released && now < expires; }
};

/// An address that only one may have.
struct Reservation {
  enum class Kind { node, name, user };
  net::Ipv4Address address{};
  Kind kind = Kind::node;
  std::string whom{};  ///< a node id, a host name or a certificate's user
  std::string note{};
};
std::string_view to_string(Reservation::Kind kind);
std::optional<Reservation::Kind> parse_reservation_kind(std::string_view text);

/// Somebody had an address from `begins` to `ends`.
struct Tenure {
  net::Ipv4Address address{};
  NodeId node{};
  std::string user{};
  std::string host_name{};
  std::string source{};
  WallTime begins{};
  WallTime ends{};
};

/// One request as it is judged: who asks was proved before.
struct Ask {
  leasing::LeaseAction action = leasing::LeaseAction::obtain;
  leasing::Requester who{};
  std::optional<std::uint64_t> sequence{};  ///< none: unsigned
  std::optional<net::Ipv4Address> address{};
  std::string host_name{};
  std::string source{};
};

class LeaseBook {
 public:
  /// An ended lease goes to somebody else only after this time, and only when no address was left that nobody had:
  /// a clock that is set ahead gives nothing twice at once.
  static constexpr std::chrono::seconds grace = std::chrono::hours(1);

  /// `create` makes the file (0600) where there is none; `read` changes nothing. Errors: those of Database;
  /// unsupported (a newer program's book).
  static Result<LeaseBook> open(const std::string& path, Database::Access access);
  LeaseBook(LeaseBook&&) noexcept;
  LeaseBook& operator=(LeaseBook&&) noexcept;
  ~LeaseBook();

  /// Everything until `commit` is one step: all of it is kept, or nothing.
  Result<Transaction> begin();

  // Groups.
  Result<std::vector<LeaseGroup>> groups();
  /// Errors: conflict (its name or name space is there), malformed (the plan).
  Result<LeaseGroup> add_group(const std::string& name, const std::string& name_space,
                               const leasing::AddressPlan& plan);
  /// Errors: malformed (the plan), conflict (another prefix, with leases in the old one).
  Result<void> change_plan(std::int64_t group, const leasing::AddressPlan& plan);

  // Requests of members, within a transaction.
  /// The lease; of a release, what it was. Errors: expired (a copy of an older request), exhausted (the quota, or no
  /// address left: the message says which), not_found (nothing to renew or release).
  Result<Lease> take(const LeaseGroup& group, WallTime now, const Ask& ask);

  // The administrator.
  /// In the order of the addresses, beginning after `after`, at most `limit`.
  Result<std::vector<Lease>> leases(std::int64_t group, net::Ipv4Address after, std::size_t limit);
  Result<std::optional<Lease>> lease_of(std::int64_t group, net::Ipv4Address address);
  Result<std::optional<Lease>> lease_of(std::int64_t group, const NodeId& node);
  Result<std::vector<Lease>> leases_named(std::int64_t group, const std::string& name_or_user);
  /// Of nodes whose id begins so, at least 8 letters and digits of it, as tables show it; at most 100.
  Result<std::vector<Lease>> leases_of_short_id(std::int64_t group, std::string_view text);
  /// How many are live, and in all.
  struct Count {
    std::int64_t live = 0;
    std::int64_t all = 0;
  };
  Result<Count> count(std::int64_t group, WallTime now);
  /// Errors: not_found (nobody has it), conflict (it has ended).
  Result<Lease> release(std::int64_t group, net::Ipv4Address address, WallTime now);
  /// Looks at `limit` leases behind the address `after` and ends the live ones that `ends` picks out.
  struct Ended {
    std::size_t count = 0;
    std::optional<net::Ipv4Address> next{};  ///< `after` of the next look; none: all were looked at
  };
  Result<Ended> end_leases(std::int64_t group, WallTime now, net::Ipv4Address after, std::size_t limit,
                           const std::function<bool(const Lease&)>& ends);
  /// Writes a lease as it is said, from another book or the DHT. Errors: conflict (another node's live lease is on the
  /// address, or the node has another live address), out_of_range (not of the prefix).
  Result<void> import_lease(const LeaseGroup& group, const Lease& lease, WallTime now);
  Result<std::vector<Reservation>> reservations(std::int64_t group);
  /// Errors: out_of_range (no host's address in the group), conflict (reserved for somebody else, or whom it is for
  /// has another one).
  Result<void> reserve(const LeaseGroup& group, const Reservation& reservation);
  /// Error: not_found.
  Result<void> end_reservation(std::int64_t group, net::Ipv4Address address);
  /// Who had the address, the latest first; with `at`, who had it then.
  Result<std::vector<Tenure>> history(std::int64_t group, net::Ipv4Address address, std::optional<WallTime> at);

  // A second server that follows the first.
  /// True: this book only follows another, and gives nothing out.
  Result<bool> is_follower();
  Result<void> set_follower(bool follower);
  /// The number of the last change; rises with every transaction that changes anything.
  Result<std::int64_t> last_change();
  struct Changes {
    std::int64_t last = 0;
    std::vector<LeaseGroup> groups{};
    std::vector<std::pair<std::int64_t, Lease>> leases{};  ///< with the group's id in the first book
    std::vector<std::pair<std::int64_t, std::vector<Reservation>>> reservations{};  ///< all of a group
  };
  /// What has changed since `after`, at most about `limit` leases; `last` is how far it goes.
  Result<Changes> changes_after(std::int64_t after, std::size_t limit);
  /// Takes over what the first server has changed.
  Result<void> apply(const Changes& changes);

  /// For a disk that is full: what the journal has is put into the book, and its place is free again.
  Result<void> make_room();
  /// Reads the whole file for damage; for tests and `ipop-dhcp check`. Error: io_error.
  Result<void> check_integrity();

 private:
  struct State;
  explicit LeaseBook(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ipop::leasebook
