#include "overlay/path_checks.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {

void PathChecks::ping(TimePoint now, const NodeId& peer, Path& path) {
  Ping ping{path.liveness.next_ping(now), std::nullopt};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) ping.observed = *endpoint;
  outputs_.push(Send{peer, path.channel, ping});
}

void PathChecks::probe(TimePoint now, const NodeId& peer, Path& path) {
  const PathProof::Ping ping = path.proof.next_ping(now);
  outputs_.push(Send{peer, path.channel, make_probe(ping.id, ping.octets)});
}

void PathChecks::ask_all(TimePoint now, LinkTable& links) {
  for (const auto& [peer, link] : links.change_all()) {
    for (Path& path : link.paths)
      path.liveness.probe_now(now);
  }
}

void PathChecks::handle_message(TimePoint /*now*/, Link& link, crypto::ChannelId channel, const Ping& ping) {
  Path& path = *link.paths.find(channel);
  path.liveness.handle_pinged();
  Pong pong{ping.id, std::nullopt};
  if (const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier)) pong.observed = *endpoint;
  outputs_.push(Send{link.peer, channel, pong});
  observed(link, path, ping.observed);
}

void PathChecks::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Pong& pong) {
  Path& path = *link.paths.find(channel);
  if (const auto round_trip = path.liveness.handle_pong(now, pong.id)) measured(link, path, *round_trip);
  observed(link, path, pong.observed);
}

void PathChecks::handle_message(TimePoint /*now*/, Link& link, crypto::ChannelId channel, const Probe& probe) {
  // What the interface behind this node does not take is not to come, however wide the path is.
  if (probe_octets(probe) > std::max(mtu_, PathProof::smallest)) {
    counters_.add("drop_probe_above_mtu");
    return;
  }
  outputs_.push(Send{link.peer, channel, ProbeEcho{probe.id, probe.padding}});
}

void PathChecks::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ProbeEcho& echo) {
  Path& path = *link.paths.find(channel);
  const auto answered = path.proof.handle_echo(now, echo.id);
  if (!answered) {
    counters_.add("drop_echo_unasked");
    return;
  }
  measured(link, path, answered->round_trip);
  outputs_.push(Send{link.peer, channel, Carried{echo.id, answered->octets}});
  outputs_.push(Proven{link.peer, channel});
}

void PathChecks::handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Carried& carried) {
  link.paths.find(channel)->proof.handle_carried(now, carried.octets);
  outputs_.push(Proven{link.peer, channel});
}

void PathChecks::check_proofs(TimePoint now, Link& link) {
  std::vector<crypto::ChannelId> given_up;
  bool failing = false;
  for (Path& path : link.paths) {
    switch (path.proof.handle_timeout(now)) {
      case PathProof::Action::none: break;
      case PathProof::Action::ask: probe(now, link.peer, path); break;
      case PathProof::Action::failing: failing = failing || link.in_use() == &path; break;
      case PathProof::Action::given_up: given_up.push_back(path.channel); break;
    }
  }
  if (failing) outputs_.push(Failing{link.peer});
  for (const crypto::ChannelId channel : given_up)
    outputs_.push(Unproven{link.peer, channel});
}

void PathChecks::check_liveness(TimePoint now, Link& link) {
  std::vector<crypto::ChannelId> dead;
  bool suspect = false;
  for (Path& path : link.paths) {
    switch (path.liveness.handle_timeout(now)) {
      case Liveness::Action::none: break;
      case Liveness::Action::probe:
        if (link.in_use() == &path && path.liveness.is_first_probe()) {
          outputs_.push(KeepAlive{link.peer, path.channel});
        } else {
          ping(now, link.peer, path);
        }
        // A link that may be dead is replaced before it is.
        suspect = suspect || path.liveness.is_suspect();
        break;
      case Liveness::Action::dead: dead.push_back(path.channel); break;
    }
  }
  if (suspect) outputs_.push(Suspect{link.peer});
  if (!dead.empty()) outputs_.push(Dead{link.peer, std::move(dead)});
}

void PathChecks::measured(Link& link, Path& path, Duration round_trip) {
  path.handle_round_trip(round_trip);
  outputs_.push(RoundTrip{link.peer, path.channel, path.is_direct(), round_trip});
}

void PathChecks::observed(const Link& link, const Path& path, const std::optional<net::Endpoint>& observed) {
  const auto* endpoint = std::get_if<net::Endpoint>(&path.carrier);
  if (observed && endpoint != nullptr) outputs_.push(Observed{link.peer, *endpoint, *observed});
}

}  // namespace ipop::overlay
