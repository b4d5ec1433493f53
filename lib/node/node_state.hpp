#pragma once

// The inside of node::Node, shared by node.cpp (life and inputs), node_flow.cpp (the flow of values)
// and node_commands.cpp (questions of clients). Nobody else includes it.

#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/timer_table.hpp"
#include "base/token_buckets.hpp"
#include "base/wall_clock.hpp"
#include "dht/dht.hpp"
#include "node/certificate_end.hpp"
#include "node/certificate_renewal.hpp"
#include "node/end_to_end.hpp"
#include "node/lease_courier.hpp"
#include "node/lease_desk.hpp"
#include "node/member_history.hpp"
#include "node/node.hpp"
#include "node/query.hpp"
#include "node/revocation_archive.hpp"
#include "node/ring_turnover.hpp"
#include "node/ring_walk.hpp"
#include "node/twin_watch.hpp"
#include "overlay/overlay.hpp"
#include "router/router.hpp"

namespace ipop::node {

class Node::State {
 public:
  State(NodeConfig config, const crypto::PrivateKey& key, crypto::HandshakeFactory& handshakes,
        crypto::AeadFactory& aeads, Rng& rng);

  /// Passes values between the machines until none has anything to say.
  void pump(TimePoint now);

  void start(TimePoint now);
  void handle_command(TimePoint now, CommandId id, const Command& command);
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  enum class Timer {
    alone,        ///< nobody was reached: this node is a ring of its own and takes its address there
    certificate,  ///< this node's own nears its end
    renewal,      ///< this node's next certificate may be asked for
    history,      ///< who is here changed a while ago: the same
    save,         ///< known peers changed a while ago: they are given out for the state directory
    count_
  };

  NodeConfig config;
  std::shared_ptr<const crypto::TrustStore> trust;
  const crypto::PrivateKey& key;
  crypto::AeadFactory& aeads;
  Rng& rng;
  Bytes name_space;
  NodeId self;

  std::shared_ptr<const dht::GrantRule> grants;  ///< the lease server's, where the group has one
  overlay::Overlay ring;
  dht::Dht table;
  std::optional<router::Router> router;
  EndToEnd sessions;
  // Where a member runs the group's lease server: the way there, or on that member itself the requests of all.
  std::optional<LeaseCourier> courier;
  std::optional<LeaseDesk> desk;
  std::optional<RevocationArchive> archive;  ///< in a closed group
  TwinWatch twin;
  std::list<RingWalk> walks;
  OutputQueue<Output> outputs;

 private:
  /// Who waits for an answer of the DHT: the router, or a client's command.
  struct RouterWaits {
    router::RequestId id{};
  };
  struct ClientGets {
    CommandId id{};
  };
  struct ClientPuts {
    CommandId id{};
  };
  struct ClientAsksWhy {
    CommandId id{};
    std::optional<net::Ipv4Address> address{};
  };
  struct ArchiveWaits {
    std::string key;
  };
  struct CourierWaits {};
  /// Who waits for a walk of the ring.
  struct Walking {
    CommandId id{};
    bool all = false;
  };
  using Waiting = std::variant<RouterWaits, ClientGets, ClientPuts, ClientAsksWhy, ArchiveWaits, CourierWaits>;

  bool pump_ring(TimePoint now);
  bool pump_table(TimePoint now);
  bool pump_router(TimePoint now);
  bool pump_sessions(TimePoint now);
  bool pump_walks(TimePoint now);
  bool pump_archive(TimePoint now);
  bool pump_courier(TimePoint now);
  bool pump_desk(TimePoint now);
  bool pump_twin(TimePoint now);

