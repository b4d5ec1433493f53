// Overlay::State: packets of other pairs that go through this node, and what relays say of ours.

#include <algorithm>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// The ends of a pair learn so often that its packets waited or were dropped.
constexpr Duration shaped_every = 1s;
/// A line of the journal for a pair that waits all the time.
constexpr Duration shaped_journal_every = 60s;
/// A path over a relay that drops packets is taken for alive so long after the last one that came: of many senders'
/// probes some are dropped as well.
constexpr Duration crowded_for = 2s;

}  // namespace

void Overlay::State::pass_on_relayed(TimePoint now, const NodeId& source, std::vector<Bytes> payloads) {
  // Batches are for one peer almost always; a run of equal destinations is sealed together.
  for (std::size_t begin = 0; begin < payloads.size();) {
    const auto head = decode_relayed(payloads[begin]);
    if (!head) {
      counters_.add("drop_relayed_malformed");
      ++begin;
      continue;
    }
    const NodeId destination = head->other;
    const LinkPayload kind = head->kind;
    std::vector<Bytes> run;
    for (; begin < payloads.size(); ++begin) {
      const auto next = decode_relayed(payloads[begin]);
      if (!next || next->other != destination || next->kind != kind) break;
      rewrite_relayed(payloads[begin], source);
      run.push_back(std::move(payloads[begin]));
    }
    const Link* link = destination == source ? nullptr : links_.find(destination);
    if (link == nullptr || link->paths.direct() == nullptr) {
      counters_.add("drop_relay_unreachable", run.size());
      if (Link* asking = links_.find(source)) speak(now, *asking, Unreachable{destination});
      continue;
    }
    relay_queue_.put(now, source, destination, std::move(run), kind == LinkPayload::relayed_control);
  }
  pass_on_due(now);
}

void Overlay::State::pass_on_due(TimePoint now) {
  if (relay_queue_.is_empty()) return;
  relay_rest_ = relay_lending_.rest(now, relay_rate_.rate());
  std::vector<std::pair<NodeId, NodeId>> passed;
  while (const auto batch = relay_queue_.take(now, relay_rest_)) {
    Link* link = links_.find(batch->destination);
    Path* direct = link == nullptr ? nullptr : link->paths.direct();
    if (direct == nullptr) {
      counters_.add("drop_relay_unreachable", batch->packets.size());
      continue;
    }
    std::size_t octets = 0;
    for (const Bytes& packet : batch->packets)
      octets += packet.size() - RelayedView::header_size;
    counters_.add("relayed_packets", batch->packets.size());
    counters_.add("relayed_octets", octets);
    const std::vector<ByteSpan> spans(batch->packets.begin(), batch->packets.end());
    if (batch->has_data) {
      link->relayed_at = now;
      if (Link* from = links_.find(batch->source)) from->relayed_at = now;
    }
    // Keep-alives of a pair are no reason to ask whether the path carries data; what goes back beside data is.
    const bool carries_data = link->relayed_at != TimePoint{} && link->relayed_at + RelayRate::measure_lives > now;
    seal(now, *link, *direct, spans, carries_data ? Content::data : Content::control);
    passed.emplace_back(batch->source, batch->destination);
    if (relay_rate_.wants_round_trip(now)) send_probe(now, *link, *direct);
  }
  if (!relay_queue_.is_empty()) relay_rate_.handle_limiting(now);
  for (const auto& [source, destination] : passed)
    let_pass(now, source, destination);
  if (relay_queue_.has_reports() && !shaped_at_) shaped_at_ = now + shaped_every;
  look_at_load(now);
}

/// While packets wait all of them take their turns here.
void Overlay::State::let_pass(TimePoint now, const NodeId& source, const NodeId& destination) {
  if (!relay_queue_.is_empty()) return;
  const Link* from = links_.find(source);
  const Link* to = links_.find(destination);
  const Path* in = from == nullptr ? nullptr : from->paths.direct();
  const Path* out = to == nullptr ? nullptr : to->paths.direct();
  // What is lent to who sends nothing over his lane would be lost.
  if (in == nullptr || out == nullptr || !table_.hears_lanes(now, in->channel)) return;
  const auto lanes = table_.lanes_to(out->channel);
  const std::uint64_t octets = lanes ? relay_lending_.lend(now, relay_rate_.rate(), source, destination) : 0;
  if (octets == 0) return;
  outputs_.push(MayPass{source, destination, *lanes, std::get<net::Endpoint>(out->carrier), octets,
                        now + RelayLending::lent_for});
}

