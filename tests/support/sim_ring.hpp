#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "crypto/aead.hpp"
#include "crypto/handshake.hpp"
#include "crypto/private_key.hpp"
#include "node/node.hpp"
#include "support/hostile_member.hpp"
#include "support/link_invariant.hpp"
#include "support/sim_authority.hpp"
#include "support/sim_network.hpp"

namespace ipop::test_support {

/// The arithmetic of the channels: OpenSSL's, or a stand-in with the same messages and sizes.
enum class SimCrypto { stand_in, real };

/// The shipped node::Node as a host of the simulated network, with a client on its virtual
/// interface that answers pings.
class SimNode final : public SimHost {
 public:
  SimNode(node::NodeConfig config, const crypto::PrivateKey& key, SimCrypto crypto, std::uint64_t seed);
  ~SimNode() override;

  void start(TimePoint now, const net::Endpoint& local);
  void stop(TimePoint now) { node_->stop(now); }

  void handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) override;
  void handle_timeout(TimePoint now) override { node_->handle_timeout(now); }
  /// The client sends a frame.
  void send_frame(TimePoint now, ByteSpan frame);
  Outgoing take_outgoing(TimePoint now) override;
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const override { return node_->poll_timeout(); }
  [[nodiscard]] std::string broken_invariant() const override { return broken_links(*node_); }

  /// The client sends an echo request; the answer's time appears in `ping_answers`. Without `wants_answer` a reply that
  /// nobody asked for: its time appears at the other.
  void ping(TimePoint now, net::Ipv4Address to, std::uint16_t sequence, bool wants_answer = true);
  /// A command; its answer appears in `answers` under the number returned.
  std::uint64_t ask(TimePoint now, const node::Command& command);

  [[nodiscard]] Counters worker_counters() const;
  [[nodiscard]] Counters worker_counters(unsigned hand) const { return workers_.at(hand).counters(); }
  [[nodiscard]] node::Node& node() { return *node_; }
  [[nodiscard]] const node::Node& node() const { return *node_; }
  [[nodiscard]] const node::NodeConfig& config() const { return config_; }
  [[nodiscard]] node::StatusAnswer status(TimePoint now);

  /// The group's lease server as this node reaches it: an encoded grant, or none while it does not answer.
  std::function<std::optional<Bytes>(TimePoint now, const Bytes& request)> lease_server;
  std::map<std::uint16_t, TimePoint> ping_answers;  ///< by sequence
  std::map<std::uint64_t, Result<node::Answer>> answers;
  std::vector<std::pair<TimePoint, node::Event>> events;
  std::optional<node::Node::SaveState> saved;
  std::vector<node::GoneRow> saved_members;
  std::uint64_t revocation_number = 0;  ///< of the list that it keeps
  std::vector<LogLine> log;
  std::optional<TimePoint> joined_at;
  std::optional<TimePoint> lease_at;

 private:
  void handle_frame(TimePoint now, ByteSpan frame);
  void drain(TimePoint now);
  void carry_out(TimePoint now, const dataplane::Worker::Outcome& outcome);

  node::NodeConfig config_;
  crypto::PrivateKey key_;
  SeededRng rng_;
  std::unique_ptr<crypto::HandshakeFactory> handshakes_;
  std::unique_ptr<crypto::AeadFactory> aeads_;
  std::deque<dataplane::Worker> workers_;  // as many as NodeConfig::hands, in one thread
  std::size_t frames_sent_ = 0;
  std::size_t datagrams_received_ = 0;
  std::deque<std::pair<dataplane::Worker::Origin, Bytes>> handed_;
  TimePoint next_report_{};
  Outgoing outgoing_;
  std::vector<Bytes> replies_;  ///< frames of the client that have not been sent yet
  std::unique_ptr<node::Node> node_;
  std::uint64_t next_command_ = 1;
};

/// Many nodes on one network: places them, starts them and looks whether the ring is right.
class SimRing {
 public:
  struct Config {
    std::uint64_t seed = 1;
    SimNetwork::Config network{};
    SimCrypto crypto = SimCrypto::stand_in;
    bool closed = false;  ///< every node has a certificate of authority()
  };

  explicit SimRing(Config config);
  SimRing(const SimRing&) = delete;  // the network's events name this ring
  SimRing& operator=(const SimRing&) = delete;

  /// A public node without a virtual interface that the others know as bootstrap.
  std::size_t add_bootstrap(unsigned hands = 0);
  std::size_t add_bootstrap(const std::function<void(node::NodeConfig&)>& change);
  /// A member at `site`; it starts at `when`.
  std::size_t add_member(SiteId site, TimePoint when);
  /// The same for a group that was configured otherwise.
  std::size_t add_member(SiteId site, TimePoint when, const std::function<void(node::NodeConfig&)>& change);
  /// A machine with a copy of member `index`'s disk: its key, its certificate and what it had saved; it starts
  /// at `when`.
  std::size_t add_clone(std::size_t index, SiteId site, TimePoint when);
  /// A member that lies, linked to every public node that was added so far; it starts at once. `change` says
  /// what else it knows, or wants.
  HostileMember& add_hostile(SiteId site, const Lies& lies,
                             const std::function<void(HostileMember::Config&)>& change = {});
  /// Ends the node without a word, as kill -9 does.
  void kill(std::size_t index);
  /// Starts a killed node with the same key and what it had saved.
  void restart(std::size_t index);
  /// The machine is suspended: it hears nothing and no timer of it runs until it is resumed, which its daemon notices.
  void suspend(std::size_t index);
  void resume(std::size_t index);

  /// Of a closed ring.
  [[nodiscard]] SimAuthority& authority() { return *authority_; }
  [[nodiscard]] SimNetwork& network() { return network_; }
  [[nodiscard]] SimNode& at(std::size_t index) { return *nodes_.at(index); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  [[nodiscard]] bool is_alive(std::size_t index) const { return alive_.at(index); }
  [[nodiscard]] HostId host(std::size_t index) const { return hosts_.at(index); }

  /// Every living node has its two true neighbours on each side (all others in smaller rings).
  [[nodiscard]] bool near_links_are_right() const;
  /// What is wrong with the near links, for a failing test.
  [[nodiscard]] std::string describe_near_links() const;
  [[nodiscard]] bool all_joined() const;
  [[nodiscard]] bool all_have_addresses() const;
  /// Addresses that more than one living node holds.
  [[nodiscard]] std::size_t duplicate_addresses() const;
  /// Every living member pings every other one; how many pairs (of ordered ones) got an answer
  /// within `limit`.
  std::size_t ping_all_pairs(Duration limit);
  /// Ordered pairs of living members with an address.
  [[nodiscard]] std::size_t pairs() const;

  static constexpr std::int64_t start_wall_seconds = 1'767'225'600;  // 2026-01-01

 private:
  [[nodiscard]] crypto::PrivateKey key_at(std::size_t index) const;
  void start_at(std::size_t index, TimePoint when);

  Config config_;
  std::optional<SimAuthority> authority_;
  SimNetwork network_;
  SiteId public_site_{};
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::map<std::size_t, std::size_t> clones_;  ///< whose key it has, by its own number
  std::vector<std::unique_ptr<SimNode>> retired_;
  std::vector<std::unique_ptr<HostileMember>> hostile_;
  std::vector<HostId> hosts_;
  std::vector<SiteId> sites_;
  std::vector<bool> alive_;
  std::vector<net::Endpoint> bootstrap_;
};

}  // namespace ipop::test_support
