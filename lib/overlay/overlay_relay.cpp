// Overlay::State: packets of other pairs that go through this node, and what relays say of ours.

#include <algorithm>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// A line of the journal for a pair that waits all the time.
constexpr Duration shaped_journal_every = 60s;
/// A path over a relay that drops packets is taken for alive so long after the last one that came: of many senders'
/// probes some are dropped as well.
constexpr Duration crowded_for = 2s;

/// Data of others went over the link lately.
bool is_relaying(TimePoint now, const Link& link) {
  return link.relayed_at != TimePoint{} && link.relayed_at + RelayRate::measure_lives > now;
}

}  // namespace

void Overlay::State::carry_out_relaying(TimePoint now) {
  while (auto output = relaying_.poll_output()) {
    std::visit(Overloaded{[&](const Relaying::Pass& pass) { pass_on(now, pass); },
                          [&](const Relaying::Passed& pair) { let_pass(now, pair.source, pair.destination); },
                          [&](const Relaying::Tell& tell) { tell_peer(now, tell.peer, std::nullopt, tell.message); },
                          [&](const Relaying::LoadChanged&) { dirty_ = true; }},
               *output);
  }
}

void Overlay::State::pass_on(TimePoint now, const Relaying::Pass& pass) {
  Link* link = links_.find(pass.destination);
  Path* direct = link == nullptr ? nullptr : link->paths.direct();
  if (direct == nullptr) {
    counters_.add("drop_relay_unreachable", pass.packets.size());
    return;
  }
  if (pass.has_data) {
    link->relayed_at = now;
    if (Link* from = links_.find(pass.source)) from->relayed_at = now;
  }
  // Keep-alives of a pair are no reason to ask whether the path carries data; what goes back beside data is.
  const std::vector<ByteSpan> spans(pass.packets.begin(), pass.packets.end());
  seal(now, *link, *direct, spans, is_relaying(now, *link) ? Content::data : Content::control);
  if (pass.measure) send_probe(now, *link, *direct);
}

void Overlay::State::let_pass(TimePoint now, const NodeId& source, const NodeId& destination) {
  const Link* from = links_.find(source);
  const Link* to = links_.find(destination);
  const Path* in = from == nullptr ? nullptr : from->paths.direct();
  const Path* out = to == nullptr ? nullptr : to->paths.direct();
  // What is lent to who sends nothing over his lane would be lost.
  if (in == nullptr || out == nullptr || !table_.hears_lanes(now, in->channel)) return;
  const auto lanes = table_.lanes_to(out->channel);
  const std::uint64_t octets = lanes ? relaying_.lend(now, source, destination) : 0;
  if (octets == 0) return;
  outputs_.push(MayPass{source, destination, *lanes, std::get<net::Endpoint>(out->carrier), octets,
                        now + RelayLending::lent_for});
}

void Overlay::State::handle_round_trip(TimePoint now, const Link& link, const Path& path, Duration measured) {
  if (!path.is_direct()) return;
  relaying_.handle_round_trip(now, link.peer, measured, is_relaying(now, link));
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
