#include "support/sim_network.hpp"

#include <cassert>
#include <stdexcept>

namespace ipop::test_support {
namespace {

/// A machine whose deadline stays in the past would hold the clock for ever.
constexpr unsigned max_timeouts_at_once = 1000;
/// How often run_until_done() asks: a question may look at every host.
constexpr Duration question_interval = 10ms;

}  // namespace

SimNetwork::SimNetwork(std::uint64_t seed, Config config) : config_(config), rng_(seed) {}

SiteId SimNetwork::add_public_site() {
  sites_.push_back(Site{});
  return SiteId{static_cast<std::uint32_t>(sites_.size() - 1)};
}

SiteId SimNetwork::add_nat_site(NatConfig nat) {
  const SiteId site{static_cast<std::uint32_t>(sites_.size())};
  // 198.18.0.0/15 is set aside for tests of networks (RFC 2544).
  const net::Ipv4Address external((198U << 24U) | (18U << 16U) | (site.value + 1));
  Site made;
  made.is_public = false;
  made.nat = std::make_unique<SimNat>(nat, external, rng_.next());
  sites_.push_back(std::move(made));
  nats_.emplace(external, site);
  return site;
}

net::Endpoint SimNetwork::next_address(SiteId site, std::uint16_t port) {
  Site& place = sites_.at(site.value);
  const std::uint32_t number = place.next_host++;
  if (place.is_public) {
    // A /24 a site: those behind the 256th go on in 198.52.0.0/16.
    return {net::Ipv4Address((198U << 24U) + (51U << 16U) + (site.value << 8U) + number), port};
  }
  // All sites use one private range, as homes do: an address says nothing about its site.
  return {net::Ipv4Address((192U << 24U) + (168U << 16U) + (1U << 8U) + number), port};
}

HostId SimNetwork::add_host(SiteId site, SimHost& host, std::uint16_t port) {
  const HostId id{static_cast<std::uint32_t>(hosts_.size())};
  const net::Endpoint local = next_address(site, port);
  hosts_.push_back(Host{site, &host, local, std::nullopt});
  if (sites_[site.value].is_public) public_hosts_.emplace(local, id);
  [[maybe_unused]] const bool is_alone = sites_[site.value].hosts.emplace(local, id).second;
  assert(is_alone);
  drain(id);
  return id;
}

net::Endpoint SimNetwork::local_endpoint(HostId host) const {
  return hosts_.at(host.value).local;
}

void SimNetwork::replace(HostId host, SimHost* machine) {
  hosts_.at(host.value).machine = machine;
  hosts_.at(host.value).armed.reset();
  if (machine != nullptr) drain(host);
}

void SimNetwork::renumber(HostId host) {
  Host& it = hosts_.at(host.value);
  sites_[it.site.value].hosts.erase(it.local);
  public_hosts_.erase(it.local);
  it.local = next_address(it.site, it.local.port);
  if (sites_[it.site.value].is_public) public_hosts_.emplace(it.local, host);
  sites_[it.site.value].hosts.emplace(it.local, host);
}

SimNat& SimNetwork::nat(SiteId site) {
  assert(sites_.at(site.value).nat != nullptr);
  return *sites_[site.value].nat;
}

void SimNetwork::drain(HostId host) {
  SimHost* machine = hosts_.at(host.value).machine;
  if (machine == nullptr) return;
  for (auto& [to, octets] : machine->take_outgoing(now_))
    send(host, to, std::move(octets));
  if (config_.looks_at_hosts) {
    const std::string broken = machine->broken_invariant();
    if (!broken.empty()) throw std::logic_error("host " + std::to_string(host.value) + ": " + broken);
  }
  arm(host);
}

void SimNetwork::arm(HostId host) {
  Host& it = hosts_[host.value];
  if (it.machine == nullptr) return;
  const auto deadline = it.machine->poll_timeout();
  if (!deadline || (it.armed && *it.armed <= *deadline && *it.armed > now_)) return;
  const TimePoint when = std::max(*deadline, now_);
  it.armed = when;
  at(when, [this, host, when] {
    Host& self = hosts_[host.value];
    if (self.machine == nullptr || self.armed != when) return;
    self.armed.reset();
    const auto due = self.machine->poll_timeout();
    if (due && *due <= now_) {
      self.machine->handle_timeout(now_);
      self.timeouts_now = self.last_timeout == now_ ? self.timeouts_now + 1 : 1;
      self.last_timeout = now_;
      if (self.timeouts_now > max_timeouts_at_once) {
        throw std::logic_error("host " + std::to_string(host.value) + " is due again and again without time passing");
      }
    }
    drain(host);
  });
}

void SimNetwork::mix(std::uint64_t value) {
  trace_hash_ = (trace_hash_ ^ value) * 0x100000001b3U;
}

void SimNetwork::send(HostId from, const net::Endpoint& to, Bytes octets) {
  ++sent_;
  octets_ += octets.size();
  if (tap_) tap_(octets);
  if (const auto counted = to.ipv4() ? counted_.find(*to.ipv4()) : counted_.end(); counted != counted_.end()) {
    ++counted->second.datagrams;
    counted->second.octets += octets.size();
  }
  const Host& sender = hosts_[from.value];
  const Site& site = sites_[sender.site.value];

  if (const auto it = site.hosts.find(to); it != site.hosts.end()) {
    const HostId target = it->second;
    if (!passes(from, target, octets)) return;
    at(now_ + config_.lan_latency,
       [this, target, source = sender.local, packet = std::move(octets)] { deliver(target, source, packet); });
    return;
  }

  const net::Endpoint source = site.nat ? site.nat->outbound(now_, sender.local, to) : sender.local;
  if (rng_.uniform() < config_.loss) return;
  const auto waits = time_on_uplink(from, octets.size());
  if (!waits) return;
  const Duration latency =
      config_.latency_spread > 0 ? rng_.jitter(config_.latency, config_.latency_spread) : config_.latency;
  at(now_ + *waits + latency, [this, from, source, to, packet = std::move(octets), origin = sender.site] {
    std::optional<HostId> target;
    if (const auto it = public_hosts_.find(to); it != public_hosts_.end()) {
      target = it->second;
    } else if (const auto v4 = to.ipv4()) {
      const auto box = nats_.find(*v4);
      if (box == nats_.end() || (box->second == origin && !sites_[origin.value].nat->config().hairpin)) return;
      const Site& place = sites_[box->second.value];
      if (const auto inside = place.nat->inbound(now_, to, source)) {
        if (const auto host = place.hosts.find(*inside); host != place.hosts.end()) target = host->second;
      }
    }
    if (!target || !passes(from, *target, packet)) return;
    deliver(*target, source, packet);
  });
}

std::optional<Duration> SimNetwork::time_on_uplink(HostId from, std::size_t octets) {
  const auto it = uplinks_.find(from);
  if (it == uplinks_.end()) return Duration::zero();
  Uplink& line = it->second;
  const auto on_line = [&](std::size_t size) {
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double>(static_cast<double>(size) / static_cast<double>(line.octets_a_second)));
  };
  const TimePoint begins = std::max(now_, line.free_at);
  if (begins - now_ > on_line(line.buffer)) return std::nullopt;
  line.free_at = begins + on_line(octets);
  return line.free_at - now_;
}

