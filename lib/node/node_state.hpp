#pragma once

// The inside of node::Node, shared by node.cpp (life and inputs), node_flow.cpp (the flow of values)
// and node_answers.cpp (what clients and other nodes ask, what the DHT answers). Nobody else includes it.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/counters.hpp"
#include "base/token_buckets.hpp"
#include "crypto/basis.hpp"
#include "dht/dht.hpp"
#include "node/arrival.hpp"
#include "node/clock_notice.hpp"
#include "node/end_to_end.hpp"
#include "node/keepsakes.hpp"
#include "node/lease_way.hpp"
#include "node/node.hpp"
#include "node/own_certificate.hpp"
#include "node/query.hpp"
#include "node/questions.hpp"
#include "node/revocation_archive.hpp"
#include "node/ring_turnover.hpp"
#include "node/self_report.hpp"
#include "node/twin_watch.hpp"
#include "node/value_writer.hpp"
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
  void handle_wall_time(TimePoint now, WallTime wall);
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::optional<net::Ipv4Address> address() const;

  NodeConfig config;
  crypto::Basis basis;  ///< the one of this node: all that judge ask it
  const crypto::PrivateKey& key;
  Rng& rng;
  Bytes name_space;
  NodeId self;

  std::shared_ptr<const dht::GrantRule> grants;  ///< the lease server's, where the group has one
  overlay::Overlay ring;
  dht::Dht table;
  std::optional<router::Router> router;
  EndToEnd sessions;
  Arrival arrival;
  Keepsakes keepsakes;
  std::optional<OwnCertificate> certificate;  ///< in a closed group
  std::optional<RevocationArchive> archive;   ///< likewise
  LeaseWay leases;
  TwinWatch twin;
  OutputQueue<Output> outputs;
  std::vector<net::Endpoint> dns_servers;     ///< what a new router must know
  std::optional<std::uint16_t> dns_listener;  ///< likewise
  ClockNotice clock_notice;
  Counters counters;
  SelfReport report;
  Questions questions;

 private:
  /// Who waits for an answer of the DHT.
  struct RouterWaits {
    router::RequestId id{};
  };
  struct ClientWaits {
    QuestionId id{};
  };
  struct ArchiveWaits {
    std::string key;
  };
  struct LeaseWaits {
    std::string server;
  };
  using Waiting = std::variant<RouterWaits, ClientWaits, ArchiveWaits, LeaseWaits>;

  // Each takes all that one machine has to say. False: it had nothing.
  bool pump_ring(TimePoint now);
  bool pump_table(TimePoint now);
  bool pump_router(TimePoint now);
  bool pump_sessions(TimePoint now);
  bool pump_arrival(TimePoint now);
  bool pump_keepsakes(TimePoint now);
  bool pump_certificate();
  bool pump_archive(TimePoint now);
  bool pump_leases(TimePoint now);
  bool pump_twin(TimePoint now);
  bool pump_questions(TimePoint now);

  void enter_ring(TimePoint now);
  /// Another machine with our key stays: out of the ring without a word, and without an address.
  void step_back(TimePoint now);
  void handle_delivered(TimePoint now, const overlay::Overlay::Delivered& delivered);
  void send_query(TimePoint now, const NodeId& to, const QueryMessage& message);
  void handle_query(TimePoint now, const NodeId& from, ByteSpan octets);
  void handle_table_answer(TimePoint now, const dht::Dht::Answer& answer);
  void send_packets(TimePoint now, const NodeId& to, std::vector<Bytes> packets);
  void forget_decisions();
  /// All that keep something which the basis may no longer bear look at it again.
  void tell_trust(TimePoint now);
  /// A newer list holds from here on: the basis has it, all are told, and it is kept. One that was brought here is put
  /// into the DHT as well.
  void set_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust, bool brought_here);
  /// A list that came past the links: it holds if it is the authority's and newer.
  Result<void> adopt_list(TimePoint now, ByteSpan list, bool brought_here);

  ValueWriter values_;
  std::map<dht::OperationId, Waiting> waiting_;
  RingTurnover turnover_;
  /// Answers to questions about this node, by whoever is said to have asked: an answer has nine times the octets of
  /// its question. A person who looks at the members again and again asks each of them less often.
  TokenBuckets<NodeId> described_{std::chrono::milliseconds(250), 32, 1024};

  friend class Node;
};

}  // namespace ipop::node
