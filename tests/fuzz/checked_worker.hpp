#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "checks.hpp"
#include "dataplane/worker.hpp"

namespace ipop::fuzz {

/// A worker whose outcomes are held against its inputs, its orders and its counters.
class CheckedWorker {
 public:
  struct Sent {
    net::Endpoint to{};
    Bytes octets{};
    std::size_t segment = 0;
  };
  using Origin = dataplane::Worker::Origin;
  struct Handed {
    unsigned hand = 0;
    Origin origin{};
    Bytes packet{};
  };
  /// Copies, for whoever carries them out.
  struct Effects {
    std::vector<Sent> sends{};
    std::vector<Handed> handed{};
  };

  CheckedWorker(const dataplane::Worker::Config& config, crypto::AeadFactory& aeads)
      : config_(config), worker_(config, aeads) {}

  void handle_order(const dataplane::Order& order) {
    using namespace dataplane;
    worker_.handle_order(order);
    if (const auto* lane = std::get_if<InstallLane>(&order)) {
      lanes_.insert_or_assign(lane->receive_at, Lane{lane->receive_at, lane->send_to, lane->peer});
    } else if (const auto* removed = std::get_if<RemoveLane>(&order)) {
      lanes_.erase(removed->receive_at);
    } else if (const auto* flow = std::get_if<InstallFlow>(&order)) {
      flows_.insert_or_assign({flow->source, flow->destination}, *flow);
    } else if (const auto* source = std::get_if<InstallSource>(&order)) {
      sources_.insert_or_assign(source->source, *source);
    } else if (const auto* pass = std::get_if<InstallPass>(&order)) {
      passes_.insert_or_assign({pass->source, pass->destination}, *pass);
    } else {
      if (std::holds_alternative<RemoveAllLanes>(order)) lanes_.clear();
      flows_.clear();
      sources_.clear();
      passes_.clear();
    }
    require(worker_.lanes() == lanes_.size(), "a lane for each that was installed");
  }

  Effects handle_frames(TimePoint now, std::span<const net::TapFrame> frames, dataplane::StandingQueue* from) {
    using namespace dataplane;
    std::uint64_t packets = 0;
    std::map<std::string_view, std::uint64_t> refused;
    std::vector<Bytes> copies;
    for (const net::TapFrame& frame : frames) {
      copies.push_back(to_bytes(frame.octets));
      Bytes octets = copies.back();
      Segmenter segmenter;
      const auto reason = octets.size() < ethernet_header
                              ? std::string_view()
                              : segmenter.begin(frame.header, Octets(octets).subspan(ethernet_header));
      if (reason.empty()) {
        packets += octets.size() < ethernet_header ? 1 : segmenter.count();
      } else {
        ++refused[reason];
      }
    }
    const Counters before = worker_.counters();
    const auto outcome = worker_.handle_frames(now, frames, from);
    const Counters after = worker_.counters();
    const Growth grown(before, after);
    for (const auto& [reason, count] : refused)
      require(grown.of(reason) == count, "a frame that lies is counted by its reason");
    require(
        packets == grown.of({"worker_sent", "drop_worker_standing", "drop_worker_exhausted", "worker_frames_to_node"}),
        "each packet of a frame is sent, dropped or the node's");
    require(outcome.for_node.frames.size() == grown.of("worker_frames_to_node"), "frames for the node are counted");
    for (const ByteSpan frame : outcome.for_node.frames) {
      require(std::ranges::any_of(copies,
                                  [&](const Bytes& came) {
                                    const std::size_t head = std::min(came.size(), ethernet_header);
                                    return frame.size() <= came.size() && frame.size() >= head &&
                                           equal(frame.first(head), ByteSpan(came).first(head));
                                  }),
              "a frame for the node is one that came, or a piece of it");
    }
    require(outcome.frames.empty() && outcome.for_node.datagrams.empty() && outcome.for_node.opened.empty() &&
                outcome.for_hands.empty(),
            "a frame becomes nothing else");
    Effects out;
    require(take_sends(now, outcome, false, out) == grown.of("worker_sent"), "what is sent is counted");
    return out;
  }

