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
  if (download_ && download_->number <= number_) download_.reset();
  for (auto& [id, peer] : peers_) {
    peer.tries = 0;
    tell(id, peer);
    schedule(now, peer);
  }
  fetch_next(now);
}

void RevocationSpread::handle_linked(TimePoint now, const NodeId& peer) {
  Peer& state = peers_[peer];
  state = {};
  tell(peer, state);
  schedule(now, state);
}

void RevocationSpread::handle_lost(const NodeId& peer) {
  peers_.erase(peer);
  if (download_ && download_->peer == peer) download_.reset();
}

void RevocationSpread::handle_message(TimePoint now, const NodeId& peer, const ListNumber& message) {
  const auto it = peers_.find(peer);
  if (it == peers_.end()) return;
  Peer& state = it->second;
  // Numbers only rise; an older message may arrive late.
  if (!state.number || message.number > *state.number) {
    state.number = message.number;
    state.refused = false;
    state.tries = 0;
  }
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
  if (!state.number || message.number > *state.number) {
    state.number = message.number;
    state.refused = false;
  }
  if (message.number <= number_ || state.refused) {
    // It would go on sending until it knows that we have it.
    if (message.number <= number_) messages_.push_back({peer, ListNumber{number_, false}});
    schedule(now, state);
    return std::nullopt;
  }
  // A list of one piece needs no request.
  if (message.offset == 0 && message.octets.size() == message.total) return message.octets;
  fetch_next(now);
  if (!download_ || download_->peer != peer || download_->number != message.number) return std::nullopt;
  if (download_->total == 0) download_->total = message.total;
  if (message.total != download_->total || message.offset != download_->octets.size()) return std::nullopt;
  if (message.octets.size() > download_->total - download_->octets.size()) return std::nullopt;
  append(download_->octets, message.octets);
  state.tries = 0;
  if (download_->octets.size() == download_->total) return std::exchange(download_, std::nullopt)->octets;
  if (download_->octets.size() % (pieces_a_request * piece_size) == 0) ask(now, peer, state);
  return std::nullopt;
}

void RevocationSpread::refuse(const NodeId& peer) {
  const auto it = peers_.find(peer);
  if (it != peers_.end()) it->second.refused = true;
  if (download_ && download_->peer == peer) download_.reset();
}

bool RevocationSpread::is_level(const NodeId& peer) const {
  const auto it = peers_.find(peer);
  return it != peers_.end() && it->second.number && *it->second.number <= number_;
}

void RevocationSpread::handle_timeout(TimePoint now) {
  for (auto& [id, peer] : peers_) {
    if (!peer.due || *peer.due > now) continue;
    ++peer.tries;
    if (download_ && download_->peer == id && peer.tries > most_tries) {
      refuse(id);  // it lives, but gives nothing: another one may
      schedule(now, peer);
    } else if (download_ && download_->peer == id) {
      ask(now, id, peer);
    } else {
      if (needs_ours(peer)) tell(id, peer);
      schedule(now, peer);
    }
  }
  fetch_next(now);
}

std::optional<TimePoint> RevocationSpread::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& [id, peer] : peers_)
    next = earliest(next, peer.due);
  return next;
}

std::vector<RevocationSpread::Send> RevocationSpread::take_messages() {
  return std::exchange(messages_, {});
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
  messages_.push_back({peer, ListRequest{download_->number, static_cast<std::uint32_t>(download_->octets.size())}});
  schedule(now, state);
}

void RevocationSpread::fetch_next(TimePoint now) {
  if (download_) {
    if (download_->number > number_) return;
    download_.reset();
  }
  const auto newest = std::ranges::max_element(
      peers_, {}, [&](const auto& entry) { return has_newer(entry.second) ? *entry.second.number : std::uint64_t{0}; });
  if (newest == peers_.end() || !has_newer(newest->second)) return;
  download_ = Download{newest->first, *newest->second.number, 0, {}};
  newest->second.tries = 0;
  ask(now, newest->first, newest->second);
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
