#include "dht/handover.hpp"

#include <algorithm>

namespace ipop::dht {

namespace {

constexpr std::size_t messages_at_once = 16;  // a node that leaves or joins must not flood its links
// A lease with its receipts has some 1,000 octets. Several travel in parts (docs/wire/overlay.md), of which a link puts
// together those of one message at a time; one acknowledgement speaks for all.
constexpr std::size_t target_size = 4400;
constexpr unsigned max_attempts = 5;  // then the ring has changed, or will soon, and it is queued anew
// A newcomer asks within a second or two after its neighbours have seen it.
constexpr Duration given_lives = 5s;
constexpr std::size_t max_items = 255;  // the count is one octet on the wire

}  // namespace

void HandoverQueue::add(const HandoverTarget& target, const EntryKey& key, PositionSet positions) {
  waiting_[target][key] |= positions;
}

std::vector<HandoverQueue::Outgoing> HandoverQueue::take_messages(TimePoint now, const Store& store) {
  std::vector<Outgoing> out;
  std::erase_if(given_, [&](const auto& entry) { return entry.second.when + given_lives <= now; });
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
  while (flying_.size() < messages_at_once) {
    const auto target = next_target();
    if (!target) break;
    Flight flight = next_flight(now, *target, store);
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

std::optional<HandoverTarget> HandoverQueue::next_target() const {
  for (const auto& [target, items] : waiting_) {
    const bool is_busy =
        std::ranges::any_of(flying_, [&](const auto& flight) { return flight.second.target == target; });
    if (!is_busy) return target;
  }
  return std::nullopt;
}

// Takes as many records as fit a message.
HandoverQueue::Flight HandoverQueue::next_flight(TimePoint now, const HandoverTarget& to, const Store& store) {
  const auto target = waiting_.find(to);
  Flight flight;
  flight.target = target->first;
  std::size_t size = 0;
  auto& items = target->second;
  while (!items.empty() && flight.items.size() < max_items) {
    const auto item = items.begin();
    const Store::Entry* entry = store.find(item->first);
    const std::optional<Record> record = entry == nullptr ? std::nullopt : std::optional(entry->record.unpack());
    if (record && is_new(flight.target, {item->first, item->second}, *record)) {
      const std::size_t more = encoded_size(*record);
      if (!flight.items.empty() && size + more > target_size) break;
      size += more;
      flight.items.push_back({item->first, item->second});
      note_given(now, flight.target, flight.items.back(), *record);
    }
    items.erase(item);
  }
  if (items.empty()) waiting_.erase(target);
  return flight;
}

bool HandoverQueue::is_new(const HandoverTarget& target, const Item& item, const Record& record) const {
  if (target.nearest) return true;
  const auto given = given_.find({target.to, item.key});
  return given == given_.end() || given->second.signature != record.signature ||
         given->second.receipts != record.receipts.size() || (item.positions & ~given->second.positions).any();
}

void HandoverQueue::note_given(TimePoint now, const HandoverTarget& target, const Item& item, const Record& record) {
  if (target.nearest) return;
  Given& given = given_[{target.to, item.key}];
  if (given.signature != record.signature || given.receipts != record.receipts.size()) given.positions.reset();
  given = {now, given.positions | item.positions, record.signature, record.receipts.size()};
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
