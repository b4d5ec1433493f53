#include "overlay/twins.hpp"

#include <utility>

namespace ipop::overlay {

void Twins::put_aside(TimePoint now, crypto::ChannelId channel, const NodeId& peer, const LinkCarrier& carrier) {
  for (const crypto::ChannelId old : aside_.add(now, channel, {peer, carrier}))
    outputs_.push(Close{old});
}

void Twins::handle_instance(const NodeId& peer, crypto::ChannelId channel, std::uint64_t former, std::uint64_t latest) {
  const std::vector<crypto::ChannelId> aside = aside_.of(peer);
  if (aside.empty()) return;
  outputs_.push(Tell{channel, OtherInstance{former}});
  for (const crypto::ChannelId old : aside)
    outputs_.push(Tell{old, OtherInstance{latest}});
}

void Twins::handle_received(crypto::ChannelId channel, const std::vector<Bytes>& payloads,
                            const std::optional<crypto::ChannelId>& linked) {
  const SideChannels::Side* side = aside_.find(channel);
  if (side == nullptr) return;
  for (const Bytes& payload : payloads) {
    const auto message = decode_link_message(payload);
    const auto* claim = message ? std::get_if<InstanceClaim>(&*message) : nullptr;
    if (claim != nullptr && !claim->passed_on) {
      pass_on(side->peer, channel, side->carrier, claim->octets, linked);
    } else {
      counters_.add("drop_no_link");
    }
  }
}

void Twins::pass_on(const NodeId& peer, crypto::ChannelId from, const LinkCarrier& carrier, Bytes octets,
                    const std::optional<crypto::ChannelId>& linked) {
  InstanceClaim claim{true, std::nullopt, std::move(octets)};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&carrier)) claim.observed = *endpoint;
  for (const crypto::ChannelId other : aside_.of(peer)) {
    if (other != from) outputs_.push(Tell{other, claim});
  }
  if (linked) outputs_.push(Tell{*linked, claim});
}

std::optional<NodeId> Twins::peer_of(crypto::ChannelId channel) const {
  const SideChannels::Side* side = aside_.find(channel);
  return side == nullptr ? std::nullopt : std::optional(side->peer);
}

void Twins::close_all() {
  for (const crypto::ChannelId channel : aside_.all())
    outputs_.push(Close{channel});
  aside_.clear();
}

void Twins::handle_timeout(TimePoint now) {
  for (const crypto::ChannelId channel : aside_.take_expired(now))
    outputs_.push(Close{channel});
}

}  // namespace ipop::overlay
