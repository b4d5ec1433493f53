#pragma once

// The packets of a node, beside the machine that decides.
//
// Worker turns frames of the TAP into sealed datagrams and datagrams into frames, in batches and without an allocation,
// by tables that the node has installed. What it does not know (a first packet, a decision that has run out, anything
// but IPv4) and all control it gives to the node, which passes it on itself and says how the next ones go.
// Main types: Worker, Order; Segmenter and Coalescer for what kernels leave to do; SendBatch.
// It decides nothing but what a queue that stands loses, and never keeps a packet: what came in has left when the call
// returns.

#include <array>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "crypto/aead.hpp"
#include "dataplane/coalescer.hpp"
#include "dataplane/orders.hpp"
#include "dataplane/relayed_head.hpp"
#include "dataplane/segmenter.hpp"
#include "dataplane/send_batch.hpp"
#include "dataplane/standing_queue.hpp"
#include "net/datagrams.hpp"

namespace ipop::dataplane {

class Worker {
 public:
  struct Config {
    net::MacAddress own_mac{};  ///< of the node and all peers on the TAP
    Coalescer::Limits joins{};  ///< what the TAP takes
    unsigned hand = 0;          ///< which of `hands` this one is: crypto::hand_of
    unsigned hands = 1;
  };
  /// `aeads` outlives the worker.
  Worker(const Config& config, crypto::AeadFactory& aeads);

  void handle_order(const Order& order);

  struct ForNode {
    struct Datagram {
      net::Endpoint from{};
      ByteSpan octets{};
    };
    struct Opened {  ///< a packet that came over a lane, authentic and not replayed
      crypto::Spi lane{};
      ByteSpan packet{};
    };
    std::span<const ByteSpan> frames{};
    std::span<const Datagram> datagrams{};
    std::span<const Opened> opened{};
  };
  /// Who sealed a packet: whose endpoint it came from, or whom the member that brought it named.
  using Origin = std::variant<net::Endpoint, NodeId>;
  /// What was sealed for another hand's lane: for handle_handed() there. A member brought it, or the kernel joined it
  /// with what is for this one.
  struct ForHand {
    unsigned hand = 0;
    Origin origin{};
    ByteSpan packet{};
  };
  /// What became of an input; good until the next one.
  struct Outcome {
    std::span<const net::Datagrams> sends{};
    std::span<const net::JoinedFrame> frames{};
    ForNode for_node{};
    std::span<const ForHand> for_hands{};
  };
  /// The octets of an input are changed, and stay where they are until the outcome was carried out. `from`: the queue
  /// of the kernel that they waited in, which may stand, `to`: the one that they go to; null: none.
  [[nodiscard]] Outcome handle_frames(TimePoint now, std::span<const net::TapFrame> frames,
                                      StandingQueue* from = nullptr, StandingQueue* to = nullptr);
  /// How far a batch of datagrams has been taken.
  struct Place {
    std::size_t run = 0;
    std::size_t octets = 0;  ///< of that run
  };
  /// Takes datagrams from `place` on, as long as all are of lanes or none is, and moves it: what a peer sent over the
  /// session itself and what it sent over the lane behind stay in their order when each outcome is carried out first.
  [[nodiscard]] Outcome handle_datagrams(TimePoint now, std::span<const net::Datagrams> datagrams, Place& place,
                                         StandingQueue* from = nullptr);

  /// What was sealed for lanes of this hand and came another way than by its own doors: another hand had it, or the
  /// node, to which a member brought it over the session of his own link.
  [[nodiscard]] Outcome handle_handed(TimePoint now, const Origin& origin, std::span<Bytes> packets);

  /// What went over a lane since the last report.
  struct Traffic {
    crypto::Spi lane{};
    std::uint64_t packets_sent = 0;
    std::uint64_t octets_sent = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t octets_received = 0;
    std::uint64_t packets_passed = 0;  ///< of those sent: from one peer to another
    std::uint64_t octets_passed = 0;
    std::uint64_t sealed_in_all = 0;      ///< packets under the lane's key
    std::optional<net::Endpoint> from{};  ///< of the newest packet; none for what came through a member
  };
  /// Lanes with traffic, in the order of their names.
  [[nodiscard]] std::vector<Traffic> take_report();
  /// `worker_*`, `drop_*` by reason.
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] std::size_t lanes() const { return lanes_.size(); }

 private:
  static constexpr std::size_t most_decisions = 4096;

