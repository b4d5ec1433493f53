#include "overlay/reachability.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {
namespace {

/// How often all peers are asked where they see us because one sees us elsewhere.
constexpr Duration doubt_every = 2s;

}  // namespace

bool Reachability::handle_local_endpoints(std::vector<net::Endpoint> endpoints) {
  std::ranges::sort(endpoints);
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  if (endpoints == nat_.local()) return false;
  policy_.own = endpoints;
  nat_.handle_local_endpoints(std::move(endpoints));
  return true;
}

void Reachability::handle_address_changed() {
  nat_.clear();
  strangers_.clear();
  outputs_.push(AskAll{});
}

void Reachability::handle_observed(TimePoint now, const NodeId& peer, const net::Endpoint& endpoint,
                                   const net::Endpoint& observed) {
  const EndpointPolicy of_a_peer{policy_.virtual_prefix, {}};
  if (!of_a_peer.allows(observed)) {
    counters_.add("drop_observed_forbidden");
    return;
  }
  switch (nat_.handle_report(now, peer, endpoint, observed)) {
    case NatBehavior::News::none: return;
    case NatBehavior::News::new_mapping:
      // All peers must see the new mapping, if there is one; whoever lies makes us ask only so often.
      if (now >= doubt_pursued_ + doubt_every) {
        doubt_pursued_ = now;
        outputs_.push(AskAll{});
      }
      [[fallthrough]];
    case NatBehavior::News::report: update();
  }
}

void Reachability::update() {
  const std::vector<net::Endpoint> observed = nat_.observed();
  const NatClass nat = nat_.nat_class();
  if (nat == told_nat_ && std::ranges::is_permutation(observed, told_observed_)) return;
  const bool nat_changed = nat != told_nat_;
  if (nat_changed && told_nat_ != NatClass::unknown) outputs_.push(Moved{});
  // Elsewhere for most who see us: what could not be reached may be. Who is seen at another port by each peer has
  // moved when the address is another one.
  if (!observed.empty() && !told_observed_.empty()) {
    const net::Endpoint &here = observed.front(), &before = told_observed_.front();
    if (nat == NatClass::address_dependent ? here.address != before.address : here != before) outputs_.push(Moved{});
  }
  told_nat_ = nat;
  told_observed_ = observed;
  outputs_.push(Changed{observed, nat, nat_changed});
}

}  // namespace ipop::overlay