  Effects handle_datagrams(TimePoint now, std::span<const net::Datagrams> runs, dataplane::StandingQueue* from) {
    using Place = dataplane::Worker::Place;
    std::vector<std::pair<Place, Arrived>> arriving;
    for (std::size_t run = 0; run < runs.size(); ++run) {
      const auto& [other, octets, joined] = runs[run];
      const std::size_t segment = joined == 0 ? octets.size() : joined;
      std::size_t at = 0;
      do {
        const ByteSpan datagram = octets.subspan(at, std::min(segment, octets.size() - at));
        arriving.push_back({{run, at}, {datagram, {}, door_of(datagram), other}});
        at += datagram.size();
      } while (at < octets.size());
    }
    Effects out;
    Place place;
    for (std::size_t next = 0; next < arriving.size();) {
      std::vector<Arrived> taken;
      // Who sealed them is to be read before they are opened.
      for (auto& [at, arrived] : arriving)
        arrived.sealer = sealer_of(arrived.octets);
      const Counters before = worker_.counters();
      const auto outcome = worker_.handle_datagrams(now, runs, place, from);
      const Counters after = worker_.counters();
      const auto is_done = [&](const Place& at) {
        return at.run < place.run || (at.run == place.run && at.octets < place.octets);
      };
      for (; next < arriving.size() && is_done(arriving[next].first); ++next)
        taken.push_back(arriving[next].second);
      require(!taken.empty(), "each call takes datagrams");
      check_arrival(now, taken, outcome, Growth(before, after), out);
    }
    require(place.run == runs.size() && place.octets == 0, "the place is the end");
    return out;
  }

  Effects handle_handed(TimePoint now, const Origin& origin, std::vector<Bytes>& packets) {
    std::vector<Arrived> taken;
    const auto* from = std::get_if<net::Endpoint>(&origin);
    for (const Bytes& packet : packets) {
      const Lane* lane = find_lane_of(packet);
      const NodeId sealer = from != nullptr ? sealer_of(packet) : lane == nullptr ? NodeId() : lane->peer;
      taken.push_back({packet, sealer, Door::own, from == nullptr ? net::Endpoint() : *from});
    }
    const Counters before = worker_.counters();
    const auto outcome = worker_.handle_handed(now, origin, packets);
    const Counters after = worker_.counters();
    Effects out;
    check_arrival(now, taken, outcome, Growth(before, after), out);
    require(from != nullptr || (out.sends.empty() && out.handed.empty()), "what was relayed goes nowhere else");
    return out;
  }

  /// Octets of a loan that went on.
  [[nodiscard]] std::uint64_t passed_on(const dataplane::Loan* loan) const {
    const auto at = passed_on_.find(loan);
    return at == passed_on_.end() ? 0 : at->second;
  }

  void check_report() {
    const auto report = worker_.take_report();
    for (const dataplane::Worker::Traffic& traffic : report) {
      const auto lane = lanes_.find(traffic.lane);
      require(lane != lanes_.end(), "a report is of lanes that are there");
      require(traffic.packets_sent == lane->second.sent && traffic.octets_sent == lane->second.octets_sent,
              "a report tells what was sent");
      require(traffic.sealed_in_all == lane->second.sealed, "a report tells how far the key is used");
      require(traffic.packets_passed <= traffic.packets_sent, "what is passed on is sent");
      lane->second.sent = lane->second.octets_sent = 0;
    }
    for (const auto& [spi, lane] : lanes_)
      require(lane.sent == 0, "a report has all lanes with traffic");
    require(worker_.take_report().empty(), "traffic is reported once");
  }

 private:
  struct Lane {
    crypto::Spi receive_at{};
    crypto::Spi send_to{};
    NodeId peer{};
    std::uint64_t sealed = 0;
    std::uint64_t sent = 0;  ///< since the last report
    std::uint64_t octets_sent = 0;
  };
  enum class Door { own, other_hand, node };
  struct Arrived {
    ByteSpan octets{};
    NodeId sealer{};  ///< of the packet that is for this hand; zero where it has no lane for it
    Door door = Door::node;
    net::Endpoint from{};
  };

