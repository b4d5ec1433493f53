#pragma once

// One node, still pure.
//
// Node owns the overlay, the DHT, the router and the end-to-end sessions of a running node, and
// passes values from one to the next. Datagrams, frames, commands and the time come in; datagrams,
// frames, answers, events and state to keep come out. The daemon and the simulator own the same
// class. It opens no socket, reads no clock and writes no file.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "crypto/aead.hpp"
#include "crypto/certificate.hpp"
#include "crypto/handshake.hpp"
#include "crypto/private_key.hpp"
#include "crypto/trust_store.hpp"
#include "dataplane/worker.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"
#include "node/command.hpp"
#include "node/keepsakes.hpp"
#include "node/own_certificate.hpp"
#include "node/questions.hpp"
#include "overlay/overlay.hpp"
#include "router/router.hpp"

namespace ipop::node {

struct NodeConfig {
  std::string name_space;                    ///< 1 to 255 octets of text
  std::vector<net::Endpoint> bootstrap{};    ///< resolved so far
  bool has_bootstrap = false;                ///< the group names bootstrap nodes, resolved or not
  bool first = false;                        ///< may be the first member, though the bootstrap nodes are others
  std::vector<net::Endpoint> known_peers{};  ///< from the state directory
  std::vector<GoneRow> history{};            ///< members heard of before the start, from the state directory
  std::optional<net::Ipv4Prefix> prefix{};   ///< of the virtual network; none: SimpleNode
  std::string domain = "ipop";
  std::optional<std::string> host_name{};
  std::optional<net::Ipv4Address> preferred_address{};
  std::uint16_t mtu = 1400;                  ///< of the TAP; links are wanted for packets of that size
  std::optional<net::MacAddress> tap_mac{};  ///< router::Router::Config, as the next
  std::uint16_t guest_mtu = 1400;
  unsigned relay_share = 75;  ///< overlay::Overlay::Config, as the next
  std::uint64_t relay_limit = 0;
  std::size_t most_links = 1024;
  bool offer_dns = true;                              ///< router::Router::Config
  std::optional<router::LeaseServer> lease_server{};  ///< gives out the addresses; none: the ring does
  /// Closed group: its authority, with the list of the last time, and this node's certificate, good by
  /// it. Open group: neither.
  std::shared_ptr<const crypto::TrustStore> trust{};
  std::optional<crypto::Certificate> certificate{};
  std::string interface {};  ///< shown only
  std::string version{};     ///< shown only
  /// Workers of the owner that carry out dataplane::Order and keep to the lanes that they got: 0, 1, 2, 4 or 8.
  unsigned hands = 0;
};

class Node {
 public:
  using SendDatagrams = overlay::Overlay::SendDatagrams;
  using Datagram = overlay::Overlay::Datagram;
  struct WriteFrames {
    std::vector<Bytes> frames{};
  };
  using CommandAnswer = node::CommandAnswer;
  using SaveState = Keepsakes::SaveState;
  using SaveHistory = Keepsakes::SaveHistory;
  /// A newer revocation list holds; the owner keeps it for the next start.
  struct SaveRevocations {
    Bytes list{};
  };
  using ForwardDns = router::Router::ForwardDns;
  using EndForwardDns = router::Router::EndForwardDns;
  using DnsStreamAnswer = router::Router::DnsStreamAnswer;
  using RenewCertificate = OwnCertificate::AskForNext;
  /// The owner carries it to the group's lease server and tells handle_lease_answer() or handle_lease_failure().
  using AskLeaseServer = router::Router::AskLeaseServer;
  using Order = dataplane::Order;                     ///< for the workers, before anything else is given to them
  using LanePackets = overlay::Overlay::LanePackets;  ///< for the workers, when they have nothing else in hand
  using Stop = Questions::Stop;
  using Output = std::variant<SendDatagrams, WriteFrames, CommandAnswer, Event, SaveState, SaveHistory, SaveRevocations,
                              ForwardDns, EndForwardDns, DnsStreamAnswer, RenewCertificate, AskLeaseServer, Order,
                              LanePackets, Stop, LogLine>;

  /// Everything passed by reference outlives the node.
  Node(NodeConfig config, const crypto::PrivateKey& key, crypto::HandshakeFactory& handshakes,
       crypto::AeadFactory& aeads, Rng& rng);
  Node(Node&&) noexcept;
  ~Node();

  /// UTC at `now`: before start, and whenever the owner finds that the wall clock was set.
  void handle_wall_time(TimePoint now, WallTime wall);
  void start(TimePoint now);
  /// Says good-bye to peers, and refuses what clients asked and wait for; its outputs are the last.
  void stop(TimePoint now);

  void handle_datagrams(TimePoint now, std::span<const Datagram> datagrams);
  void handle_frames(TimePoint now, std::span<const ByteSpan> frames);
  /// Packets of a worker's lane that it has no decision for; and what went over its lanes, a few times a second.
  void handle_opened(TimePoint now, std::span<const dataplane::Worker::ForNode::Opened> packets);
  void handle_traffic(TimePoint now, std::span<const dataplane::Worker::Traffic> traffic);
  void handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints);
  void handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints);
  /// As router::Router; a node without an interface forwards nothing.
  void handle_dns_servers(TimePoint now, std::vector<net::Endpoint> servers);
  void handle_dns_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message);
  void handle_dns_server_failure(TimePoint now, std::uint64_t number);
  void handle_dns_listener(std::optional<std::uint16_t> port);
  void handle_dns_stream_query(TimePoint now, std::uint64_t tag, ByteSpan query);
  /// Answers RenewCertificate: no certificate came, for this reason; it is asked for again.
  void handle_renewal_failure(TimePoint now, std::string reason);
  /// Answers AskLeaseServer; router::Router.
  void handle_lease_answer(TimePoint now, ByteSpan grant);
  void handle_lease_failure(TimePoint now, std::string why);
  void handle_suspend(TimePoint now);
  void handle_command(TimePoint now, CommandId id, const Command& command);
  /// No client watches this DHT key any more.
  void end_watch(TimePoint now, const std::string& key);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] const NodeId& id() const;
  [[nodiscard]] bool is_joined() const;
  /// What keeps this node from doing its work, a sentence each; the same as in its status.
  [[nodiscard]] std::vector<std::string> notices() const;
  [[nodiscard]] std::optional<net::Ipv4Address> address() const;
  [[nodiscard]] std::vector<overlay::Connection> connections() const;
  /// What went over the link to `peer`; none without a link.
  [[nodiscard]] std::optional<crypto::ChannelTable::Statistics> link_statistics(const NodeId& peer) const;
  /// For the invariants of a simulation: the neighbours as this node sees them, in ring order.
  [[nodiscard]] std::vector<NodeId> neighbours() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

static_assert(Machine<Node>);

}  // namespace ipop::node
