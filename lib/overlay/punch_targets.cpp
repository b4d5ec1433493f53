#include "overlay/punch_targets.hpp"

#include <algorithm>

#include "overlay/candidates.hpp"

namespace ipop::overlay {

PunchTargets punch_targets(const PunchSide& own, NatClass theirs, const std::vector<net::Endpoint>& candidates) {
  const bool same_nat = std::ranges::any_of(candidates, [&](const net::Endpoint& candidate) {
    return !is_private(candidate) &&
           std::ranges::find(own.observed, candidate.address, &net::Endpoint::address) != own.observed.end();
  });
  const bool only_private = std::ranges::all_of(candidates, is_private);
  const bool private_counts = same_nat || only_private || own.observed.empty();
  PunchTargets out;
  for (const net::Endpoint& candidate : candidates) {
    if (is_private(candidate)) {
      (private_counts ? out.always : out.once).push_back(candidate);
    } else if (theirs != NatClass::address_dependent || !candidate.ipv4()) {
      out.always.push_back(candidate);
    } else {
      auto& list = can_not_punch(own.nat, theirs) ? out.once : out.always;
      if (std::ranges::find(list, candidate.address, &net::Endpoint::address) == list.end()) list.push_back(candidate);
    }
  }
  return out;
}

}  // namespace ipop::overlay
