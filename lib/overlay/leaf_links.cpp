#include "overlay/leaf_links.hpp"

#include <algorithm>

#include "base/machine.hpp"

namespace ipop::overlay {
namespace {

void shuffle(std::vector<net::Endpoint>& endpoints, Rng& rng) {
  for (std::size_t i = endpoints.size(); i > 1; --i)
    std::swap(endpoints[i - 1], endpoints[static_cast<std::size_t>(rng.below(i))]);
}

}  // namespace

void LeafLinks::set_endpoints(std::vector<net::Endpoint> bootstrap, std::vector<net::Endpoint> known, Rng& rng) {
  std::vector<Entry> old = std::move(entries_);
  entries_.clear();
  shuffle(bootstrap, rng);
  shuffle(known, rng);
  for (const auto& list : {bootstrap, known}) {
    for (const net::Endpoint& endpoint : list) {
      if (entries_.size() == max_endpoints || contains(endpoint)) continue;
      const auto before = std::ranges::find(old, endpoint, &Entry::endpoint);
      entries_.push_back(before == old.end() ? Entry{.endpoint = endpoint} : *before);
      entries_.back().is_learnt = false;
      entries_.back().is_hearsay = false;
    }
  }
  for (const Entry& entry : old) {
    if (entry.is_learnt && !contains(entry.endpoint)) entries_.push_back(entry);
  }
}

void LeafLinks::learn(const net::Endpoint& endpoint) {
  if (Entry* entry = find(endpoint)) {
    entry->is_hearsay = false;
    return;
  }
  if (is_full_of_learnt()) entries_.erase(std::ranges::find(entries_, true, &Entry::is_learnt));
  entries_.push_back({.endpoint = endpoint, .is_learnt = true});
}

void LeafLinks::learn_hearsay(const net::Endpoint& endpoint) {
  if (contains(endpoint)) return;
  if (is_full_of_learnt()) {
    const auto in_vain = std::ranges::find_if(entries_, [](const Entry& entry) {
      return entry.is_hearsay && entry.back_off.has_failed() && !entry.trying_since;
    });
    if (in_vain == entries_.end()) return;
    entries_.erase(in_vain);
  }
  entries_.push_back({.endpoint = endpoint, .is_learnt = true, .is_hearsay = true});
}

std::vector<net::Endpoint> LeafLinks::take_due(TimePoint now, std::size_t lacking,
                                               const std::function<bool(const net::Endpoint&)>& usable) {
  std::vector<net::Endpoint> out;
  if (!refused_.may_try(now)) return out;
  std::size_t hopeful = attempts_within(now, late_after);
  unsigned running = attempts_within(now, slow_after);
  for (Entry& entry : entries_) {
    if (hopeful >= lacking || running >= at_once) break;
    if (entry.is_own || entry.trying_since || !entry.back_off.may_try(now) || !usable(entry.endpoint)) continue;
    entry.trying_since = now;
    out.push_back(entry.endpoint);
    ++hopeful;
    ++running;
  }
  return out;
}

std::optional<net::Endpoint> LeafLinks::take_untried(TimePoint now,
                                                     const std::function<bool(const net::Endpoint&)>& usable) {
  if (!refused_.may_try(now)) return std::nullopt;
  for (Entry& entry : entries_) {
    if (entry.is_own || entry.trying_since || entry.back_off.has_failed() || !usable(entry.endpoint)) continue;
    entry.trying_since = now;
    return entry.endpoint;
  }
  return std::nullopt;
}

std::optional<net::Endpoint> LeafLinks::take_probe(TimePoint now, std::size_t ring_size,
                                                   const std::function<bool(const net::Endpoint&)>& usable, Rng& rng) {
  if (!next_probe_ || *next_probe_ > now) return std::nullopt;
  start_probing(now, rng);
  if (rng.uniform() * static_cast<double>(ring_size) > probes_per_round) return std::nullopt;
  std::vector<Entry*> idle;
  for (Entry& entry : entries_) {
    if (!entry.is_own && !entry.is_learnt && !entry.trying_since && usable(entry.endpoint)) idle.push_back(&entry);
  }
  if (idle.empty()) return std::nullopt;
  Entry* chosen = idle[static_cast<std::size_t>(rng.below(idle.size()))];
  chosen->trying_since = now;
  return chosen->endpoint;
}

void LeafLinks::handle_accepted(TimePoint now, const net::Endpoint& endpoint) {
  refused_.handle_accepted(now);
  if (Entry* entry = find(endpoint)) {
    entry->trying_since.reset();
    entry->is_hearsay = false;
    entry->back_off.handle_accepted(now);
  }
}

void LeafLinks::handle_failed(TimePoint now, const net::Endpoint& endpoint, Rng& rng) {
  if (Entry* entry = find(endpoint)) {
    entry->trying_since.reset();
    entry->back_off.handle_failed(now, silent, rng);
  }
}

void LeafLinks::handle_ended(TimePoint now, const net::Endpoint& endpoint, Rng& rng) {
  Entry* entry = find(endpoint);
  if (entry == nullptr) return;
  entry->trying_since.reset();
  entry->back_off.handle_ended(now, refusing, rng);
  refused_.handle_ended(now, refused_by_all, rng);
}

void LeafLinks::handle_unneeded(const net::Endpoint& endpoint) {
  if (Entry* entry = find(endpoint)) entry->trying_since.reset();
}

void LeafLinks::handle_own(const net::Endpoint& endpoint) {
  if (Entry* entry = find(endpoint)) {
    entry->trying_since.reset();
    entry->is_own = true;
  }
}

void LeafLinks::reset() {
  refused_ = {};
  for (Entry& entry : entries_) {
    entry.back_off = {};
    entry.trying_since.reset();
    entry.is_own = false;
  }
}

void LeafLinks::start_probing(TimePoint now, Rng& rng) {
  next_probe_ = now + rng.jitter(probe_every, 1.0 / 3.0);
}

std::optional<TimePoint> LeafLinks::deadline(TimePoint now, bool hungry) const {
  std::optional<TimePoint> first = next_probe_;
  if (!hungry) return first;
  const bool crowded = attempts_within(now, slow_after) >= at_once;
  for (const Entry& entry : entries_) {
    if (entry.is_own) continue;
    if (entry.trying_since) {
      // Others may wait for its place.
      const TimePoint due = *entry.trying_since + (crowded ? slow_after : late_after);
      if (due > now) first = earliest(first, due);
    } else if (const TimePoint due = std::max(entry.back_off.not_before(), refused_.not_before()); due > now) {
      first = earliest(first, due);
    }
  }
  return first;
}

bool LeafLinks::contains(const net::Endpoint& endpoint) const {
  return std::ranges::find(entries_, endpoint, &Entry::endpoint) != entries_.end();
}

bool LeafLinks::is_full_of_learnt() const {
  return std::ranges::count(entries_, true, &Entry::is_learnt) >= std::ptrdiff_t{max_learnt};
}

LeafLinks::Entry* LeafLinks::find(const net::Endpoint& endpoint) {
  const auto it = std::ranges::find(entries_, endpoint, &Entry::endpoint);
  return it == entries_.end() ? nullptr : &*it;
}

unsigned LeafLinks::attempts_within(TimePoint now, Duration age) const {
  return static_cast<unsigned>(std::ranges::count_if(
      entries_, [&](const Entry& entry) { return entry.trying_since && *entry.trying_since + age > now; }));
}

}  // namespace ipop::overlay
