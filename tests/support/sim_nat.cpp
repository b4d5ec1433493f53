#include "support/sim_nat.hpp"

namespace ipop::test_support {

NatConfig full_cone() {
  return {.filtering = NatRule::endpoint_independent};
}
NatConfig port_restricted_cone() {
  return {.preserve_port = true};
}
NatConfig symmetric() {
  return {.mapping = NatRule::address_and_port_dependent};
}

SimNat::SimNat(NatConfig config, net::Ipv4Address external, std::uint64_t seed)
    : config_(config), external_(external), rng_(seed) {}

net::Endpoint SimNat::reduce(const net::Endpoint& endpoint, NatRule rule) {
  switch (rule) {
    case NatRule::endpoint_independent: return {};
    case NatRule::address_dependent: return {endpoint.address, 0};
    case NatRule::address_and_port_dependent: return endpoint;
  }
  return endpoint;
}

std::uint16_t SimNat::free_port(TimePoint now, std::uint16_t wanted) {
  const auto usable = [&](std::uint16_t port) {
    const auto it = by_port_.find(port);
    if (it == by_port_.end()) return true;
    if (it->second.expires > now) return false;
    by_key_.erase(it->second.key);
    by_port_.erase(it);
    return true;
  };
  if (config_.preserve_port && usable(wanted)) return wanted;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(1024 + rng_.below(64000));
    if (usable(port)) return port;
  }
}

net::Endpoint SimNat::outbound(TimePoint now, const net::Endpoint& internal, const net::Endpoint& destination) {
  const MappingKey key{internal, reduce(destination, config_.mapping)};
  auto it = by_key_.find(key);
  const auto is_over = [&](const MappingState& mapping) {
    return mapping.expires <= now || (config_.rebinds_after && mapping.sent >= *config_.rebinds_after);
  };
  if (it != by_key_.end() && is_over(by_port_.at(it->second))) {
    by_port_.erase(it->second);
    by_key_.erase(it);
    it = by_key_.end();
  }
  if (it == by_key_.end()) {
    const std::uint16_t port = free_port(now, internal.port);
    it = by_key_.emplace(key, port).first;
    by_port_.emplace(port, MappingState{internal, key, {}, {}, 0});
  }
  MappingState& mapping = by_port_.at(it->second);
  ++mapping.sent;
  mapping.expires = now + config_.mapping_timeout;
  mapping.contacted[reduce(destination, config_.filtering)] = now + config_.mapping_timeout;
  return {external_, it->second};
}

std::optional<net::Endpoint> SimNat::inbound(TimePoint now, const net::Endpoint& external,
                                             const net::Endpoint& source) {
  const auto it = by_port_.find(external.port);
  if (it == by_port_.end() || it->second.expires <= now) return std::nullopt;
  const auto allowed = it->second.contacted.find(reduce(source, config_.filtering));
  if (allowed == it->second.contacted.end() || allowed->second <= now) return std::nullopt;
  // RFC 4787 REQ-6: inbound traffic need not refresh a mapping, and many NATs do not let it.
  return it->second.internal;
}

void SimNat::reset() {
  by_key_.clear();
  by_port_.clear();
}

}  // namespace ipop::test_support