void SimNetwork::set_every_path(const SimPath& path) {
  paths_.clear();
  every_path_ = path;
}

bool SimNetwork::passes(HostId from, HostId to, ByteSpan octets) {
  if (blocked_ && blocked_(from, to)) return false;
  auto path = paths_.find({from, to});
  if (path == paths_.end()) {
    if (!every_path_) return true;
    path = paths_.emplace(std::pair(from, to), *every_path_).first;
  }
  return path->second.lets_pass(octets, rng_);
}

void SimNetwork::deliver(HostId to, const net::Endpoint& from, ByteSpan octets) {
  Host& host = hosts_[to.value];
  if (host.machine == nullptr) return;
  ++delivered_;
  mix(static_cast<std::uint64_t>(now_.time_since_epoch().count()));
  mix((std::uint64_t{to.value} << 32U) | octets.size());
  host.machine->handle_datagram(now_, from, octets);
  drain(to);
}

void SimNetwork::at(TimePoint when, std::function<void()> action) {
  if (free_actions_.empty()) {
    free_actions_.push_back(static_cast<std::uint32_t>(actions_.size()));
    actions_.emplace_back();
  }
  const std::uint32_t place = free_actions_.back();
  free_actions_.pop_back();
  actions_[place] = std::move(action);
  events_.push(Event{std::max(when, now_), next_order_++, place});
}

bool SimNetwork::step(TimePoint until) {
  if (events_.empty() || events_.top().when > until) return false;
  const Event event = events_.top();
  events_.pop();
  now_ = event.when;
  const auto action = std::exchange(actions_[event.action], nullptr);
  free_actions_.push_back(event.action);
  action();
  return true;
}

void SimNetwork::run_until(TimePoint until) {
  while (step(until)) {
  }
  now_ = std::max(now_, until);
}

bool SimNetwork::run_until_done(const std::function<bool()>& done, Duration limit) {
  const TimePoint until = now_ + limit;
  while (!done()) {
    if (now_ >= until) return false;
    run_until(std::min(until, now_ + question_interval));
  }
  return true;
}

}  // namespace ipop::test_support
