#include "overlay/revocation_spread.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {
namespace {

/// Requests for one piece of a list.
constexpr unsigned most_tries = 6;

}  // namespace

void RevocationSpread::set_list(TimePoint now, std::uint64_t number, Bytes list) {
  if (number <= number_ && number_ != 0) return;
  number_ = number;
  list_ = std::move(list);
  for (auto& [id, peer] : peers_) {
    peer.tries = 0;
    peer.turns = 0;
    tell(id, peer);
    schedule(now, peer);
  }
  fetch_next(now);
}

void RevocationSpread::handle_linked(TimePoint now, const NodeId& peer) {
  Peer& state = peers_[peer];
  state = {};
  state.silent_from = now + number_within;
  tell(peer, state);
  schedule(now, state);
}

void RevocationSpread::handle_lost(const NodeId& peer) {
  peers_.erase(peer);
  downloads_.erase(peer);
}

void RevocationSpread::handle_message(TimePoint now, const NodeId& peer, const ListNumber& message) {
  const auto it = peers_.find(peer);
  if (it == peers_.end()) return;
  Peer& state = it->second;
  hear_number(peer, state, message.number);
  if (message.asks) tell(peer, state);
  schedule(now, state);
  fetch_next(now);
}

void RevocationSpread::handle_message(TimePoint /*now*/, const NodeId& peer, const ListRequest& message) {
  if (message.number != number_ || message.offset >= list_.size() || !peers_.contains(peer)) return;
  for (std::size_t i = 0; i < pieces_a_request; ++i) {
    const std::size_t offset = message.offset + i * piece_size;
    if (offset >= list_.size()) break;
    const auto piece = ByteSpan(list_).subspan(offset).first(std::min(piece_size, list_.size() - offset));
    messages_.push_back({peer, ListPiece{number_, static_cast<std::uint32_t>(list_.size()),
                                         static_cast<std::uint32_t>(offset), to_bytes(piece)}});
  }
}

std::optional<Bytes> RevocationSpread::handle_message(TimePoint now, const NodeId& peer, const ListPiece& message) {
  const auto it = peers_.find(peer);
  if (it == peers_.end()) return std::nullopt;
  Peer& state = it->second;
  hear_number(peer, state, message.number);
  if (message.number <= number_ || state.refused) {
    // It would go on sending until it knows that we have it.
    if (message.number <= number_) messages_.push_back({peer, ListNumber{number_, false}});
    schedule(now, state);
    return std::nullopt;
  }
  // A list of one piece needs no request.
  if (message.offset == 0 && message.octets.size() == message.total) return message.octets;
  fetch_next(now);
  const auto running = downloads_.find(peer);
  if (running == downloads_.end() || running->second.number != message.number) return std::nullopt;
  Download& download = running->second;
  if (download.total == 0) download.total = message.total;
  if (message.total != download.total || message.offset != download.octets.size()) return std::nullopt;
  if (message.octets.size() > download.total - download.octets.size()) return std::nullopt;
  append(download.octets, message.octets);
  state.tries = 0;
  if (download.octets.size() == download.total) {
    Bytes list = std::move(download.octets);
    downloads_.erase(running);
    return list;
  }
  if (download.octets.size() % (pieces_a_request * piece_size) == 0) ask(now, peer, state);
  return std::nullopt;
}

void RevocationSpread::refuse(const NodeId& peer) {
  const auto it = peers_.find(peer);
  if (it != peers_.end()) it->second.refused = true;
  downloads_.erase(peer);
}

bool RevocationSpread::is_level(const NodeId& peer) const {
  const auto it = peers_.find(peer);
  return it != peers_.end() && it->second.number && *it->second.number <= number_;
}

void RevocationSpread::handle_timeout(TimePoint now) {
  for (auto& [id, peer] : peers_) {
    if (peer.silent_from && *peer.silent_from <= now) {
      peer.silent_from.reset();
      if (!peer.number) silent_.push_back(id);
    }
    if (!peer.due || *peer.due > now) continue;
    ++peer.tries;
    if (!downloads_.contains(id)) {
      if (needs_ours(peer)) tell(id, peer);
      schedule(now, peer);
    } else if (peer.tries > most_tries) {
      refuse(id);  // it lives, but gives nothing: another one may
      schedule(now, peer);
    } else {
      ask(now, id, peer);
    }
  }
  fetch_next(now);
}

std::optional<TimePoint> RevocationSpread::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& [id, peer] : peers_)
    next = earliest(next, earliest(peer.due, peer.silent_from));
  return next;
}

std::vector<NodeId> RevocationSpread::take_silent() {
  return std::exchange(silent_, {});
}

std::vector<RevocationSpread::Send> RevocationSpread::take_messages() {
  return std::exchange(messages_, {});
}

void RevocationSpread::hear_number(const NodeId& peer, Peer& state, std::uint64_t number) {
  // Numbers only rise; an older message may arrive late.
  if (state.number && number <= *state.number) return;
  state.number = number;
  state.refused = false;
  state.tries = 0;
  state.silent_from.reset();
  downloads_.erase(peer);  // of a list that it has no longer
}

void RevocationSpread::tell(const NodeId& peer, Peer& state) {
  const bool fits = !list_.empty() && list_.size() <= piece_size;
  if (fits && state.number && *state.number < number_) {
    messages_.push_back({peer, ListPiece{number_, static_cast<std::uint32_t>(list_.size()), 0, list_}});
  } else {
    messages_.push_back({peer, ListNumber{number_, needs_ours(state)}});
  }
}

void RevocationSpread::ask(TimePoint now, const NodeId& peer, Peer& state) {
  const Download& download = downloads_.at(peer);
  messages_.push_back({peer, ListRequest{download.number, static_cast<std::uint32_t>(download.octets.size())}});
  schedule(now, state);
}

void RevocationSpread::drop_downloads(TimePoint now) {
  std::erase_if(downloads_, [&](const auto& entry) { return entry.second.number <= number_; });
  if (downloads_.size() < most_downloads || next_source() == peers_.end()) return;
  const auto oldest =
      std::ranges::min_element(downloads_, {}, [](const auto& entry) { return entry.second.turn_ends; });
  if (oldest->second.turn_ends <= now) downloads_.erase(oldest);
}

// Who had the fewest turns, and of these the one with the newest list: a number is easily invented.
std::map<NodeId, RevocationSpread::Peer>::iterator RevocationSpread::next_source() {
  auto best = peers_.end();
  for (auto it = peers_.begin(); it != peers_.end(); ++it) {
    if (!has_newer(it->second) || downloads_.contains(it->first)) continue;
    if (best == peers_.end() || it->second.turns < best->second.turns ||
        (it->second.turns == best->second.turns && *it->second.number > *best->second.number)) {
      best = it;
    }
  }
  return best;
}

void RevocationSpread::fetch_next(TimePoint now) {
  drop_downloads(now);
  while (downloads_.size() < most_downloads) {
    const auto source = next_source();
    if (source == peers_.end()) return;
    Peer& peer = source->second;
    const Duration lasts = turn * (1U << std::min(peer.turns, 5U));
    downloads_[source->first] = Download{*peer.number, now + lasts, 0, {}};
    ++peer.turns;
    peer.tries = 0;
    ask(now, source->first, peer);
  }
}

void RevocationSpread::schedule(TimePoint now, Peer& state) {
  if (!needs_ours(state) && !has_newer(state)) {
    state.due.reset();
    return;
  }
  const Duration pause = retry_first * (1U << std::min(state.tries, 5U));
  state.due = now + std::min(pause, retry_longest);
}

}  // namespace ipop::overlay
