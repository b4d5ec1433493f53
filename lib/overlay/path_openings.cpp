#include "overlay/path_openings.hpp"

#include <algorithm>

namespace ipop::overlay {

std::optional<std::variant<PathOpenings::Open, PathOpenings::Nudge>> PathOpenings::open(TimePoint now,
                                                                                        const LinkCarrier& carrier,
                                                                                        const NodeId& expected) {
  const crypto::Carrier octets = to_carrier(carrier);
  const auto* endpoint = std::get_if<net::Endpoint>(&carrier);
  const auto running = running_.find(octets);
  if (running != running_.end()) {
    // Another attempt holds this endpoint (equal private addresses at two sites): it goes first.
    if (running->second.expected != expected || (endpoint != nullptr && !shots_.may_shoot(now, *endpoint)))
      return std::nullopt;
    return Nudge{octets};
  }
  if (endpoint != nullptr && !expected.is_zero() && !shots_.may_shoot(now, *endpoint)) {
    counters_.add("drop_shot_pace");
    return std::nullopt;
  }
  const std::uint64_t attempt = next_attempt_++;
  running_[octets] = {expected, attempt};
  return Open{octets, expected.is_zero() ? std::nullopt : std::optional(expected), attempt};
}

std::optional<PathOpenings::Opened> PathOpenings::take(Map::iterator running) {
  if (running == running_.end()) return std::nullopt;
  const auto asked = from_carrier(running->first);
  const NodeId expected = running->second.expected;
  running_.erase(running);
  return asked ? std::optional(Opened{*asked, expected}) : std::nullopt;
}

std::optional<PathOpenings::Opened> PathOpenings::take(const crypto::ChannelTable::Opened& opened) {
  if (opened.attempt) {
    const auto asked =
        std::ranges::find_if(running_, [&](const auto& entry) { return entry.second.attempt == *opened.attempt; });
    if (asked != running_.end()) return take(asked);
  }
  return take(running_.find(opened.carrier));
}

std::optional<PathOpenings::Opened> PathOpenings::take(const crypto::Carrier& carrier) {
  return take(running_.find(carrier));
}

template <class Which>
std::vector<PathOpenings::Cancelled> PathOpenings::cancel_those(Which&& which) {
  std::vector<Cancelled> out;
  for (const auto& [octets, running] : running_) {
    const auto carrier = from_carrier(octets);
    if (carrier && which(*carrier, running.expected)) out.push_back({octets, running.expected});
  }
  for (const Cancelled& cancelled : out)
    running_.erase(cancelled.carrier);
  return out;
}

std::vector<PathOpenings::Cancelled> PathOpenings::cancel(const NodeId& expected, bool direct_only) {
  return cancel_those([&](const LinkCarrier& carrier, const NodeId& whom) {
    return whom == expected && (!direct_only || std::holds_alternative<net::Endpoint>(carrier));
  });
}

std::vector<PathOpenings::Cancelled> PathOpenings::cancel_over(const NodeId& relay,
                                                               const std::optional<NodeId>& only_peer) {
  return cancel_those([&](const LinkCarrier& carrier, const NodeId& /*whom*/) {
    const auto* path = std::get_if<RelayPath>(&carrier);
    return path != nullptr && path->relay == relay && (!only_peer || path->peer == *only_peer);
  });
}

std::vector<PathOpenings::Cancelled> PathOpenings::cancel_all() {
  return cancel_those([](const LinkCarrier&, const NodeId&) { return true; });
}

bool PathOpenings::is_opening(const NodeId& peer) const {
  return std::ranges::any_of(running_, [&](const auto& entry) { return entry.second.expected == peer; });
}

}  // namespace ipop::overlay
