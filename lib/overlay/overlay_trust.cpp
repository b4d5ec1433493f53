// Overlay::State: who is a member, and two nodes with one id.

#include <utility>

#include "overlay/overlay_state.hpp"

namespace ipop::overlay {

void Overlay::State::handle_trust(TimePoint now, std::shared_ptr<const crypto::TrustStore> trust) {
  membership_.handle_trust(now, std::move(trust));
  // Before the channels of whom the list names end: so the revoked machine hears of it too.
  carry_out_membership(now);
  table_.handle_trust(now, membership_.trust());
  admit_level_peers(now);
  settle(now);
}

void Overlay::State::carry_out_membership(TimePoint now) {
  while (const auto output = membership_.poll_output()) {
    std::visit(Overloaded{[&](const Membership::Tell& tell) { tell_peer(now, tell.peer, tell.channel, tell.message); },
                          [&](const Membership::Adopted&) {
                            table_.handle_trust(now, membership_.trust());
                            outputs_.push(TrustChanged{membership_.trust()});
                            dirty_ = true;
                          },
                          [&](const Membership::Refused& refused) {
                            journal_.add(now, refused.peer, "its revocation list is refused: " + refused.why);
                            // Who can't give a list that counts can't be told from one who holds it back.
                            const Link* link = std::as_const(links_).find(refused.peer);
                            if (link == nullptr || link->admitted) return;
                            close_link(now, refused.peer, CloseReason::unneeded, "its revocation list is refused");
                          },
                          [&](const Membership::Silent& silent) {
                            const Link* link = std::as_const(links_).find(silent.peer);
                            if (link == nullptr || link->admitted) return;
                            counters_.add("links_not_admitted");
                            close_link(now, silent.peer, CloseReason::unneeded, "it told no revocation number");
                          }},
               *output);
  }
  wake_by(membership_.poll_timeout());
}

void Overlay::State::admit_level_peers(TimePoint now) {
  for (const auto& [peer, link] : std::as_const(links_).all()) {
    if (!link.admitted && !link.paths.empty() && membership_.is_level(peer)) admit(now, *links_.find(peer));
  }
}

void Overlay::State::carry_out_twins(TimePoint now) {
  while (const auto output = twins_.poll_output()) {
    std::visit(Overloaded{[&](const Twins::Tell& tell) {
                            Bytes payload;
                            encode(tell.message, payload);
                            const ByteSpan span(payload);
                            if (!table_.seal(now, tell.channel, {&span, 1})) counters_.add("drop_seal_failed");
                          },
                          [&](const Twins::Close& close) { table_.close(now, close.channel); }},
               *output);
  }
  wake_by(twins_.poll_timeout());
}

std::optional<crypto::ChannelId> Overlay::State::speaking_with(const NodeId& peer) const {
  const Link* link = links_.find(peer);
  const Path* path = link == nullptr ? nullptr : link->paths.speaking();
  return path == nullptr ? std::nullopt : std::optional(path->channel);
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
    return;
  }
  const LinkCarrier carrier = link.paths.find(channel)->carrier;
  twins_.pass_on(link.peer, channel, carrier, std::move(claim.octets), std::nullopt);
  carry_out_twins(now);
}

void Overlay::State::send_claim(TimePoint now, crypto::ChannelId channel, Bytes octets) {
  if (!running_) return;
  const InstanceClaim claim{false, std::nullopt, std::move(octets)};
  if (Link* link = links_.find(channel)) send_message(now, *link, channel, claim);
  settle(now);
}

}  // namespace ipop::overlay
