#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "dht/record.hpp"
#include "dht/witness.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::router {

/// What a node writes into the record of its address. docs/wire/lease.md
///
///    version 1 | holder 20 | name length 1 | name
///    version 2 | holder 20 | name length 1 | name | grant length 1 | grant
///
/// `name` is the member's chosen name in lower case, without the domain, 0 to 63 octets. It is a
/// hint for reverse look-ups: the record of kind name decides who holds a name. `grant` is a leasing::LeaseGrant as it
/// came from the group's lease server, 1 to 255 octets; whoever counts it checks it.
struct LeaseValue {
  NodeId holder{};
  std::string name{};
  Bytes grant{};  ///< empty: version 1
  friend bool operator==(const LeaseValue&, const LeaseValue&) = default;
};

/// What a node writes into the record of a name that it chose. docs/wire/lease.md
///
///    version 1 | holder 20 | address 4
struct NameValue {
  NodeId holder{};
  net::Ipv4Address address{};
  friend bool operator==(const NameValue&, const NameValue&) = default;
};

/// Errors: truncated; unsupported (version); malformed (name that nobody may choose, octets left).
Result<LeaseValue> decode_lease_value(ByteSpan octets);
Result<NameValue> decode_name_value(ByteSpan octets);
Bytes encode(const LeaseValue& value);
Bytes encode(const NameValue& value);

/// The name of an address's record: its four octets.
Bytes record_name(net::Ipv4Address address);
/// The name of a chosen name's record: its letters; `name` is in lower case.
Bytes record_name(const std::string& name);
/// The address that a lease record is about; nullopt unless its name is four octets.
std::optional<net::Ipv4Address> address_of(ByteSpan record_name);

/// The next sequence after `last`: the clock keeps it rising over restarts; 256 changes a second are more than ever
/// happen.
std::uint64_t next_sequence(std::uint64_t last, WallTime wall);

/// A lease that was checked: signature, times, and that its owner is the holder. Whether the owner is a
/// member, the DHT has judged.
struct CheckedLease {
  net::Ipv4Address address{};
  NodeId holder{};
  std::string name{};
  WallTime expires{};
};
/// A chosen name that was checked in the same way.
struct CheckedName {
  std::string name{};
  net::Ipv4Address address{};
  NodeId holder{};
  WallTime expires{};
};

/// Errors: those of dht::check and of the value; expired; not_found (a tombstone);
/// not_authorized (the owner is not the holder); malformed (another kind or name form).
Result<CheckedLease> check_lease(const dht::Record& record, ByteSpan name_space, WallTime now);
Result<CheckedName> check_name(const dht::Record& record, ByteSpan name_space, WallTime now);

/// The number of replicas in the smallest rings. Receipts are counted against it wherever this node
/// compares two records itself, so that every node compares alike whatever it thinks of the ring.
inline constexpr unsigned fewest_replicas = 4;

/// The index of the one record that counts of a get's answer under an exclusive key; records that
/// fail dht::check, have another name or have ended do not count. Nullopt: none counts.
std::optional<std::size_t> prevailing(const std::vector<dht::Record>& records, ByteSpan name, const dht::Group& group,
                                      WallTime now);

/// Who has the name `label` by these records; none: nobody, or a record of it is damaged.
std::optional<NodeId> holder_of_name(const std::vector<dht::Record>& records, const std::string& label,
                                     const dht::Group& group, WallTime now);

}  // namespace ipop::router
