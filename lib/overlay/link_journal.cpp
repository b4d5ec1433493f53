#include "overlay/link_journal.hpp"

#include <algorithm>

namespace ipop::overlay {

void LinkJournal::add(TimePoint now, const NodeId& peer, std::string text) {
  Page& of_peer = page(now, peer);
  if (!of_peer.entries.empty() && of_peer.entries.back().text == text) {
    of_peer.entries.back().when = now;
    return;
  }
  if (of_peer.entries.size() == max_entries) of_peer.entries.erase(of_peer.entries.begin());
  of_peer.entries.push_back({now, std::move(text)});
}

void LinkJournal::count_punch_attempt(TimePoint now, const NodeId& peer) {
  ++page(now, peer).punch_attempts;
}

std::vector<JournalEntry> LinkJournal::entries(const NodeId& peer) const {
  const auto it = pages_.find(peer);
  if (it == pages_.end()) return {};
  return it->second.entries;
}

unsigned LinkJournal::punch_attempts(const NodeId& peer) const {
  const auto it = pages_.find(peer);
  return it == pages_.end() ? 0 : it->second.punch_attempts;
}

LinkJournal::Page& LinkJournal::page(TimePoint now, const NodeId& peer) {
  if (pages_.size() >= max_peers && !pages_.contains(peer)) {
    pages_.erase(std::ranges::min_element(
        pages_, [](const auto& a, const auto& b) { return a.second.latest < b.second.latest; }));
  }
  Page& of_peer = pages_[peer];
  of_peer.latest = now;
  return of_peer;
}

}  // namespace ipop::overlay