  struct Lane {
    crypto::Session session;
    NodeId peer{};
    Traffic traffic{};

    void count_sent(std::size_t octets) {
      ++traffic.packets_sent;
      traffic.octets_sent += octets;
    }
  };
  enum class Count {
    sent,
    received,
    passed,
    frames_to_node,
    datagrams_to_node,
    opened_to_node,
    exhausted,
    no_lane,
    truncated,
    replayed,
    bad_tag,
    empty,
    vnet_checksum,
    vnet_headers,
    vnet_kind,
    vnet_length,
    vnet_segments,
    standing,
    marked,
    count_,
  };
  static constexpr std::array<std::string_view, static_cast<std::size_t>(Count::count_)> count_names = {
      "worker_sent",           "worker_received",          "worker_passed",
      "worker_frames_to_node", "worker_datagrams_to_node", "worker_opened_to_node",
      "drop_worker_exhausted", "drop_channel_lane",        "drop_channel_truncated",
      "drop_channel_replayed", "drop_channel_bad_tag",     "drop_channel_empty",
      "drop_vnet_checksum",    "drop_vnet_headers",        "drop_vnet_kind",
      "drop_vnet_length",      "drop_vnet_segments",       "drop_worker_standing",
      "worker_marked",
  };

  void begin();
  void forget();
  [[nodiscard]] Outcome finish();
  void count(Count what, std::uint64_t number = 1) { counts_[static_cast<std::size_t>(what)] += number; }
  void count_refused(std::string_view reason);
  [[nodiscard]] Lane* find_lane(crypto::Spi spi);
  /// That of this hand.
  [[nodiscard]] Lane* find_lane(const crypto::Lanes& lanes);
  [[nodiscard]] Lane* find_lane_of(ByteSpan sealed);
  /// True: it is for another hand's lane, and goes there.
  [[nodiscard]] bool hands_over(const Origin& origin, ByteSpan sealed);
  /// True: the queue that it came from or goes to stands, and this packet is dropped. Where its ends know what a mark
  /// says (RFC 3168) it gets one instead.
  [[nodiscard]] bool gives_way(Octets packet);
  [[nodiscard]] const InstallFlow* find_flow(TimePoint now, const net::TapFrame& frame) const;
  /// Seals what the segmenter has.
  void send(const InstallFlow& flow, Lane& lane, Lane* relay);
  void give_frame(const net::TapFrame& frame);
  void open(TimePoint now, Lane& lane, const net::Endpoint& from, Octets octets);
  /// The plaintext; empty for what is dropped.
  [[nodiscard]] Octets open_for(Lane& lane, const net::Endpoint* from, Octets octets);
  void take(TimePoint now, Lane& lane, Octets packet);
  /// False: it is for the node.
  [[nodiscard]] bool take_relayed(TimePoint now, Octets payload);
  [[nodiscard]] bool pass_on(TimePoint now, const Lane& from, Octets payload);
  [[nodiscard]] InstallPass* find_pass(const NodeId& source, const NodeId& destination);
  [[nodiscard]] const InstallSource* find_source(TimePoint now, const Lane& lane, ByteSpan packet) const;

  Config config_;
  crypto::AeadFactory& aeads_;
  std::map<crypto::Spi, Lane> lanes_;
  Lane* last_lane_ = nullptr;  // a batch is mostly of one
  // Only looked up, never iterated: nothing depends on their order. They are caches, so a full one is emptied.
  std::unordered_map<std::uint64_t, InstallFlow> flows_;
  std::unordered_map<std::uint32_t, InstallSource> sources_;
  std::map<std::pair<NodeId, NodeId>, InstallPass> passes_;
  InstallPass* last_pass_ = nullptr;

  Segmenter segmenter_;
  SendBatch sends_;
  Coalescer coalescer_;
  Bytes cut_;  // frames for the node that came in one piece, behind one another
  struct CutFrame {
    std::size_t begin = 0;
    std::size_t size = 0;
    std::size_t place = 0;  // among the frames for the node
  };
  std::vector<CutFrame> cut_frames_;
  std::vector<ByteSpan> frames_;
  std::vector<ForNode::Datagram> datagrams_;
  std::vector<ForNode::Opened> opened_;
  std::vector<ForHand> for_hands_;
  std::array<std::uint64_t, static_cast<std::size_t>(Count::count_)> counts_{};
  StandingQueue* from_ = nullptr;  ///< of the input at hand
  StandingQueue* to_ = nullptr;
};

}  // namespace ipop::dataplane
