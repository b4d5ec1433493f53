#pragma once

// Requests to a running node and its answers, as values. lib/control gives them their JSON form;
// docs/control.md is the contract.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "crypto/aead.hpp"
#include "dht/dht.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "overlay/overlay.hpp"

namespace ipop::node {

/// Names a question of a client of the node; its answer carries the same.
using CommandId = StrongId<struct CommandTag, std::uint64_t>;

// --- requests ---------------------------------------------------------------------------------

struct StatusCommand {};
struct PeersCommand {};
/// Walks the ring clockwise from this node, at most `limit` members; silent ones are stepped over.
/// `all`: and says who was here before and is not.
struct MembersCommand {
  std::size_t limit = 1000;
  bool all = false;
};
/// `target`: a node id or an unambiguous beginning of one (4 characters or more), an address or a name.
struct WhyCommand {
  std::string target;
};
struct DhtGetCommand {
  std::string key;
};
struct DhtPutCommand {
  std::string key;
  Bytes value{};
  std::chrono::seconds time_to_live{3600};  ///< 1 s to 7 days
  bool exclusive = false;                   ///< create: fails when another owner holds the key
};
/// From here on DhtChangedEvent tells of this key; at first when the watch stands.
struct DhtWatchCommand {
  std::string key;
};
/// A DNS question in wire octets, answered as the node's name service would.
struct DnsCommand {
  Bytes query{};
};
/// The underlay endpoints at which this node is known to be reachable: for a join token.
struct EndpointsCommand {};
/// A revocation list that its authority signed: adopted, and spread to all members.
struct RevokeCommand {
  Bytes list{};  ///< encoded; docs/wire/revocation.md
};
/// Reads group file and certificate again; the daemon's own, a Node refuses it.
struct ReloadCommand {};
/// Ends the daemon in good order.
struct StopCommand {};

using Command = std::variant<StatusCommand, PeersCommand, MembersCommand, WhyCommand, DhtGetCommand, DhtPutCommand,
                             DhtWatchCommand, DnsCommand, EndpointsCommand, RevokeCommand, ReloadCommand, StopCommand>;

// --- answers ----------------------------------------------------------------------------------

struct StatusAnswer {
  NodeId id{};
  std::string name_space;
  std::string version;
  bool joined = false;
  std::size_t ring_size_estimate = 1;
  std::size_t links = 0;
  std::size_t direct_links = 0;
  overlay::NatClass nat = overlay::NatClass::unknown;
  std::vector<net::Endpoint> local_endpoints{};
  std::vector<net::Endpoint> observed_endpoints{};
  std::optional<net::Ipv4Prefix> prefix{};
  std::optional<net::Ipv4Address> address{};
  std::optional<WallTime> lease_expires{};
  std::string domain;
  std::vector<std::string> names{};     ///< without the domain: the C-name, then the chosen one
  std::string interface;                ///< empty without a TAP
  std::uint16_t mtu = 0;                ///< octets of the largest IP packet that it takes; 0 without a TAP
  std::string cipher;                   ///< name of the AeadFactory
  std::vector<std::string> offloads{};  ///< of the kernel, those in use
  std::uint64_t workers = 1;            ///< that pass packets at the same time
  /// The encryption that this node offers first, and whose code does it.
  crypto::AeadSuite suite = crypto::AeadSuite::aes_128_gcm;
  std::string library;
  std::chrono::milliseconds uptime{};
  std::size_t dht_records = 0;
  bool closed = false;                            ///< a group with an authority
  std::uint64_t revocation_number = 0;            ///< of the list that holds here; 0: none
  std::optional<WallTime> certificate_expires{};  ///< of this node, in a closed group
  std::optional<WallTime> revoked{};              ///< this node is named by the list that holds, of this time
  std::vector<std::string> notices{};             ///< what keeps it from doing its work, a sentence each
  std::map<std::string, std::uint64_t> counters{};
};

struct PeerRow {
  NodeId id{};
  std::optional<net::Ipv4Address> address{};
  bool direct = true;
  std::optional<net::Endpoint> endpoint{};
  std::optional<NodeId> relay{};
  std::vector<std::string> roles{};
  std::chrono::microseconds round_trip{};
  std::chrono::seconds age{};
  std::chrono::milliseconds idle{};
  std::uint64_t octets_sent = 0;
  std::uint64_t octets_received = 0;
  std::string reason;  ///< why relayed; empty when direct
};
struct PeersAnswer {
  std::vector<PeerRow> peers{};
};

struct MemberRow {
  NodeId id{};
  std::optional<net::Ipv4Address> address{};
  std::string name;  ///< chosen name or C-name, without the domain; empty without an address
  overlay::NatClass nat = overlay::NatClass::unknown;
  std::size_t links = 0;
  std::string version;
  std::chrono::milliseconds address_after{};  ///< from its start to its lease; zero: none yet
  bool answered = true;                       ///< false: a neighbour names it, but it is silent
};
/// Why a member is not there: it said good-bye, was shut out by the authority, or was not heard any more.
enum class Absence { stopped, revoked, lost };
/// A member that this node heard of in the last week, and that is not there.
struct GoneRow {
  NodeId id{};
  std::optional<net::Ipv4Address> address{};
  std::string name;
  WallTime last_seen{};
  Absence why = Absence::lost;
  friend bool operator==(const GoneRow&, const GoneRow&) = default;
};
struct MembersAnswer {
  std::vector<MemberRow> members{};  ///< in ring order, this node first
  bool complete = true;              ///< the walk came back to its start
  std::vector<GoneRow> gone{};       ///< the last seen first; empty unless asked for
};

struct WhyAnswer {
  NodeId id{};
  std::optional<net::Ipv4Address> address{};
  std::string state;                   ///< "self", "direct", "relayed", "routed" (no link yet) or "unknown"
  std::string reason;                  ///< one sentence
  std::vector<std::string> notices{};  ///< as in this node's status: they may be the reason
  overlay::PairReport report{};
  std::vector<std::pair<std::chrono::milliseconds, std::string>> journal{};  ///< age, text
  std::string library;            ///< whose code seals on this end of the link; empty without one
  std::optional<GoneRow> gone{};  ///< without a link: it said good-bye, or was shut out, and was not heard since
};

struct DhtAnswer {
  dht::Outcome outcome{};
  struct Value {
    Bytes value{};
    NodeId owner{};
    WallTime expires{};
  };
  std::vector<Value> values{};
  std::string detail;
};

struct DnsAnswer {
  Bytes message{};
};
struct EndpointsAnswer {
  NodeId id{};
  std::vector<net::Endpoint> endpoints{};  ///< observed first, then local
  bool reachable_from_outside = false;     ///< a stranger from elsewhere came in unasked
};
struct DoneAnswer {};

using Answer = std::variant<StatusAnswer, PeersAnswer, MembersAnswer, WhyAnswer, DhtAnswer, DnsAnswer, EndpointsAnswer,
                            DoneAnswer>;

struct CommandAnswer {
  CommandId id{};
  Result<Answer> answer{Errc::not_found};
};

// --- events, for subscribers --------------------------------------------------------------------

struct LeaseHeldEvent {
  net::Ipv4Address address{};
  net::Ipv4Prefix prefix{};
  WallTime expires{};
};
struct LeaseLostEvent {
  net::Ipv4Address address{};
  std::string why;
};
struct PeerUpEvent {
  NodeId id{};
  bool direct = true;
};
struct PeerDownEvent {
  NodeId id{};
  std::string why;
};
struct JoinedEvent {};
struct NameHeldEvent {
  std::string name;
};
struct ReachabilityEvent {
  overlay::NatClass nat{};
  std::vector<net::Endpoint> observed{};
};

/// What is stored under a watched key may have changed: a hint to read it. A renewal is no change.
struct DhtChangedEvent {
  std::string key;
};

using Event = std::variant<JoinedEvent, LeaseHeldEvent, LeaseLostEvent, PeerUpEvent, PeerDownEvent, NameHeldEvent,
                           ReachabilityEvent, DhtChangedEvent>;

}  // namespace ipop::node
