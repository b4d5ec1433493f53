// Overlay::State: link messages and routed packets.

#include <algorithm>
#include <utility>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

/// How often all peers are asked where they see us because one sees us elsewhere.
constexpr Duration doubt_every = 2s;

}  // namespace

void Overlay::State::handle_link_message(TimePoint now, crypto::ChannelId channel, ByteSpan payload) {
  auto message = decode_link_message(payload);
  Link* link = links_.find(channel);
  if (!message || link == nullptr) {
    counters_.add(link == nullptr ? "drop_no_link" : "drop_link_message_malformed");
    return;
  }
  std::visit(
      [&](auto&& value) {
        if constexpr (requires { membership_.handle_message(now, link->peer, channel, value); }) {
          membership_.handle_message(now, link->peer, channel, value);
          carry_out_membership(now);
          admit_level_peers(now);
        } else {
          handle_message(now, *link, channel, std::forward<decltype(value)>(value));
        }
      },
      std::move(*message));
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, Status status) {
  if (link.peer_instance != 0 && link.peer_instance != status.instance) {
    const TimePoint opened = link.paths.find(channel)->opened;
    if (std::ranges::any_of(link.paths, [&](const Path& path) { return path.opened > opened; })) {
      counters_.add("drop_status_old_instance");
      return;
    }
    // The peer restarted, and paths of its former life lead nowhere; or its key runs twice.
    std::vector<crypto::ChannelId> former;
    for (const Path& path : link.paths) {
      if (path.channel != channel) former.push_back(path.channel);
    }
    for (const crypto::ChannelId old : former) {
      twins_.put_aside(now, old, link.peer, link.paths.find(old)->carrier);
      links_.remove_path(link, old);
    }
    const std::uint64_t former_instance = std::exchange(link.peer_instance, status.instance);
    twins_.handle_instance(link.peer, channel, former_instance, link.peer_instance);
    carry_out_twins(now);
    link.status.handle_restart();
    link.since = now;
    link.settle_at.reset();
    journal_.add(now, link.peer, "the peer restarted");
    if (std::exchange(link.told, false)) outputs_.push(LinkDown{link.peer, "the peer restarted", LinkEnd::lost, now});
    tell(now, link);
    drop_relayed_paths(now, link.peer, std::nullopt);
  }
  link.peer_instance = status.instance;
  const bool is_newer = link.status.handle_status(now, channel, status);
  wake_by(link.status.ack_due());
  if (!is_newer) return;
  // How long a list may wait depends on who is near to whom.
  if ((link.peer_roles ^ status.roles).test(index_of(Role::near))) statuses_.handle_near_changed(link.peer);
  link.peer_roles = status.roles;
  link.peer_nat = status.nat;
  link.relay_load = status.relay_load;
  ring_.handle_neighbours(now, status.neighbours, link.peer);
  link.neighbours = std::move(status.neighbours);
  dirty_ = true;
}

