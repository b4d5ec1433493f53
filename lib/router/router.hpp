#pragma once

// Between the TAP and the overlay.
//
// Router takes Ethernet frames from the virtual interface and IP packets from peers. It learns the
// client's MAC, answers ARP, DHCP and DNS itself, holds the lease of the node's address, finds the
// node that holds a destination address, and checks that a peer's packets come from an address
// leased to that peer. Only IP packets travel; Ethernet headers are made at each end.
// Main types: Router (facade), LeaseKeeper, DhcpServer, NameService, AddressResolver.
// It sends nothing itself: requests to the DHT and packets for peers are outputs.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"
#include "dht/dht.hpp"
#include "dht/record.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "net/mac_address.hpp"
#include "router/c_name.hpp"
#include "router/dns_relay.hpp"
#include "router/lease.hpp"
#include "router/lease_keeper.hpp"
#include "router/lease_server.hpp"

namespace ipop::router {

/// Names a question to the DHT; the owner passes the answer back with it.
using RequestId = StrongId<struct RequestTag, std::uint64_t>;

/// A row of the address table: what is known of who holds an address.
struct Mapping {
  net::Ipv4Address address{};
  std::optional<NodeId> node{};  ///< none: known not to be leased
  bool verified = true;          ///< the DHT's record was checked
};

class Router {
 public:
  struct Config {
    NodeId self{};
    Bytes name_space{};
    net::Ipv4Prefix prefix{};                     ///< the virtual network
    std::string domain = "ipop";                  ///< of all names; without dots at the ends
    std::optional<std::string> host_name{};       ///< a name of the member's own choice to claim
    std::optional<net::Ipv4Address> preferred{};  ///< the last lease, asked for again
    bool claim_address = true;                    ///< false for a SimpleNode: no lease, no name
    std::uint16_t mtu = 1400;                     ///< of the TAP, octets of IP packet
    std::optional<net::MacAddress> tap_mac{};     ///< of the kernel's end of the TAP; DhcpServer::Config
    std::uint16_t guest_mtu = 1400;               ///< told to clients with another MAC, at most `mtu`
    Duration lease_time = std::chrono::hours(24);
    Bytes certificate{};                             ///< this node's, DER, in a closed group
    bool offer_dns = true;                           ///< DHCP names this node's server (option 6)
    std::optional<LeaseServer> lease_server{};       ///< gives out the addresses; none: the ring does
    std::shared_ptr<const dht::GrantRule> grants{};  ///< its rule
    bool tells_admitted = false;
  };

  struct WriteFrames {  ///< to the TAP, in order
    std::vector<Bytes> frames{};
  };
  struct SendPackets {  ///< IP packets for the node that holds their destination
    NodeId to{};
    std::vector<Bytes> packets{};
  };
  struct DhtCreate {
    RequestId id{};
    dht::Record record{};
  };
  struct DhtGet {
    RequestId id{};
    dht::RecordKind kind{};
    Bytes name{};
  };
  struct WantLink {  ///< traffic to this node is coming
    NodeId peer{};
  };
  struct LeaseHeld {  ///< an address that was not held before; renewals are silent
    Lease lease{};
  };
  struct LeaseLost {
    net::Ipv4Address address{};
    std::string why{};
  };
  struct DnsStreamAnswer {  ///< for handle_dns_stream_query
    std::uint64_t tag = 0;
    Bytes message{};
  };
  struct NameHeld {
    std::string name{};  ///< without the domain
  };
  /// A packet of `source` from `peer` was taken and written for the machine `to`; said, where the owner asked for it,
  /// at most every 100 ms a source.
  struct Admitted {
    NodeId peer{};
    net::Ipv4Address source{};
    net::Ipv4Address destination{};
    net::MacAddress to{};
  };
  struct AskLeaseServer {  ///< an encoded leasing::LeaseRequest; one at a time
    Bytes request{};
  };
  using ClockOff = LeaseKeeper::ClockOff;
  using ForwardDns = DnsRelay::Forward;  ///< a query of the client's side, for a server of this machine
  using EndForwardDns = DnsRelay::EndForward;
  using Output = std::variant<WriteFrames, SendPackets, DhtCreate, DhtGet, WantLink, LeaseHeld, LeaseLost, NameHeld,
                              Admitted, ClockOff, ForwardDns, EndForwardDns, DnsStreamAnswer, AskLeaseServer, LogLine>;

