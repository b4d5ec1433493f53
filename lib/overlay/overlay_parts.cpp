// Overlay::State: the machines, what comes out of each, and to which others it goes.

#include <type_traits>

#include "overlay/link_context.hpp"
#include "overlay/overlay_state.hpp"

namespace ipop::overlay {
namespace {

crypto::ChannelTable::Config channel_config(const Overlay::Config& config) {
  crypto::ChannelTable::Config out;
  out.self = config.self;
  out.context = link_context(config.name_space);
  out.hands = config.hands;
  return out;
}

}  // namespace

Overlay::State::State(Config given, const crypto::Basis& basis, crypto::HandshakeFactory& handshakes,
                      crypto::AeadFactory& aeads, Rng& random)
    : config(std::move(given)),
      rng(random),
      table(channel_config(config), basis, handshakes, aeads, random),
      instance(random.next()),
      links({.self = config.self,
             .most_links = config.most_links,
             .mtu = config.mtu,
             .on_demand_idle = config.on_demand_idle,
             .keep_alive = config.keep_alive},
            random),
      checks(config.mtu),
      reachability(config.virtual_prefix),
      finder(config.self, config.near_per_side, config.on_demand_idle,
             {.links = links.table(), .openings = openings, .reachability = reachability}, random),
      statuses(config.self),
      routing(config.self),
      relaying(config.relay_share, config.relay_limit),
      sender(table, links, relaying),
      membership(basis) {
  finder.set_instance(instance);
}

Statuses::Own Overlay::State::own_status() const {
  return {.instance = instance, .nat = reachability.nat_class(), .relay_load = relaying.load()};
}

void Overlay::State::carry_out_links(TimePoint now) {
  while (auto output = links.poll_output()) {
    std::visit(Overloaded{[&](const Links::Send& send) { sender.send(now, send.channel, send.message); },
                          [&](const Links::CloseChannel& close) { table.close(now, close.channel); },
                          [&](const Links::PathAdded& added) {
                            Link* link = links.table().find(added.channel);
                            if (link != nullptr) checks.ping(now, added.peer, *link->paths.find(added.channel));
                            carry_out_checks(now);
                          },
                          [&](const Links::CameOrWent& link) {
                            look_due = view_changed = true;
                            statuses.handle_changed_beside(link.peer, links.table());
                          },
                          [&](const Links::Up& up) {
                            outputs.push(LinkUp{up.peer, up.direct});
                          },
                          [&](const Links::Carries& link) {
                            outputs.push(LinkCarries{link.peer, link.octets});
                          },
                          [&](Links::Down& down) {
                            outputs.push(LinkDown{down.peer, std::move(down.why), down.end, down.heard});
                          },
                          [&](const Links::Removed& removed) { handle_removed(now, removed); },
                          [&](const Links::RelayGone& gone) {
                            for (const auto& [carrier, peer] : openings.cancel_over(gone.relay, gone.only_peer)) {
                              table.cancel(carrier);
                              finder.handle_relay_failed(now, peer, gone.relay);
                              carry_out_finder(now);
                            }
                          },
                          [&](const Links::Restarted& restarted) {
                            for (const auto& [channel, carrier] : restarted.aside)
                              twins.put_aside(now, channel, restarted.peer, carrier);
                            twins.handle_instance(restarted.peer, restarted.channel, restarted.former,
                                                  restarted.latest);
                            carry_out_twins(now);
                          },
                          [&](const Links::PathLost& lost) {
                            look_due = view_changed = true;
                            finder.handle(now, lost);
                          },
                          [&](const Links::Told& told) {
                            look_due = true;
                            if (told.near_changed) statuses.handle_near_changed(told.peer);
                            finder.handle(now, told);
                          },
                          [&](const auto& news) {  // for the finder alone
                            using News = std::remove_cvref_t<decltype(news)>;
                            if (std::is_same_v<News, Links::Reached> || std::is_same_v<News, Links::Failing>)
                              look_due = true;
                            finder.handle(now, news);
                            carry_out_finder(now);
                          }},
               *output);
  }
}

void Overlay::State::handle_removed(TimePoint now, const Links::Removed& removed) {
  look_due = view_changed = true;
  statuses.handle_changed_beside(removed.peer, links.table());
  if (removed.end != LinkEnd::unneeded && removed.end != LinkEnd::full)
    statuses.handle_lost(removed.peer, links.table());
  membership.handle_lost(removed.peer);
  routing.handle_lost(removed.peer);
  reachability.handle_lost(removed.peer);
  finder.handle(now, removed);
  carry_out_finder(now);
}

void Overlay::State::carry_out_checks(TimePoint now) {
  while (const auto output = checks.poll_output()) {
    std::visit(Overloaded{[&](const PathChecks::Send& send) { sender.send(now, send.channel, send.message); },
                          [&](const PathChecks::KeepAlive& due_now) {
                            Link* link = links.table().find(due_now.channel);
                            if (link == nullptr) return;
                            if (!statuses.tell_waiting(now, own_status(), *link, links.table()))
                              checks.ping(now, due_now.peer, *link->paths.find(due_now.channel));
                            carry_out_statuses(now);
                          },
                          [&](const PathChecks::Proven& proven) {
                            links.handle_proven(now, proven.peer, proven.channel);
                            carry_out_links(now);
                          },
                          [&](const PathChecks::Failing& failing) {
                            links.handle_failing(now, failing.peer);
                            carry_out_links(now);
                          },
                          [&](const PathChecks::Unproven& path) {
                            const Link* link = std::as_const(links).table().find(path.peer);
                            if (link == nullptr || !link->has_path(path.channel)) return;
                            counters.add("paths_unproven");
                            sender.send(now, path.channel, Close{CloseReason::duplicate});
                            table.close(now, path.channel);
                            links.handle_lost(now, path.peer, path.channel,
                                              "the handshake passed, but no data came back");
                            carry_out_links(now);
                          },
                          [&](const PathChecks::Suspect& suspect) {
                            look_due = true;
                            links.handle_suspect(now, suspect.peer);
                            carry_out_links(now);
                          },
                          [&](const PathChecks::Dead& dead) { handle_dead(now, dead); },
                          [&](const PathChecks::RoundTrip& trip) {
                            const Link* link = std::as_const(links).table().find(trip.peer);
                            if (link != nullptr && trip.is_direct)
                              relaying.handle_round_trip(now, trip.peer, trip.measured,
                                                         Relaying::is_relaying(now, link->relayed_at));
                          },
                          [&](const PathChecks::Observed& seen) {
                            reachability.handle_observed(now, seen.peer, seen.endpoint, seen.observed);
                            carry_out_reachability(now);
                          }},
               *output);
  }
}

void Overlay::State::handle_dead(TimePoint now, const PathChecks::Dead& dead) {
  for (const crypto::ChannelId channel : dead.channels) {
    counters.add("paths_dead");
    table.close(now, channel);
    links.handle_lost(now, dead.peer, channel, "no answer");
    carry_out_links(now);
  }
  if (std::as_const(links).table().find(dead.peer) == nullptr) finder.handle_dead(now, dead.peer);
}

void Overlay::State::carry_out_finder(TimePoint now) {
  while (auto output = finder.poll_output()) {
    std::visit(
        Overloaded{
            [&](LinkFinder::Route& packet) { route(now, std::move(packet.packet), std::nullopt, packet.first_hop); },
            [&](const LinkFinder::OpenPath& path) { open_path(now, path.carrier, path.expected); },
            [&](const LinkFinder::CancelDirect& cancel) {
              for (const PathOpenings::Cancelled& cancelled : openings.cancel(cancel.peer, true))
                table.cancel(cancelled.carrier);
            },
            [&](LinkFinder::Noted& noted) { links.journal().add(now, noted.peer, std::move(noted.text)); },
            [&](const LinkFinder::PunchBegan& began) { links.journal().count_punch_attempt(now, began.peer); },
            [&](const LinkFinder::LookAgain&) { look_due = true; },
            [&](Ring::Changed& changed) {
              outputs.push(RingChanged{std::move(changed.neighbours), changed.size});
            },
            [&](const Ring::Joined& joined) {
              outputs.push(Joined{});
              outputs.push(
                  LogLine{LogLevel::info,
                          "joined the ring",
                          {{"neighbours", std::to_string(joined.neighbours)}, {"size", std::to_string(joined.size)}}});
            }},
        *output);
  }
}

void Overlay::State::carry_out_statuses(TimePoint now) {
  while (const auto output = statuses.poll_output())
    sender.tell(now, output->peer, output->channel, output->message);
}

void Overlay::State::carry_out_relaying(TimePoint now) {
  while (const auto output = relaying.poll_output()) {
    std::visit(Overloaded{[&](const Relaying::Pass& pass) { pass_on(now, pass); },
                          [&](const Relaying::Passed& pair) { let_pass(now, pair.source, pair.destination); },
                          [&](const Relaying::Tell& tell) { sender.tell(now, tell.peer, std::nullopt, tell.message); },
                          [&](const Relaying::LoadChanged&) { look_due = true; }},
               *output);
  }
}

void Overlay::State::carry_out_membership(TimePoint now) {
  while (auto output = membership.poll_output()) {
    std::visit(
        Overloaded{[&](const Membership::Tell& tell) { sender.tell(now, tell.peer, tell.channel, tell.message); },
                   [&](Membership::Newer& newer) { outputs.push(NewerTrust{std::move(newer.trust)}); },
                   [&](const Membership::Unfit& unfit) {
                     if (!unfit.detail.empty()) links.journal().add(now, unfit.peer, unfit.why + ": " + unfit.detail);
                     const Link* link = std::as_const(links).table().find(unfit.peer);
                     if (link != nullptr && !link->admitted)
                       links.close(now, unfit.peer, CloseReason::unneeded, unfit.why);
                     carry_out_links(now);
                   }},
        *output);
  }
  wake_by(membership.poll_timeout());
}

void Overlay::State::carry_out_twins(TimePoint now) {
  while (const auto output = twins.poll_output()) {
    std::visit(Overloaded{[&](const Twins::Tell& tell) { sender.send(now, tell.channel, tell.message); },
                          [&](const Twins::Close& close) { table.close(now, close.channel); }},
               *output);
  }
  wake_by(twins.poll_timeout());
}

void Overlay::State::carry_out_reachability(TimePoint now) {
  while (auto output = reachability.poll_output()) {
    std::visit(Overloaded{[&](const Reachability::AskAll&) { PathChecks::ask_all(now, links.table()); },
                          [&](const Reachability::Moved&) { finder.handle_moved(); },
                          [&](Reachability::Changed& changed) {
                            if (changed.nat_changed) look_due = true;
                            outputs.push(ReachabilityChanged{std::move(changed.observed), changed.nat});
                          }},
               *output);
  }
}

void Overlay::State::admit_level_peers(TimePoint now) {
  std::vector<NodeId> level;
  for (const auto& [peer, link] : std::as_const(links).table().all()) {
    if (!link.admitted && !link.paths.empty() && membership.is_level(peer)) level.push_back(peer);
  }
  for (const NodeId& peer : level)
    links.admit(now, peer);
  carry_out_links(now);
}

}  // namespace ipop::overlay