  [[nodiscard]] Door door_of(ByteSpan sealed) const {
    if (find_lane_of(sealed) != nullptr) return Door::own;
    return dataplane::hand_for(sealed, config_.hands) == config_.hand ? Door::node : Door::other_hand;
  }

  const Lane* find_lane_of(ByteSpan sealed) const {
    if (sealed.size() < crypto::Session::header_size) return nullptr;
    const auto found = lanes_.find(crypto::Spi{net::long_at(sealed, 0)});
    return found == lanes_.end() ? nullptr : &found->second;
  }

  [[nodiscard]] NodeId sealer_of(ByteSpan datagram) const {
    using dataplane::RelayedHead;
    const Lane* outer = find_lane_of(datagram);
    if (outer == nullptr || datagram.size() < crypto::Session::overhead) return {};
    const ByteSpan payload =
        datagram.subspan(crypto::Session::header_size, datagram.size() - crypto::Session::overhead);
    if (!RelayedHead::stands_before(payload, RelayedHead::final)) return outer->peer;
    const Lane* inner = find_lane_of(payload.subspan(RelayedHead::size));
    return inner != nullptr && inner->peer == RelayedHead::other(payload) ? inner->peer : outer->peer;
  }

  void check_arrival(TimePoint now, const std::vector<Arrived>& taken, const dataplane::Worker::Outcome& outcome,
                     const Growth& grown, Effects& out) {
    const auto find = [&](ByteSpan piece) {
      const auto at = std::ranges::find_if(taken, [&](const Arrived& it) { return is_inside(piece, it.octets); });
      require(at != taken.end(), "what comes out lies in what came in");
      return *at;
    };
    const auto dropped =
        grown.of({"drop_channel_truncated", "drop_channel_replayed", "drop_channel_bad_tag", "drop_channel_empty",
                  "drop_channel_lane", "drop_worker_standing", "drop_worker_exhausted"});
    require(taken.size() ==
                dropped + outcome.for_hands.size() +
                    grown.of({"worker_received", "worker_passed", "worker_opened_to_node", "worker_datagrams_to_node"}),
            "each datagram is a frame's, passed on, another hand's, the node's or dropped");
    std::uint64_t packets = 0;
    for (const net::JoinedFrame& frame : outcome.frames)
      packets += check_frame(now, frame, find);
    require(packets == grown.of("worker_received"), "what is received is in the frames");

    const auto& for_node = outcome.for_node;
    require(for_node.frames.empty(), "a datagram is no frame");
    require(for_node.datagrams.size() == grown.of("worker_datagrams_to_node"), "datagrams for the node are counted");
    for (const auto& [from, octets] : for_node.datagrams) {
      require(octets.empty() || from == find(octets).from, "a datagram for the node is from whom it was");
      require(find_lane_of(octets) == nullptr, "a datagram for the node is no lane's");
    }
    require(for_node.opened.size() == grown.of("worker_opened_to_node"), "packets for the node are counted");
    for (const auto& [lane, packet] : for_node.opened) {
      static_cast<void>(find(packet));
      require(lanes_.contains(lane) && !packet.empty(), "a packet for the node came over a lane");
    }
    const auto has = [&](Door door) { return std::ranges::find(taken, door, &Arrived::door) != taken.end(); };
    require(!has(Door::own) || !has(Door::node), "the session's and the lanes' stay in their order");

    for (const auto& handed : outcome.for_hands) {
      static_cast<void>(find(handed.packet));
      require(handed.hand < config_.hands && handed.hand != config_.hand, "another hand is one that is there");
      require(dataplane::hand_for(handed.packet, config_.hands) == handed.hand, "a packet is for the hand of its lane");
      out.handed.push_back({handed.hand, handed.origin, to_bytes(handed.packet)});
    }
    require(take_sends(now, outcome, true, out) == grown.of("worker_passed"), "what is passed on is counted");
  }