  /// `key` signs records; it, the basis and `rng` outlive the machine.
  Router(Config config, const crypto::PrivateKey& key, const crypto::Basis& basis, Rng& rng);
  Router(Router&&) noexcept;
  ~Router();

  /// The basis has another wall time.
  void handle_clock_set(TimePoint now);
  /// The ring can be asked: claims the address, then the name. Needs the wall time, in either order.
  void handle_joined(TimePoint now);
  /// Others are members than before: what is known of addresses and names is asked for anew.
  void handle_trust_changed();
  /// Neighbours changed: the lease is looked up again, since another part of the ring may have
  /// granted it to somebody else.
  void handle_ring_changed(TimePoint now);
  /// Nothing leads to `peer`: its link ended, or packets for it find neither link nor session. Who holds
  /// its addresses is asked for anew when packets for them come next.
  void handle_unreached(TimePoint now, const NodeId& peer);
  /// The link to `peer` carries IP packets of at most `octets`: larger ones are refused, or cut where they
  /// may be, and the segments of TCP connections are kept below. The TAP's MTU ends the limit.
  void handle_carries(const NodeId& peer, std::uint16_t octets);
  /// Octets of the largest packet that reaches `peer`.
  [[nodiscard]] std::uint16_t mtu_to(const NodeId& peer) const;
  /// Ethernet frames that the client's side sent, without FCS.
  void handle_frames(TimePoint now, std::span<const ByteSpan> frames);
  /// IP packets whose sender is proven to be `source`.
  void handle_packets(TimePoint now, const NodeId& source, std::span<const Bytes> packets);
  /// The answer to a DhtCreate or DhtGet; an id that is not known (any more) is ignored.
  void handle_dht_answer(TimePoint now, RequestId id, const dht::Dht::Answer& answer);
  void handle_timeout(TimePoint now);

  /// The answer to AskLeaseServer: an encoded leasing::LeaseGrant, or why there is none.
  void handle_lease_answer(TimePoint now, ByteSpan grant);
  void handle_lease_failure(TimePoint now, std::string why);

  /// The servers that this machine had: names outside the group are asked of them, for the client's side only.
  /// None: such names are refused.
  void handle_dns_servers(std::vector<net::Endpoint> servers);
  /// What came for a ForwardDns of this number.
  void handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message);
  void handle_dns_server_failure(TimePoint now, std::uint64_t number);

  /// The port of the leased address at which this machine's kernel takes connections to the name server
  /// (router/stream_turn.hpp). None: they are refused.
  void handle_dns_listener(std::optional<std::uint16_t> port);
  /// A query that came over such a connection.
  void handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query);

  /// For `ipop-ctl` and `ipop-dns`: a DNS query as wire octets; the answer follows at once, or later
  /// through `poll_dns_answer` when the DHT must be asked.
  void handle_dns_query(TimePoint now, std::uint64_t tag, ByteSpan query);
  struct DnsAnswer {
    std::uint64_t tag = 0;
    Bytes message{};
  };
  [[nodiscard]] std::optional<DnsAnswer> poll_dns_answer();

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] std::optional<Lease> lease() const;
  [[nodiscard]] std::optional<std::string> held_name() const;
  /// Whether this node holds what a record of this kind and name is about.
  [[nodiscard]] bool holds(dht::RecordKind kind, ByteSpan name) const;
  /// What is wrong with the lease server, for a person.
  [[nodiscard]] std::optional<std::string> lease_notice() const;
  /// Who holds the chosen name in this node's place and until when, with what to do; none while this node holds it.
  [[nodiscard]] std::optional<std::string> name_notice() const;
  /// The node's own address and what the resolver knows, in the order of the addresses.
  [[nodiscard]] std::vector<Mapping> mappings() const;
  /// Drops by reason (`drop_...`), and what was answered.
  [[nodiscard]] Counters counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

static_assert(Machine<Router>);

}  // namespace ipop::router
