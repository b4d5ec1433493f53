// Overlay::State: two nodes with one id, and how what they claim gets from one to the other.

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

void Overlay::State::put_aside(TimePoint now, crypto::ChannelId channel, const NodeId& peer,
                               const LinkCarrier& carrier) {
  for (const crypto::ChannelId old : aside_.add(now, channel, {peer, carrier}))
    table_.close(now, old);
  wake_by(aside_.deadline());
}

void Overlay::State::send_aside(TimePoint now, crypto::ChannelId channel, const LinkMessage& message) {
  Bytes payload;
  encode(message, payload);
  const ByteSpan span(payload);
  if (!table_.seal(now, channel, {&span, 1})) counters_.add("drop_seal_failed");
}

void Overlay::State::close_expired_aside(TimePoint now) {
  for (const crypto::ChannelId channel : aside_.take_expired(now))
    table_.close(now, channel);
}

void Overlay::State::tell_of_each_other(TimePoint now, Link& link, crypto::ChannelId channel, std::uint64_t former) {
  const std::vector<crypto::ChannelId> aside = aside_.of(link.peer);
  if (aside.empty()) return;
  send_message(now, link, channel, OtherInstance{former});
  for (const crypto::ChannelId old : aside)
    send_aside(now, old, OtherInstance{link.peer_instance});
}

void Overlay::State::handle_aside(TimePoint now, const crypto::ChannelTable::Received& received) {
  for (const Bytes& payload : received.payloads) {
    const SideChannels::Side* side = aside_.find(received.id);
    const auto message = decode_link_message(payload);
    if (side == nullptr || !message) {
      counters_.add("drop_no_link");
      continue;
    }
    const auto* claim = std::get_if<InstanceClaim>(&*message);
    if (claim != nullptr && !claim->passed_on) {
      pass_claim_on(now, side->peer, received.id, side->carrier, claim->octets);
    } else {
      counters_.add("drop_no_link");
    }
  }
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const OtherInstance& other) {
  if (other.instance == instance_) return;
  // The peer may have taken the other one for us, and this path for a dead one.
  Path& path = *link.paths.find(channel);
  path.proof.ask_again(now);
  wake_by(path.proof.deadline());
  outputs_.push(OtherInstanceTold{link.peer, channel, other.instance});
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, InstanceClaim claim) {
  if (claim.passed_on) {
    outputs_.push(ClaimTold{link.peer, channel, claim.observed, std::move(claim.octets)});
  } else {
    const LinkCarrier carrier = link.paths.find(channel)->carrier;
    pass_claim_on(now, link.peer, channel, carrier, std::move(claim.octets));
  }
}

void Overlay::State::pass_claim_on(TimePoint now, const NodeId& peer, crypto::ChannelId from,
                                   const LinkCarrier& carrier, Bytes octets) {
  InstanceClaim claim{true, std::nullopt, std::move(octets)};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&carrier)) claim.observed = *endpoint;
  for (const crypto::ChannelId other : aside_.of(peer)) {
    if (other != from) send_aside(now, other, claim);
  }
  Link* link = links_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->paths.speaking();
  if (path != nullptr && path->channel != from && link->paths.find(from) == nullptr) {
    send_message(now, *link, path->channel, claim);
  }
}

void Overlay::State::send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets) {
  if (!running_) return;
  const InstanceClaim claim{false, std::nullopt, std::move(octets)};
  if (Link* link = links_.find(channel)) send_message(now, *link, channel, claim);
  settle(now);
}

}  // namespace ipop::overlay