  void handle_delivered(TimePoint now, const overlay::Overlay::Delivered& delivered);
  void handle_query(TimePoint now, const NodeId& from, ByteSpan octets);
  void handle_lease_question(TimePoint now, const NodeId& from, LeaseQuestion question);
  void ask_lease_server(TimePoint now, Bytes request);
  void take_lease_answer(TimePoint now, ByteSpan grant);
  void take_lease_failure(TimePoint now, std::string why);
  [[nodiscard]] std::optional<NodeId> holder_of_name(TimePoint now, const std::string& name,
                                                     const dht::Dht::Answer& answered) const;
  void handle_walked(TimePoint now, const Walking& walking, MembersAnswer found);
  void handle_table_answer(TimePoint now, const dht::Dht::Answer& answer);
  /// The address or the name that this node holds.
  [[nodiscard]] bool is_held(const dht::Dht::Contested& contested) const;
  void handle_ring_ready(TimePoint now);
  void enter_ring(TimePoint now);
  /// Another machine with our key stays: out of the ring without a word, and without an address.
  void step_back(TimePoint now);
  void send_packets(TimePoint now, const NodeId& to, std::vector<Bytes> packets);
  // What a worker may do by itself for a moment, since this node has just done it.
  void let_send(TimePoint now, const NodeId& to, std::span<const Bytes> packets);
  void let_receive(TimePoint now, const router::Router::Admitted& admitted);
  void forget_decisions();
  [[nodiscard]] bool is_ourselves(const net::Endpoint& endpoint) const;
  /// Nobody but this node itself is named or known, so that nobody is waited for.
  [[nodiscard]] bool has_nobody_to_ask() const;
  /// It may take an address though it reached nobody: it is a bootstrap node itself, or there are none.
  [[nodiscard]] bool may_be_first() const;
  void handle_no_answer(TimePoint now);
  void handle_clock(std::optional<std::chrono::seconds> ahead);
  /// Names are resolved, and addresses come, after the start: only then a bootstrap node knows itself.
  void look_at_bootstrap(TimePoint now);
  [[nodiscard]] std::vector<std::string> notices() const;
  void look_at_certificate(TimePoint now);
  /// Asks for the next certificate when it is time: over the virtual network, so with an address only.
  void look_at_renewal(TimePoint now);
  /// Says once that the list that holds here names this node.
  void look_at_own_revocation();
  [[nodiscard]] bool is_revoked() const;
  void save_state(TimePoint now);
  void remember_member(TimePoint now, const MemberRow& row);
  /// With those who are linked as seen at this moment.
  void save_history(TimePoint now);
  /// A newer list holds: the DHT, the sessions and the router follow, and it is kept. One that was
  /// brought here is put into the DHT as well.
  void follow_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> newer, bool brought_here);
  /// A list that came past the links: they, and all the rest, follow it if it is the authority's and newer.
  Result<void> adopt_list(TimePoint now, ByteSpan list, bool brought_here);
  [[nodiscard]] WallTime wall_at(TimePoint now) const { return clock_.at(now); }
  [[nodiscard]] dht::Record make_value(TimePoint now, std::string_view key, Bytes value, std::chrono::seconds lives);
  [[nodiscard]] Bytes own_certificate() const;

  // node_commands.cpp
  void answer(CommandId id, Answer answer);
  void refuse(CommandId id, Error error);
  void refuse_open_questions();
  [[nodiscard]] StatusAnswer status(TimePoint now) const;
  [[nodiscard]] PeersAnswer peers(TimePoint now) const;
  [[nodiscard]] MemberRow own_row() const;
  [[nodiscard]] EndpointsAnswer endpoints() const;
  [[nodiscard]] QueryAnswer describe(std::uint64_t query) const;
  [[nodiscard]] std::vector<NodeId> known_nodes() const;
  [[nodiscard]] std::optional<net::Ipv4Address> address_of(const NodeId& id) const;
  void begin_why(TimePoint now, CommandId id, const std::string& target);
  void answer_why(TimePoint now, CommandId id, const NodeId& target, std::optional<net::Ipv4Address> address);
  void begin_get(TimePoint now, CommandId id, const DhtGetCommand& command);
  void begin_put(TimePoint now, CommandId id, const DhtPutCommand& command);
  [[nodiscard]] Counters counters() const;

  TimerTable<Timer> timers_;
  std::map<dht::OperationId, Waiting> waiting_;
  std::map<std::uint64_t, Walking> walking_;      ///< by walk id
  std::map<std::uint64_t, CommandId> resolving_;  ///< DNS questions of clients, by tag
  std::uint64_t next_tag_ = 1;
  std::vector<net::Endpoint> local_endpoints_;
  bool names_bootstrap_;  // the group does, resolved or not
  std::vector<net::Endpoint> saved_peers_;
  std::optional<net::Ipv4Address> saved_address_;
  MemberHistory history_;
  std::vector<GoneRow> saved_history_;
  /// Answers to questions about this node, by whoever is said to have asked: an answer has nine times the octets of
  /// its question. A person who looks at the members again and again asks each of them less often.
  TokenBuckets<NodeId> described_{std::chrono::milliseconds(250), 32, 1024};
  Counters counters_;
  TimePoint started_{};
  TimePoint last_now_{};
  WallClock clock_;
  Duration address_after_{};
  bool ring_ready_ = false;
  RingTurnover turnover_;
  std::vector<net::Endpoint> dns_servers_;         // what a new router must know
  std::optional<std::uint16_t> dns_listener_;      // likewise
  std::optional<CertificateEnd> certificate_end_;  // in a closed group
  std::optional<std::string> certificate_notice_;
  std::optional<std::string> renewal_notice_;
  std::optional<CertificateRenewal> renewal_;  // in a closed group, with an interface
  bool revocation_told_ = false;
  std::string clock_notice_;  // empty: nobody complains of this machine's clock
  bool cut_off_ = false;      // nobody answered, and this node may not be the first

  friend class Node;
};

}  // namespace ipop::node