  /// The number of packets in it.
  template <typename Find>
  std::uint64_t check_frame(TimePoint now, const net::JoinedFrame& frame, const Find& find) {
    using namespace dataplane;
    using Cut = net::VnetHeader::Cut;
    require(!frame.packet.empty() && frame.packet.size() < 1000, "a frame is written by one call");
    Bytes whole;
    const NodeId sealer = find(frame.packet.front()).sealer;
    for (const ByteSpan piece : frame.packet) {
      require(find(piece).sealer == sealer, "a frame is of one peer's packets");
      append(whole, piece);
    }
    require(whole.size() <= 65'535, "a frame is no longer than an IPv4 packet");
    Transport transport;
    require(find_transport(whole, transport) && transport.total == whole.size(), "a frame is one whole packet");
    const auto source = sources_.find(net::Ipv4Address(net::long_at(whole, ip::source)));
    require(source != sources_.end() && source->second.until > now, "S7: a source that was admitted");
    require(source->second.peer == sealer, "S7: a source that is this peer's");
    require(source->second.destination.value() == net::long_at(whole, ip::destination), "S7: for whom it was admitted");
    if (transport.protocol == ip::udp) {
      for (const std::size_t at : {transport.ip_header, transport.ip_header + 2})
        require(net::word_at(whole, at) != 67 && net::word_at(whole, at) != 68, "DHCP is the node's");
    }
    Bytes head;
    append(head, source->second.to.octets());
    append(head, config_.own_mac.octets());
    ByteWriter(head).write(std::uint16_t{0x0800});
    require(equal(head, frame.ethernet), "a frame goes to the guest");
    if (frame.header.cut == Cut::none) {
      require(frame.header == net::VnetHeader{} && frame.packet.size() == 1, "a packet alone is as it came");
      return 1;
    }
    const bool is_tcp = frame.header.cut == Cut::tcp4;
    require(is_tcp ? config_.joins.tcp : frame.header.cut == Cut::udp && config_.joins.udp, "what the TAP takes");
    Segmenter segmenter;
    require(segmenter.begin(frame.header, whole).empty(), "a frame does not lie");
    require(segmenter.count() == frame.packet.size() && segmenter.count() >= 2, "a piece is a packet");
    for (Octets packet = segmenter.next(); !packet.empty(); packet = segmenter.next())
      require(find_transport(packet, transport) && has_good_checksums(packet, transport), "checksums are right");
    return segmenter.count();
  }

  /// The number of datagrams.
  std::uint64_t take_sends(TimePoint now, const dataplane::Worker::Outcome& outcome, bool is_passed, Effects& out) {
    using dataplane::SendBatch;
    std::uint64_t count = 0;
    const std::byte* end = nullptr;
    for (const net::Datagrams& run : outcome.sends) {
      require(run.segment > 0 && !run.octets.empty(), "a run has something in it");
      const std::size_t datagrams = (run.octets.size() + run.segment - 1) / run.segment;
      require(datagrams <= SendBatch::most_segments, "a run has no more datagrams than the kernel takes");
      require(datagrams == 1 || run.octets.size() <= SendBatch::most_octets, "nor more octets");
      require(end == nullptr || end == run.octets.data(), "runs stand behind one another");
      end = run.octets.data() + run.octets.size();
      for (std::size_t at = 0; at < run.octets.size(); at += run.segment) {
        const ByteSpan datagram = run.octets.subspan(at, std::min(run.segment, run.octets.size() - at));
        if (is_passed) {
          check_passed(now, datagram, run.other);
        } else {
          check_sent(now, datagram, run.other);
        }
      }
      count += datagrams;
      out.sends.push_back({run.other, to_bytes(run.octets), run.segment});
    }
    return count;
  }

  /// Books a packet that was sealed; what is in it.
  ByteSpan open(ByteSpan sealed, crypto::Spi session) {
    require(sealed.size() > crypto::Session::overhead, "what is sealed is a packet");
    ByteReader in(sealed);
    const crypto::Spi spi{in.read<std::uint32_t>()};
    const auto counter = in.read<std::uint64_t>();
    const auto at = std::ranges::find_if(lanes_, [&](const auto& it) { return it.second.send_to == spi; });
    require(at != lanes_.end(), "a packet is sealed for a lane that is there");
    Lane& lane = at->second;
    require(crypto::session_of(lane.receive_at) == session, "by a lane of the session that was ordered");
    require(crypto::hand_of(lane.receive_at, config_.hands) == config_.hand, "which is this hand's own");
    require(counter == lane.sealed++, "S4: no counter is used twice with a key");
    const ByteSpan text = sealed.subspan(crypto::Session::header_size, sealed.size() - crypto::Session::overhead);
    ++lane.sent;
    lane.octets_sent += text.size();
    last_peer_ = lane.peer;
    return text;
  }

  void check_sent(TimePoint now, ByteSpan datagram, const net::Endpoint& to) {
    using namespace dataplane;
    constexpr std::size_t around = crypto::Session::header_size;
    require(datagram.size() > crypto::Session::overhead, "what is sealed is a packet");
    ByteSpan packet = datagram.subspan(around, datagram.size() - crypto::Session::overhead);
    const bool is_relayed = RelayedHead::stands_before(packet, RelayedHead::to_pass_on);
    if (is_relayed) {
      packet = packet.subspan(RelayedHead::size + around);
      packet = packet.first(packet.size() - Aead::tag_size);
    }
    require(packet.size() >= ip::header && net::octet_at(packet, 0) >> 4U == 4, "an IPv4 packet");
    require(net::word_at(packet, ip::total_length) == packet.size(), "a whole one");
    const auto found = flows_.find(
        {net::Ipv4Address(net::long_at(packet, ip::source)), net::Ipv4Address(net::long_at(packet, ip::destination))});
    require(found != flows_.end() && found->second.until > now, "of a flow that was ordered");
    const InstallFlow& flow = found->second;
    require(flow.to == to && packet.size() <= flow.mtu, "it goes where the flow goes, and fits");
    require(flow.relay.has_value() == is_relayed, "through a member where one is between");
    if (!is_relayed) {
      static_cast<void>(open(datagram, flow.lanes.session));
      return;
    }
    const ByteSpan payload = open(datagram, flow.relay->session);
    static_cast<void>(open(payload.subspan(RelayedHead::size), flow.lanes.session));
    require(RelayedHead::other(payload) == last_peer_, "the member is told for whom it is");
  }

  void check_passed(TimePoint now, ByteSpan datagram, const net::Endpoint& to) {
    using namespace dataplane;
    const ByteSpan payload =
        datagram.subspan(crypto::Session::header_size, datagram.size() - crypto::Session::overhead);
    require(RelayedHead::stands_before(payload, RelayedHead::final), "what is passed on is at its last link");
    const Lane* lane = nullptr;
    for (const auto& [spi, it] : lanes_) {
      if (it.send_to.value == net::long_at(datagram, 0)) lane = &it;
    }
    require(lane != nullptr, "a packet is sealed for a lane that is there");
    const auto pass = passes_.find({RelayedHead::other(payload), lane->peer});
    require(pass != passes_.end() && pass->second.until > now, "it was lent to the two");
    require(pass->second.to == to, "it goes where the pass goes");
    passed_on_[pass->second.loan.get()] += payload.size() - RelayedHead::size;
    static_cast<void>(open(datagram, pass->second.lanes.session));
  }

  using Aead = crypto::Aead;

  dataplane::Worker::Config config_;
  dataplane::Worker worker_;
  std::map<crypto::Spi, Lane> lanes_;
  std::map<std::pair<net::Ipv4Address, net::Ipv4Address>, dataplane::InstallFlow> flows_;
  std::map<net::Ipv4Address, dataplane::InstallSource> sources_;
  std::map<std::pair<NodeId, NodeId>, dataplane::InstallPass> passes_;
  std::map<const dataplane::Loan*, std::uint64_t> passed_on_;
  NodeId last_peer_{};
};

}  // namespace ipop::fuzz