void Overlay::State::handle_message(TimePoint /*now*/, Link& link, crypto::ChannelId /*channel*/,
                                    const StatusAck& ack) {
  link.status.handle_ack(ack);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Ping& ping) {
  const Path& path = *link.paths.find(channel);
  Pong pong{ping.id, std::nullopt};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) pong.observed = *endpoint;
  send_message(now, link, channel, pong);
  handle_observed(now, link, path, ping.observed);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Pong& pong) {
  Path& path = *link.paths.find(channel);
  if (const auto round_trip = path.liveness.handle_pong(now, pong.id)) {
    path.handle_round_trip(*round_trip);
    handle_round_trip(now, link, path, *round_trip);
  }
  handle_observed(now, link, path, pong.observed);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Select& /*select*/) {
  // Only the node with the lower id chooses.
  if (link.peer > config_.self) {
    counters_.add("drop_select_not_entitled");
    return;
  }
  // It chooses among paths that it has proven, and the proof goes both ways.
  link.paths.find(channel)->proof.handle_carried(now, PathProof::smallest);
  link.paths.prefer(channel);
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Probe& probe) {
  // What the interface behind this node does not take is not to come, however wide the path is.
  if (probe_octets(probe) > std::max(config_.mtu, PathProof::smallest)) {
    counters_.add("drop_probe_above_mtu");
    return;
  }
  send_message(now, link, channel, ProbeEcho{probe.id, probe.padding});
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ProbeEcho& echo) {
  Path& path = *link.paths.find(channel);
  const auto answered = path.proof.handle_echo(now, echo.id);
  if (!answered) {
    counters_.add("drop_echo_unasked");
    return;
  }
  path.handle_round_trip(answered->round_trip);
  handle_round_trip(now, link, path, answered->round_trip);
  send_message(now, link, channel, Carried{echo.id, answered->octets});
  wake_by(path.proof.deadline());
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Carried& carried) {
  link.paths.find(channel)->proof.handle_carried(now, carried.octets);
  path_proven(now, link.peer, channel);
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Close& close) {
  const NodeId peer = link.peer;
  if (close.reason == CloseReason::duplicate) {
    table_.close(now, channel);
    path_lost(now, peer, channel, std::string(to_string(close.reason)));
    return;
  }
  if (close.reason != CloseReason::unneeded) seeker_.set_back(now, peer);
  remove_link(now, peer, std::string(to_string(close.reason)), end_by(close.reason));
}

void Overlay::State::handle_message(TimePoint now, Link& link, crypto::ChannelId /*channel*/,
                                    const Unreachable& unreachable) {
  drop_relayed_paths(now, link.peer, unreachable.peer);
}

void Overlay::State::handle_observed(TimePoint now, const Link& link, const Path& path,
                                     const std::optional<net::Endpoint>& observed) {
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (!observed || endpoint == nullptr) return;
  const EndpointPolicy of_a_peer{config_.virtual_prefix, {}};
  if (!of_a_peer.allows(*observed)) {
    counters_.add("drop_observed_forbidden");
    return;
  }
  switch (nat_.handle_report(now, link.peer, *endpoint, *observed)) {
    case NatBehavior::News::none: return;
    case NatBehavior::News::new_mapping:
      // All peers must see the new mapping, if there is one; whoever lies makes us ask only so often.
      if (now >= doubt_pursued_ + doubt_every) {
        doubt_pursued_ = now;
        probe_all(now);
      }
      [[fallthrough]];
    case NatBehavior::News::report: update_reachability();
  }
}

void Overlay::State::route(TimePoint now, RoutedPacket packet, const std::optional<NodeId>& previous,
                           const std::optional<NodeId>& first_hop) {
  const Hop hop = routing_.next(now, packet, previous, first_hop, links_);
  switch (hop.kind) {
    case Hop::Kind::nowhere: return;
    case Hop::Kind::here:
      if (packet.source == config_.self && packet.type == PacketType::connect_to_me) return;
      take_routed(now, std::move(packet), previous.value_or(config_.self));
      return;
    case Hop::Kind::forward: break;
  }
  Link* link = links_.find(hop.peer);
  Path* path = link == nullptr ? nullptr : link->in_use();
  if (path == nullptr) return;
  const std::vector<Bytes> payloads = routing_.pack(packet, path->proof.carries());
  const std::vector<ByteSpan> spans(payloads.begin(), payloads.end());
  seal(now, *link, *path, spans, Content::control, AnswerComes::anywhere);
}

void Overlay::State::take_routed(TimePoint now, RoutedPacket packet, const NodeId& previous) {
  if (packet.type == PacketType::connect_to_me) {
    if (packet.source != config_.self) handle_connect_to_me(now, packet, previous);
    return;
  }
  outputs_.push(Delivered{std::move(packet), previous});
}

}  // namespace ipop::overlay
