#include "overlay/nat_behavior.hpp"

#include <algorithm>
#include <set>

#include "overlay/candidates.hpp"

namespace ipop::overlay {

namespace {

/// What was seen of us, by how many voices, and when last.
struct Seen {
  net::Endpoint observed{};
  std::size_t voices = 0;
  TimePoint latest{};
};

/// What `reports` saw besides `local` addresses: most voices first, of these the latest.
template <class Reports>
std::vector<Seen> seen_outside(const Reports& reports, const std::vector<net::Endpoint>& local) {
  // Of several peers at one address the latest speaks for it.
  std::map<decltype(net::Endpoint::address), Seen> voices;
  for (const auto& [peer, report] : reports) {
    if (std::ranges::find(local, report.observed) != local.end()) continue;
    Seen& voice = voices[report.peer_endpoint.address];
    if (voice.voices == 0 || report.when > voice.latest) voice = {report.observed, 1, report.when};
  }
  std::vector<Seen> out;
  for (const auto& [address, voice] : voices) {
    auto known = std::ranges::find(out, voice.observed, &Seen::observed);
    if (known == out.end()) known = out.insert(out.end(), Seen{voice.observed, 0, voice.latest});
    ++known->voices;
    known->latest = std::max(known->latest, voice.latest);
  }
  std::ranges::stable_sort(out, [](const Seen& a, const Seen& b) {
    return a.voices != b.voices ? a.voices > b.voices : a.latest > b.latest;
  });
  return out;
}

}  // namespace

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
  if (reports_.size() >= max_reports && !reports_.contains(peer)) {
    reports_.erase(
        std::ranges::min_element(reports_, [](const auto& a, const auto& b) { return a.second.when < b.second.when; }));
  }
  reports_[peer] = Report{peer_endpoint, observed, now};
  if (!same_path) return News::report;
  // What was said before the first of two voices that agree tells of the mapping before.
  const auto other = std::ranges::find_if(reports_, [&](const auto& entry) {
    return entry.second.observed == observed && entry.second.peer_endpoint.address != peer_endpoint.address;
  });
  if (other != reports_.end()) {
    const TimePoint since = other->second.when;
    std::erase_if(reports_,
                  [&](const auto& entry) { return entry.second.when < since && entry.second.observed != observed; });
  }
  return News::new_mapping;
}

void NatBehavior::forget(const NodeId& peer) {
  reports_.erase(peer);
}

void NatBehavior::clear() {
  reports_.clear();
}

NatClass NatBehavior::nat_class() const {
  const std::vector<Seen> outside = seen_outside(reports_, local_);
  std::size_t voices = 0;
  for (const Seen& one : outside)
    voices += one.voices;
  if (voices == 0) return reports_.size() >= 2 ? NatClass::none : NatClass::unknown;
  // A LAN peer sees our own address although a NAT stands before everybody else; one outside does not.
  std::set<decltype(net::Endpoint::address)> see_own;
  for (const auto& [peer, report] : reports_) {
    if (is_local(report.observed) && !is_private(report.peer_endpoint)) see_own.insert(report.peer_endpoint.address);
  }
  if (see_own.size() > voices) return NatClass::none;
  if (voices < 2) return NatClass::unknown;
  return 2 * outside.front().voices > voices ? NatClass::endpoint_independent : NatClass::address_dependent;
}

std::vector<net::Endpoint> NatBehavior::observed() const {
  std::vector<net::Endpoint> out;
  for (const Seen& one : seen_outside(reports_, local_)) {
    out.push_back(one.observed);
    if (out.size() == max_observed) break;
  }
  return out;
}

bool NatBehavior::is_local(const net::Endpoint& endpoint) const {
  return std::ranges::find(local_, endpoint) != local_.end();
}

}  // namespace ipop::overlay
