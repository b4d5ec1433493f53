#include "overlay/whereabouts.hpp"

#include <algorithm>

namespace ipop::overlay {
namespace {

/// Of those to which there is a direct link, some that may let anybody in.
std::vector<net::Endpoint> ways_in(const LinkTable& links, const std::vector<RelayOffer>& direct, NatClass own) {
  // Who can be linked from behind a NAT like that lets anybody in, as does who has none.
  const bool proves = own == NatClass::address_dependent;
  std::vector<net::Endpoint> sure;
  std::vector<net::Endpoint> likely;
  for (const RelayOffer& offer : direct) {
    const Link& link = *links.find(offer.id);
    const Path& path = *link.paths.direct();
    if (path.to_bootstrap || link.peer_nat == NatClass::address_dependent) continue;
    (proves || link.peer_nat == NatClass::none ? sure : likely).push_back(std::get<net::Endpoint>(path.carrier));
  }
  sure.insert(sure.end(), likely.begin(), likely.end());
  if (sure.size() > ConnectToMe::max_ways_in) sure.resize(ConnectToMe::max_ways_in);
  return sure;
}

}  // namespace

std::vector<RelayCandidate> able_to_relay(const LinkTable& links) {
  std::vector<RelayCandidate> out;
  for (const auto& [id, link] : links.all()) {
    if (link.paths.direct() != nullptr && link.is_sound()) out.push_back({id, link.round_trip(), link.relay_load});
  }
  return out;
}

ConnectToMe whereabouts(const LinkTable& links, const Reachability& reachability) {
  ConnectToMe out;
  out.nat = reachability.nat_class();
  out.candidates = reachability.candidates();
  for (const auto& [peer, link] : links.all()) {
    if (const Path* direct = link.paths.direct()) out.relays.push_back({peer, to_offer_ms(direct->round_trip)});
  }
  std::ranges::stable_sort(out.relays, {}, &RelayOffer::round_trip_ms);
  if (out.relays.size() > ConnectToMe::max_relays) out.relays.resize(ConnectToMe::max_relays);
  out.ways_in = ways_in(links, out.relays, out.nat);
  return out;
}

}  // namespace ipop::overlay
