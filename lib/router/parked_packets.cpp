#include "router/parked_packets.hpp"

#include <algorithm>

namespace ipop::router {

bool ParkedPackets::park(TimePoint now, net::Ipv4Address address, const NodeId& from, ByteSpan octets) {
  if (size_ >= most) return false;
  auto& queue = waiting_[address];
  if (queue.size() >= most_per_address) return false;
  queue.push_back({now + patience, Packet{from, to_bytes(octets)}});
  if (ends_.empty() || ends_.back() != std::pair(now + patience, address)) ends_.push_back({now + patience, address});
  ++size_;
  return true;
}

std::vector<ParkedPackets::Packet> ParkedPackets::take(net::Ipv4Address address) {
  std::vector<Packet> out;
  const auto it = waiting_.find(address);
  if (it == waiting_.end()) return out;
  for (Waiting& waiting : it->second)
    out.push_back(std::move(waiting.packet));
  size_ -= out.size();
  waiting_.erase(it);
  ends_.erase_if([&](const auto& end) { return end.second == address; });
  return out;
}

std::size_t ParkedPackets::drop_expired(TimePoint now) {
  std::size_t dropped = 0;
  while (!ends_.empty() && ends_.front().first <= now) {
    const auto it = waiting_.find(ends_.front().second);
    ends_.pop_front();
    if (it == waiting_.end()) continue;
    auto& queue = it->second;
    while (!queue.empty() && queue.front().ends <= now) {
      queue.pop_front();
      ++dropped;
    }
    if (queue.empty()) waiting_.erase(it);
  }
  size_ -= dropped;
  return dropped;
}

std::optional<TimePoint> ParkedPackets::next_end() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.front().first;
}

std::size_t ParkedPackets::addresses_of(const NodeId& peer) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      waiting_, [&](const auto& entry) { return !entry.second.empty() && entry.second.front().packet.from == peer; }));
}

}  // namespace ipop::router
