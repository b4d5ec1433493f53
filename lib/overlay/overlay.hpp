#pragma once

// The ring: who is where, and how to reach him.
//
// Overlay turns datagrams into secured links, keeps the ring in order (near links), short
// (shortcuts) and adapted to traffic (on-demand links), passes routed packets on, and finds out
// how two nodes behind NATs can talk: directly by hole punching, else through a member.
// Main types: NodeId (a position), Connection (a link), RoutedPacket (what travels).
// It never looks into an IP packet, knows no DHT and no virtual address.

#include <cstdint>
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
#include "crypto/basis.hpp"
#include "crypto/channel_table.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"
#include "overlay/connection.hpp"
#include "overlay/link_end.hpp"
#include "overlay/link_journal.hpp"
#include "overlay/nat_behavior.hpp"
#include "overlay/packet.hpp"

namespace ipop::overlay {

/// All that is known of how this node reaches `peer`.
struct PairReport {
  NodeId peer{};
  std::optional<Connection> connection{};
  NatClass own_nat = NatClass::unknown;
  NatClass peer_nat = NatClass::unknown;
  std::vector<net::Endpoint> peer_candidates{};
  unsigned punch_attempts = 0;
  ShapedByRelay shaped{};
  std::vector<JournalEntry> journal{};  ///< oldest first, at most 16
  std::optional<NodeId> next_hop{};     ///< of routed packets where there is no link
};

/// Machine: one input, then poll_output until empty, then poll_timeout.
class Overlay {
 public:
  struct Config {
    NodeId self{};
    Bytes name_space{};                               ///< any octets; their hash separates rings
    std::vector<net::Endpoint> bootstrap{};           ///< names are resolved by the owner
    std::vector<net::Endpoint> known_peers{};         ///< from the state directory: tried as well
    std::optional<net::Ipv4Prefix> virtual_prefix{};  ///< no underlay link to any address in it
    unsigned near_per_side = 2;
    std::size_t most_links = 1024;  ///< a link that the peer has as a relay makes room for who comes
    std::uint16_t mtu = 1400;       ///< octets of the largest IP packet that links are wanted for
    Duration on_demand_idle = 450s;
    Duration keep_alive = 17s;      ///< +- 5 %: below the 20 s after which the quickest NATs forget
    unsigned relay_share = 75;      ///< percent of this node's line that others get when it is full
    std::uint64_t relay_limit = 0;  ///< octets a second that others get at the most; 0: as measured
    unsigned hands = 0;             ///< workers that the owner has: crypto::ChannelTable::Config
  };

  struct Datagram {
    net::Endpoint from{};
    ByteSpan octets{};
  };

  struct SendDatagrams {  ///< to one endpoint, in order
    net::Endpoint to{};
    std::vector<Bytes> datagrams{};
  };
  struct Delivered {  ///< a routed packet of a type that is not the overlay's own
    RoutedPacket packet{};
    NodeId previous_hop{};
  };
  struct LinkPackets {  ///< IP packets that the peer itself sent over its own link
    NodeId peer{};
    std::vector<Bytes> packets{};
  };
  /// A link is there; given again when it changes between direct and relayed.
  struct LinkUp {
    NodeId peer{};
    bool direct = true;
  };
  /// The largest IP packet that the path of a link carries; given before LinkUp, and when it changes.
  struct LinkCarries {
    NodeId peer{};
    std::uint16_t octets = 0;
  };
  struct LinkDown {
    NodeId peer{};
    std::string why{};
    LinkEnd end = LinkEnd::lost;
    TimePoint heard{};  ///< when anything of the peer came last
  };
  /// The nodes next to us changed; what a DHT needs to know.
  struct RingChanged {
    std::vector<NodeId> neighbours{};  ///< near on both sides, in ring order, without ourselves
    std::size_t size_estimate = 1;     ///< nodes in the ring, from the arcs between neighbours
  };
  /// Near links are right as far as we can see: packets to any id find their way. Given once, and
  /// again after the last link was lost and the ring joined anew.
  struct Joined {};
  /// An endpoint of this node that peers see, or the NAT class, changed.
  struct ReachabilityChanged {
    std::vector<net::Endpoint> observed{};
    NatClass nat = NatClass::unknown;
  };
  /// A newer revocation list came from a peer, and counts. It holds once the owner has put it into the basis, and says
  /// so to all who have to do something then, this machine as well: handle_trust_changed().
  struct NewerTrust {
    std::shared_ptr<const crypto::TrustStore> trust{};
  };
  /// Another node has a link to `informant` under our id, as that one says: no more than a hint. What the owner has
  /// to say to it goes to send_claim().
  struct OtherInstanceTold {
    NodeId informant{};
    crypto::ChannelId channel{};
    std::uint64_t instance = 0;
  };
  /// What somebody claims towards this node over that way, unread.
  struct ClaimTold {
    NodeId informant{};
    crypto::ChannelId channel{};
    std::optional<net::Endpoint> observed{};  ///< where the informant has it from
    Bytes octets{};
  };
  /// This node is the member between two others: so many octets of theirs may go over the lanes without it.
  struct MayPass {
    NodeId source{};
    NodeId destination{};
    crypto::Lanes lanes{};
    net::Endpoint endpoint{};
    std::uint64_t octets = 0;
    TimePoint until{};
  };
  /// What `peer` sealed for a lane of this pair, and a member brought over the session of his own link: for who has the
  /// lanes.
  struct LanePackets {
    NodeId peer{};
    std::vector<Bytes> packets{};
  };
  using LaneOpened = crypto::ChannelTable::LaneOpened;
  using LaneClosed = crypto::ChannelTable::LaneClosed;
  using Output = std::variant<SendDatagrams, Delivered, LinkPackets, LinkUp, LinkCarries, LinkDown, RingChanged, Joined,
                              ReachabilityChanged, NewerTrust, OtherInstanceTold, ClaimTold, LaneOpened, LaneClosed,
                              MayPass, LanePackets, LogLine>;

