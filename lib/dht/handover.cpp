#include "dht/handover.hpp"

#include <algorithm>

namespace ipop::dht {

namespace {

constexpr std::size_t messages_at_once = 16;  // a node that leaves or joins must not flood its links
constexpr unsigned max_attempts = 5;          // then the ring has changed, or will soon, and it is queued anew
constexpr std::size_t max_items = 255;        // the count is one octet on the wire

}  // namespace

void HandoverQueue::add(const HandoverTarget& target, const EntryKey& key, PositionSet positions) {
  waiting_[target][key] |= positions;
}

std::vector<HandoverQueue::Outgoing> HandoverQueue::take_messages(TimePoint now, const Store& store) {
  std::vector<Outgoing> out;
  for (auto it = flying_.begin(); it != flying_.end();) {
    Flight& flight = it->second;
    if (flight.due > now) {
      ++it;
      continue;
    }
    auto message = flight.attempts < max_attempts ? build(it->first, flight, store) : std::nullopt;
    if (!message) {
      it = flying_.erase(it);
      continue;
    }
    flight.due = now + retry_;
    ++flight.attempts;
    out.push_back(*std::move(message));
    ++it;
  }
  while (!waiting_.empty() && flying_.size() < messages_at_once) {
    Flight flight = next_flight(store);
    const RequestNumber request = rng_.next();
    auto message = build(request, flight, store);
    if (!message) continue;
    flight.due = now + retry_;
    flight.attempts = 1;
    out.push_back(*std::move(message));
    flying_.insert_or_assign(request, std::move(flight));
  }
  return out;
}

std::optional<HandoverQueue::Arrived> HandoverQueue::handle_answer(RequestNumber request) {
  const auto it = flying_.find(request);
  if (it == flying_.end()) return std::nullopt;
  Arrived arrived{it->second.target, std::move(it->second.items)};
  flying_.erase(it);
  return arrived;
}

std::optional<TimePoint> HandoverQueue::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& [request, flight] : flying_)
    next = earliest(next, flight.due);
  return next;
}

std::size_t HandoverQueue::size() const {
  std::size_t count = 0;
  for (const auto& [target, items] : waiting_)
    count += items.size();
  for (const auto& [request, flight] : flying_)
    count += flight.items.size();
  return count;
}

// Takes as many records for the first target as fit a message.
HandoverQueue::Flight HandoverQueue::next_flight(const Store& store) {
  const auto target = waiting_.begin();
  Flight flight;
  flight.target = target->first;
  std::size_t size = 0;
  auto& items = target->second;
  while (!items.empty() && flight.items.size() < max_items) {
    const auto item = items.begin();
    const Store::Entry* entry = store.find(item->first);
    if (entry != nullptr) {
      const std::size_t more = encoded_size(entry->record);
      if (!flight.items.empty() && size + more > message_target) break;
      size += more;
      flight.items.push_back({item->first, item->second});
    }
    items.erase(item);
  }
  if (items.empty()) waiting_.erase(target);
  return flight;
}

// None when the store holds nothing of it any more.
std::optional<HandoverQueue::Outgoing> HandoverQueue::build(RequestNumber request, Flight& flight,
                                                            const Store& store) const {
  Outgoing out;
  out.target = flight.target;
  out.message.request = request;
  for (const Item& item : flight.items) {
    const Store::Entry* entry = store.find(item.key);
    if (entry == nullptr || !entry->confirmed) continue;
    out.message.records.push_back({item.positions, entry->record});
  }
  if (out.message.records.empty()) return std::nullopt;
  return out;
}

}  // namespace ipop::dht