void Overlay::State::handle_passed(TimePoint now, Link& link, const LaneTraffic& traffic) {
  counters_.add("relayed_packets", traffic.packets_passed);
  counters_.add("relayed_octets", traffic.octets_passed);
  link.relayed_at = now;
  relay_queue_.handle_passed(now, traffic.octets_passed);
  look_at_load(now);
}

std::optional<TimePoint> Overlay::State::relay_deadline() const {
  return earliest(shaped_at_, relay_queue_.deadline(relay_rest_));
}

void Overlay::State::handle_round_trip(TimePoint now, const Link& link, const Path& path, Duration measured) {
  if (!path.is_direct()) return;
  const bool relaying = link.relayed_at != TimePoint{} && link.relayed_at + RelayRate::measure_lives > now;
  relay_rate_.handle_round_trip(now, link.peer, measured, relaying);
}

void Overlay::State::tell_shaped(TimePoint now) {
  if (!shaped_at_ || *shaped_at_ > now) return;
  shaped_at_.reset();
  const auto kib = static_cast<std::uint32_t>(std::min<std::uint64_t>(relay_rate_.rate() / 1024, UINT32_MAX));
  for (const RelayQueue::Report& report : relay_queue_.take_reports()) {
    const auto tell_end = [&](const NodeId& end, const NodeId& other) {
      if (Link* link = links_.find(end))
        speak(now, *link, Shaped{other, report.counts.delayed, report.counts.dropped, kib});
    };
    tell_end(report.a, report.b);
    tell_end(report.b, report.a);
  }
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/, const Shaped& shaped) {
  Link* pair = links_.find(shaped.other);
  Path* through = nullptr;
  if (pair != nullptr) {
    for (Path& path : pair->paths) {
      if (!path.is_direct() && path.relay() == link.peer) through = &path;
    }
  }
  if (through == nullptr) {
    counters_.add("drop_shaped_unasked");
    return;
  }
  counters_.add("delayed_by_relay", shaped.delayed);
  counters_.add("dropped_by_relay", shaped.dropped);
  // A probe that was dropped among others shows no dead path.
  if (shaped.dropped > 0 && through->liveness.heard_within(now, crowded_for)) {
    through->proof.handle_crowded();
  }
  ShapedByRelay& sum = pair->shaped;
  if (sum.journal_at <= now) {
    sum.journal_at = now + shaped_journal_every;
    journal_.add(now, pair->peer,
                 to_short_string(link.peer) + " held packets of this pair back: " + std::to_string(shaped.delayed) +
                     " waited, " + std::to_string(shaped.dropped) + " were dropped");
  }
  sum.relay = link.peer;
  sum.delayed += shaped.delayed;
  sum.dropped += shaped.dropped;
  sum.kib_a_second = shaped.kib_a_second;
  sum.told = now;
}

void Overlay::State::look_at_load(TimePoint now) {
  if (now < load_looked_at_ + load_interval) return;
  load_looked_at_ = now;
  const std::uint8_t load = load_to_tell(told_load_, relay_queue_.load(now));
  if (load == told_load_) return;
  told_load_ = load;
  dirty_ = true;
}

void Overlay::State::take_relayed(TimePoint now, const NodeId& relay, const std::vector<Bytes>& payloads) {
  std::vector<crypto::ChannelTable::Incoming> incoming;
  std::vector<LanePackets> of_lanes;
  for (const Bytes& payload : payloads) {
    const auto view = decode_relayed(payload);
    if (!view || view->other == config_.self || view->other == relay) {
      counters_.add("drop_relayed_malformed");
      continue;
    }
    const crypto::Spi spi{ByteReader(view->inner).read<std::uint32_t>()};
    if (config_.hands != 0 && crypto::is_lane(spi)) {
      if (of_lanes.empty() || of_lanes.back().peer != view->other) of_lanes.push_back({view->other, {}});
      of_lanes.back().packets.push_back(to_bytes(view->inner));
      continue;
    }
    incoming.push_back({to_carrier(RelayPath{relay, view->other}), view->inner});
  }
  for (LanePackets& packets : of_lanes)
    outputs_.push(std::move(packets));
  if (!incoming.empty()) table_.handle_packets(now, incoming);
}

}  // namespace ipop::overlay