  /// All but the configuration outlive this. `basis` knows the time of day before start().
  Overlay(Config config, const crypto::Basis& basis, crypto::HandshakeFactory& handshakes, crypto::AeadFactory& aeads,
          Rng& rng);
  Overlay(Overlay&&) noexcept;
  ~Overlay();

  /// The basis has another trust store. Links of whoever is no member end at once, and all peers learn a newer list. To
  /// be called before start(), too, where the group has a list already.
  void handle_trust_changed(TimePoint now);
  void start(TimePoint now);
  /// Tells all peers and drops all links, without a LinkDown for each; the outputs are the last.
  void stop(TimePoint now);
  /// Drops all links without a word to anybody: whoever else has this node's key goes on under its id. start()
  /// begins anew, as another instance.
  void leave(TimePoint now);

  void handle_datagrams(TimePoint now, std::span<const Datagram> datagrams);
  /// The node's own underlay endpoints (address of each interface with the bound port). A change
  /// makes every link probe at once.
  void handle_local_endpoints(TimePoint now, std::vector<net::Endpoint> endpoints);
  /// Bootstrap names were resolved (again).
  void handle_bootstrap(TimePoint now, std::vector<net::Endpoint> endpoints);
  /// The machine slept or was cloned: all links are dropped and opened anew.
  void handle_suspend(TimePoint now);
  void handle_timeout(TimePoint now);

  /// Routes a packet of one of the upper types. A packet for ourselves comes back as Delivered, save one
  /// of mode nearest, which goes to the node next to us. `question`: as in RoutedPacket.
  void send(TimePoint now, PacketType type, RouteMode mode, const NodeId& destination, ByteSpan payload,
            std::uint64_t question = 0);
  /// IP packets straight over the link to `peer`; false (nothing sent) where there is no link.
  bool send_over_link(TimePoint now, const NodeId& peer, std::span<const ByteSpan> packets);
  /// Where IP packets for `peer` go at present, by whoever has the lanes.
  struct Way {
    crypto::Lanes lanes{};
    net::Endpoint endpoint{};
    std::optional<crypto::Lanes> relay{};  ///< of the member between, who is at `endpoint`
  };
  /// None where the peer, or the member between, takes no lanes.
  [[nodiscard]] std::optional<Way> way_to(const NodeId& peer) const;
  /// Packets that came over a lane and that its owner passes on here.
  void handle_opened(TimePoint now, crypto::Spi lane, std::span<const ByteSpan> packets);
  struct LaneTraffic {
    crypto::ChannelTable::LaneTraffic counts{};
    std::optional<net::Endpoint> from{};  ///< of the newest packet
    std::uint64_t packets_passed = 0;     ///< of those sent: by MayPass
    std::uint64_t octets_passed = 0;
  };
  void handle_traffic(TimePoint now, const LaneTraffic& traffic);
  /// Traffic wants a link to `peer`: opens an on-demand link unless one is there or being tried.
  void want_link(TimePoint now, const NodeId& peer);
  /// To the other node under our id, over the way by which OtherInstanceTold or ClaimTold came; 1 to 255 octets.
  void send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets);

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] bool is_joined() const;
  /// Drawn at the start, and again by handle_suspend() and leave().
  [[nodiscard]] std::uint64_t instance() const;
  /// Ring order, starting after ourselves.
  [[nodiscard]] std::vector<Connection> connections() const;
  [[nodiscard]] std::vector<NodeId> neighbours() const;
  /// The nearest clockwise neighbour; ourselves when alone.
  [[nodiscard]] NodeId successor() const;
  [[nodiscard]] std::size_t size_estimate() const;
  [[nodiscard]] NatClass nat_class() const;
  /// A peer came in, from an address outside of this site that this node had sent nothing to.
  [[nodiscard]] bool is_reached_from_outside() const;
  [[nodiscard]] std::vector<net::Endpoint> observed_endpoints() const;
  [[nodiscard]] PairReport report(TimePoint now, const NodeId& peer) const;
  /// Endpoints of direct peers worth trying after a restart, best first, at most 32.
  [[nodiscard]] std::vector<net::Endpoint> peers_to_remember() const;
  /// What went over the link to `peer`; none without a link.
  [[nodiscard]] std::optional<crypto::ChannelTable::Statistics> link_statistics(const NodeId& peer) const;
  [[nodiscard]] Counters counters() const;

 private:
  struct State;

  /// Ends each input.
  void settle(TimePoint now);
  void run_timers(TimePoint now);
  /// Looks at what the ring lacks, and at what the links have to say.
  void look(TimePoint now);
  void set_next_deadline();
  /// Drops all links without a word.
  void begin_anew(TimePoint now, const std::string& why);

  std::unique_ptr<State> state_;
};

}  // namespace ipop::overlay
