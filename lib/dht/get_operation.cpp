#include <algorithm>

#include "dht/operation.hpp"

namespace ipop::dht {

namespace {

// How long late answers are awaited for repair, in retries.
constexpr int repair_retries = 2;

// More records than honest replicas can show: one owner's record each, and old ones beside them.
constexpr std::size_t max_found = 256;

}  // namespace

GetOperation::GetOperation(OperationId id, RecordKind kind, Bytes name, OperationSettings settings, TimePoint now)
    : id_(id),
      kind_(kind),
      name_(std::move(name)),
      settings_(settings),
      request_(settings.rng.next()),
      deadline_(now + settings.give_up),
      retry_at_(now + settings.retry) {
  for (const unsigned position : positions_in_use(settings_.replicas))
    asked_.set(position);
  ask_silent();
}

bool GetOperation::handle_answer(TimePoint now, std::optional<WallTime> wall, const GetAnswer& answer) {
  handle_timeout(now);
  if (phase_ == Phase::over || answer.request != request_) return true;
  const unsigned position = answer.position;
  if (!asked_.test(position) || answered_.test(position)) return true;
  Reply& reply = replies_[position];
  if (reply.parts.test(answer.part)) return true;
  reply.parts.set(answer.part);
  bool valid = true;
  for (const Record& record : answer.records) {
    const auto index = take_record(wall, record);
    if (index) {
      reply.found.push_back(*index);
    } else {
      valid = false;
    }
  }
  if (reply.parts.count() < answer.parts) return valid;
  answered_.set(position);

  if (phase_ == Phase::repair) {
    repair(position);
  } else if (is_majority(answered_, settings_.replicas)) {
    conclude(now);
  }
  if (answered_ == asked_) phase_ = Phase::over;
  return valid;
}

void GetOperation::handle_timeout(TimePoint now) {
  if (phase_ == Phase::over) return;
  if (now >= deadline_) {
    if (phase_ == Phase::read) conclude(now);
    phase_ = Phase::over;
    return;
  }
  if (now < retry_at_) return;
  ask_silent();
  retry_at_ = now + settings_.retry;
}

std::optional<TimePoint> GetOperation::poll_timeout() const {
  if (phase_ == Phase::over) return std::nullopt;
  return std::min(deadline_, retry_at_);
}

void GetOperation::ask_silent() {
  for (const unsigned position : positions_in_use(settings_.replicas)) {
    if (answered_.test(position)) continue;
    messages_.push_back(
        {position,
         GetRequest{
             .request = request_, .position = static_cast<std::uint8_t>(position), .kind = kind_, .name = name_}});
  }
}

std::optional<std::size_t> GetOperation::take_record(std::optional<WallTime> wall, const Record& record) {
  if (record.kind != kind_ || record.name != name_) return std::nullopt;
  if (wall && record.expires <= *wall) return std::nullopt;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    if (!same_content(found_[i], record)) continue;
    if (found_[i].signature != record.signature && !check(record, settings_.name_space)) return std::nullopt;
    if (found_[i].receipts != record.receipts) merge_receipts(found_[i], record.receipts, settings_.group());
    return i;
  }
  if (found_.size() >= max_found || !check(record, settings_.name_space)) return std::nullopt;
  // Without a clock validity can't be judged, and a certificate's is the record's least worry then.
  const WallTime judged_at = wall.value_or(record.created);
  if (!check_owner(record, *settings_.basis.trust(), judged_at)) return std::nullopt;
  found_.push_back(record);
  return found_.size() - 1;
}

void GetOperation::conclude(TimePoint now) {
  const bool majority = is_majority(answered_, settings_.replicas);
  Dht::Answer answer;
  answer.id = id_;
  answer.detail = std::to_string(answered_.count()) + " of " + std::to_string(settings_.replicas) + " replicas";
  const auto candidates = newest_of_owners();
  if (is_exclusive(kind_)) {
    if (const auto best = winner(candidates)) answer.records.push_back(found_[*best]);
  } else {
    for (const std::size_t i : candidates) {
      if (!found_[i].is_tombstone()) answer.records.push_back(found_[i]);
    }
  }
  if (!answer.records.empty()) {
    answer.outcome = Outcome::done;
  } else {
    answer.outcome = majority ? Outcome::not_found : Outcome::no_majority;
  }
  answer_ = std::move(answer);
  phase_ = Phase::repair;
  deadline_ = now + repair_retries * settings_.retry;
  for (const unsigned position : positions_in_use(settings_.replicas)) {
    if (answered_.test(position)) repair(position);
  }
}

void GetOperation::repair(unsigned position) {
  const auto newest = newest_of_owners();
  const auto best = winner(newest);
  const auto& has = replies_[position].found;
  Handover handover;
  std::size_t size = 0;
  const auto flush = [&] {
    if (handover.records.empty()) return;
    // As a reply: a replica that knows better tells the next reader, not us.
    handover.request = settings_.rng.next();
    handover.reply = true;
    messages_.push_back({position, std::exchange(handover, {})});
    size = 0;
  };
  for (const std::size_t i : newest) {
    const Record& record = found_[i];
    if (std::ranges::find(has, i) != has.end()) continue;
    const bool shows_older =
        std::ranges::any_of(has, [&](std::size_t other) { return found_[other].owner == record.owner; });
    const bool wanted = is_exclusive(kind_) ? best == i : !record.is_tombstone();
    if (!wanted && !shows_older) continue;
    if (size + encoded_size(record) > message_target) flush();
    HandedRecord handed;
    handed.positions.set(position);
    handed.record = record;
    handover.records.push_back(std::move(handed));
    size += encoded_size(record);
  }
  flush();
}

std::vector<std::size_t> GetOperation::newest_of_owners() const {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < found_.size(); ++i) {
    const auto same = std::ranges::find_if(out, [&](std::size_t j) { return found_[j].owner == found_[i].owner; });
    if (same == out.end()) {
      out.push_back(i);
    } else if (prevails(found_[i], found_[*same], settings_.group(), settings_.replicas)) {
      *same = i;
    }
  }
  std::ranges::sort(out, {}, [&](std::size_t i) { return found_[i].owner; });
  return out;
}

std::optional<std::size_t> GetOperation::winner(const std::vector<std::size_t>& candidates) const {
  std::optional<std::size_t> best;
  for (const std::size_t i : candidates) {
    if (found_[i].is_tombstone()) continue;
    if (!best || prevails(found_[i], found_[*best], settings_.group(), settings_.replicas)) best = i;
  }
  return best;
}

}  // namespace ipop::dht
