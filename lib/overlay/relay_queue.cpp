#include "overlay/relay_queue.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ipop::overlay {
namespace {

constexpr double load_half_life = 5.0;  // seconds
/// What was not used for so long may go at once; a node is not woken more often.
constexpr Duration burst = 20ms;
constexpr double least_burst = 65536;
constexpr Duration pause = 2ms;

double in_seconds(Duration time) {
  return std::chrono::duration<double>(time).count();
}

}  // namespace

void RelayQueue::put(TimePoint now, const NodeId& source, const NodeId& destination, std::vector<Bytes> packets,
                     bool control) {
  const Pair pair(source, destination);
  auto it = queues_.find(pair);
  if (it == queues_.end()) {
    if (queues_.size() >= max_pairs) {
      dropped_ += packets.size();
      return;
    }
    it = queues_.emplace(pair, Queue{}).first;
    ++pairs_of_[source];
    round_.push_back(pair);
  }
  Queue& queue = it->second;
  for (Bytes& packet : packets) {
    while (control && queue.octets + packet.size() > octets_a_pair && queue.packets.size() > queue.control)
      drop(pair, queue, queue.packets.size() - 1);
    if (queue.octets + packet.size() > octets_a_pair) {
      ++dropped_;
      count(pair, &Counts::dropped);
      continue;
    }
    queue.octets += packet.size();
    octets_ += packet.size();
    if (control) {
      queue.packets.insert(queue.packets.begin() + static_cast<std::ptrdiff_t>(queue.control),
                           {std::move(packet), now});
      ++queue.control;
    } else {
      queue.packets.push_back({std::move(packet), now});
    }
  }
  if (queue.packets.empty()) end_of(pair);
  make_room();
}

std::optional<RelayQueue::Batch> RelayQueue::take(TimePoint now, std::uint64_t rate) {
  refill(now, rate);
  while (!round_.empty() && tokens_ > 0) {
    const Pair pair = round_.front();
    Queue& queue = queues_.at(pair);
    if (!std::exchange(queue.has_turn, true)) queue.credit += turn / pairs_of_.at(pair.first);
    Batch batch{pair.first, pair.second, {}};
    while (!queue.packets.empty()) {
      Waiting& next = queue.packets.front();
      if (next.since + longest_wait < now) {
        drop(pair, queue, 0);
        continue;
      }
      if (tokens_ <= 0 || queue.credit < next.octets.size()) break;
      const std::size_t size = next.octets.size();
      queue.credit -= size;
      tokens_ -= static_cast<double>(size);
      handle_passed(now, size);
      if (next.since < now) {
        ++delayed_;
        count(pair, &Counts::delayed);
      }
      batch.has_data = batch.has_data || queue.control == 0;
      batch.packets.push_back(extract(queue, 0));
    }
    if (queue.packets.empty()) {
      end_of(pair);
    } else if (queue.credit < queue.packets.front().octets.size()) {
      queue.has_turn = false;
      round_.pop_front();
      round_.push_back(pair);
    }
    if (!batch.packets.empty()) return batch;
  }
  return std::nullopt;
}

void RelayQueue::handle_passed(TimePoint now, std::uint64_t octets) {
  recent_ = recent_ * std::exp2(-in_seconds(now - recent_at_) / load_half_life) + static_cast<double>(octets);
  recent_at_ = now;
}

std::optional<TimePoint> RelayQueue::deadline(std::uint64_t rate) const {
  if (round_.empty() || !filled_) return std::nullopt;
  const double missing = std::max(0.0, -tokens_) / static_cast<double>(rate);
  return *filled_ + std::max(pause, std::chrono::duration_cast<Duration>(std::chrono::duration<double>(missing)));
}

std::vector<RelayQueue::Report> RelayQueue::take_reports() {
  std::vector<Report> out;
  for (const auto& [pair, counts] : reports_)
    out.push_back({pair.first, pair.second, counts});
  reports_.clear();
  return out;
}

std::uint8_t RelayQueue::load(TimePoint now) const {
  // A steady rate r gives recent_ = r * half_life / ln 2.
  const double octets = recent_ * std::exp2(-in_seconds(now - recent_at_) / load_half_life);
  const double kib = octets * 0.6931 / load_half_life / 1024.0;
  return kib < 1.0 ? std::uint8_t{0} : static_cast<std::uint8_t>(std::min(31.0, 1.0 + std::floor(std::log2(kib))));
}

void RelayQueue::refill(TimePoint now, std::uint64_t rate) {
  const double per_second = static_cast<double>(rate);
  const double most = std::max(least_burst, per_second * in_seconds(burst));
  tokens_ = filled_ ? std::min(most, tokens_ + per_second * in_seconds(now - *filled_)) : most;
  filled_ = now;
}

Bytes RelayQueue::extract(Queue& queue, std::size_t at) {
  const auto it = queue.packets.begin() + static_cast<std::ptrdiff_t>(at);
  Bytes octets = std::move(it->octets);
  queue.packets.erase(it);
  queue.octets -= octets.size();
  octets_ -= octets.size();
  if (at < queue.control) --queue.control;
  return octets;
}

void RelayQueue::drop(const Pair& pair, Queue& queue, std::size_t at) {
  extract(queue, at);
  ++dropped_;
  count(pair, &Counts::dropped);
}

void RelayQueue::make_room() {
  while (octets_ > octets_in_all) {
    const auto longest = std::ranges::max_element(queues_, {}, [](const auto& entry) { return entry.second.octets; });
    const Pair pair = longest->first;
    const Queue& queue = longest->second;
    drop(pair, longest->second, queue.control < queue.packets.size() ? queue.control : 0);
    if (longest->second.packets.empty()) end_of(pair);
  }
}

void RelayQueue::end_of(const Pair& pair) {
  const auto count = pairs_of_.find(pair.first);
  if (--count->second == 0) pairs_of_.erase(count);
  queues_.erase(pair);
  round_.erase_if([&](const Pair& other) { return other == pair; });
}

void RelayQueue::count(const Pair& pair, std::uint32_t Counts::*what) {
  const Pair both = pair.first < pair.second ? pair : Pair(pair.second, pair.first);
  if (reports_.size() < max_pairs || reports_.contains(both)) ++(reports_[both].*what);
}

}  // namespace ipop::overlay
