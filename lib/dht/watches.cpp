#include "dht/watches.hpp"

#include "base/machine.hpp"

namespace ipop::dht {

bool Watches::add(TimePoint now, Key key, unsigned replicas) {
  if (const auto it = watches_.find(key); it != watches_.end()) {
    it->second.tell_again(now);
    it->second.handle_timeout(now);
    return true;
  }
  if (watches_.size() >= max_watches) return false;
  Watch watch(self_, key, replicas, retry_, rng_, now);
  watches_.emplace(std::move(key), std::move(watch));
  return true;
}

void Watches::remove(const Key& key) {
  const auto it = watches_.find(key);
  if (it == watches_.end()) return;
  it->second.end();
  for (PositionMessage& message : it->second.take_messages())
    last_messages_.push_back({key, std::move(message)});
  watches_.erase(it);
}

void Watches::handle_ring(TimePoint now, unsigned replicas) {
  for (auto& [key, watch] : watches_)
    watch.handle_ring(now, replicas);
}

bool Watches::handle_answer(TimePoint now, const WatchAnswer& answer) {
  Watch* watch = find(answer.request);
  if (watch == nullptr) return false;
  watch->handle_answer(now, answer);
  watch->handle_timeout(now);
  return true;
}

bool Watches::handle_notice(TimePoint now, const WatchNotice& notice) {
  Watch* watch = find(notice.request);
  if (watch == nullptr) return false;
  watch->handle_notice(now, notice);
  watch->handle_timeout(now);
  return true;
}

void Watches::handle_timeout(TimePoint now) {
  for (auto& [key, watch] : watches_)
    watch.handle_timeout(now);
}

std::vector<Watches::Outgoing> Watches::take_messages() {
  auto out = std::exchange(last_messages_, {});
  for (auto& [key, watch] : watches_) {
    for (PositionMessage& message : watch.take_messages())
      out.push_back({key, std::move(message)});
  }
  return out;
}

std::vector<Key> Watches::take_changes() {
  std::vector<Key> out;
  for (auto& [key, watch] : watches_) {
    if (watch.take_change()) out.push_back(key);
  }
  return out;
}

std::optional<TimePoint> Watches::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& [key, watch] : watches_)
    next = earliest(next, watch.poll_timeout());
  return next;
}

Watch* Watches::find(RequestNumber request) {
  for (auto& [key, watch] : watches_) {
    if (watch.takes(request)) return &watch;
  }
  return nullptr;
}

}  // namespace ipop::dht
