#include "overlay/nat_behavior.hpp"

#include <algorithm>

namespace ipop::overlay {

std::string_view to_string(NatClass nat) {
  switch (nat) {
    case NatClass::unknown: return "unknown";
    case NatClass::none: return "none";
    case NatClass::endpoint_independent: return "endpoint-independent";
    case NatClass::address_dependent: return "address-dependent";
  }
  return "?";
}

void NatBehavior::handle_local_endpoints(std::vector<net::Endpoint> endpoints) {
  local_ = std::move(endpoints);
}

NatBehavior::News NatBehavior::handle_report(TimePoint now, const NodeId& peer, const net::Endpoint& peer_endpoint,
                                             const net::Endpoint& observed) {
  const auto ended = std::erase_if(reports_, [&](const auto& entry) { return entry.second.when + report_lives < now; });
  const auto found = reports_.find(peer);
  const bool same_path = found != reports_.end() && found->second.peer_endpoint == peer_endpoint;
  if (same_path && found->second.observed == observed) {
    found->second.when = now;
    return ended > 0 ? News::report : News::none;
  }
  if (same_path) reports_.clear();
  if (reports_.size() >= max_reports && !reports_.contains(peer)) {
    reports_.erase(
        std::ranges::min_element(reports_, [](const auto& a, const auto& b) { return a.second.when < b.second.when; }));
  }
  reports_[peer] = Report{peer_endpoint, observed, now};
  return same_path ? News::new_mapping : News::report;
}

void NatBehavior::forget(const NodeId& peer) {
  reports_.erase(peer);
}

void NatBehavior::clear() {
  reports_.clear();
}

NatClass NatBehavior::nat_class() const {
  // A LAN peer sees our own address although a NAT stands before everybody else.
  const Report* first = nullptr;
  bool independent = false;
  for (const auto& [peer, report] : reports_) {
    if (is_local(report.observed)) continue;
    if (first == nullptr) first = &report;
    if (report.peer_endpoint.address == first->peer_endpoint.address) continue;
    independent = true;
    if (report.observed != first->observed) return NatClass::address_dependent;
  }
  if (first == nullptr) return reports_.size() >= 2 ? NatClass::none : NatClass::unknown;
  return independent ? NatClass::endpoint_independent : NatClass::unknown;
}

std::vector<net::Endpoint> NatBehavior::observed() const {
  std::vector<net::Endpoint> out;
  std::vector<Report> latest;
  for (const auto& [peer, report] : reports_)
    latest.push_back(report);
  std::ranges::stable_sort(latest, [](const Report& a, const Report& b) { return a.when > b.when; });
  for (const Report& report : latest) {
    if (is_local(report.observed) || std::ranges::find(out, report.observed) != out.end()) continue;
    out.push_back(report.observed);
    if (out.size() == max_observed) break;
  }
  return out;
}

bool NatBehavior::is_local(const net::Endpoint& endpoint) const {
  return std::ranges::find(local_, endpoint) != local_.end();
}

}  // namespace ipop::overlay
