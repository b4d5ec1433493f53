#include <algorithm>

#include "dht/operation.hpp"

namespace ipop::dht {

namespace {

// How long silent positions are asked after the outcome is known, in retries.
constexpr int follow_up_retries = 3;

PositionSet positions_of(unsigned replicas) {
  PositionSet out;
  for (const unsigned position : positions_in_use(replicas))
    out.set(position);
  return out;
}

}  // namespace

StoreOperation::StoreOperation(OperationId id, bool create, Record record, OperationSettings settings, TimePoint now)
    : id_(id),
      create_(create),
      record_(std::move(record)),
      settings_(settings),
      renewal_(!record_.receipts.empty()),
      witnesses_(record_.receipts),
      deadline_(now + settings.give_up),
      retry_at_(now) {
  const PositionSet all = positions_of(settings_.replicas);
  if (create_) {
    begin(now, Phase::grant, StoreMode::create, all);
  } else {
    begin(now, Phase::confirm, StoreMode::put, all);
  }
}

void StoreOperation::handle_answer(TimePoint now, const NodeId& source, const StoreAnswer& answer) {
  handle_timeout(now);
  if (answer.request != request_ || !asked_.test(answer.position) || answered_.test(answer.position)) return;
  switch (phase_) {
    case Phase::grant: take_grant(now, source, answer); break;
    case Phase::confirm: take_confirmation(now, answer); break;
    case Phase::follow_up:
    case Phase::cancel:
      answered_.set(answer.position);
      if (answered_ == asked_) phase_ = Phase::over;
      break;
    case Phase::over: break;
  }
}

void StoreOperation::handle_timeout(TimePoint now) {
  if (phase_ == Phase::over) return;
  if (now >= deadline_) {
    if (phase_ == Phase::grant || phase_ == Phase::confirm) {
      fail(now, Outcome::no_majority);
    } else {
      phase_ = Phase::over;
    }
    return;
  }
  if (phase_ == Phase::grant && grace_ends_ && now >= *grace_ends_) confirm_when_ready(now);
  if (now >= retry_at_) {
    ask_silent();
    retry_at_ = now + settings_.retry;
  }
}

std::optional<TimePoint> StoreOperation::poll_timeout() const {
  if (phase_ == Phase::over) return std::nullopt;
  const TimePoint next = std::min(deadline_, retry_at_);
  if (phase_ == Phase::grant && grace_ends_) return std::min(next, *grace_ends_);
  return next;
}

void StoreOperation::begin(TimePoint now, Phase phase, StoreMode mode, const PositionSet& to) {
  phase_ = phase;
  mode_ = mode;
  request_ = settings_.rng.next();
  asked_ = to;
  answered_.reset();
  stored_.reset();
  refused_.reset();
  ask_silent();
  retry_at_ = now + settings_.retry;
}

void StoreOperation::ask_silent() {
  for (const unsigned position : positions_in_use(settings_.replicas)) {
    if (!asked_.test(position) || answered_.test(position)) continue;
    messages_.push_back({position, StoreRequest{.request = request_,
                                                .position = static_cast<std::uint8_t>(position),
                                                .mode = mode_,
                                                .record = mode_ == StoreMode::cancel ? tombstone_ : record_}});
  }
}

void StoreOperation::take_grant(TimePoint now, const NodeId& source, const StoreAnswer& answer) {
  const unsigned position = answer.position;
  switch (answer.verdict) {
    case Verdict::granted:
    case Verdict::renewed:
      if (is_exclusive(record_.kind)) {
        // A grant without a receipt counts only from ourselves: nobody is a witness for himself.
        // What it weighs later is another matter: a replica whose clock is wrong stores the record all the same.
        const bool is_granted = answer.receipt && is_signed(*answer.receipt, record_, settings_.name_space);
        if (!is_granted && source != settings_.self) return;
        if (is_granted) add_witness(*answer.receipt);
      }
      stored_.set(position);
      renewal_ = renewal_ || answer.verdict == Verdict::renewed;
      break;
    case Verdict::exists:
      if (!answer.held || !is_credible(*answer.held)) return;
      held_ = answer.held;
      lost_.set(position);
      answered_.set(position);
      fail(now, Outcome::exists);
      return;
    case Verdict::contended:
      // Both could fail, each in the other's way. The one with the smaller node id asks again, the
      // other gives back what it got; a majority that is granted already stays.
      if (!answer.held || !is_credible(*answer.held)) return;
      if (is_majority(stored_, settings_.replicas) || !yields_to(*answer.held)) return;
      held_ = answer.held;
      lost_.set(position);
      fail(now, Outcome::exists);
      return;
    case Verdict::refused: note_refusal(answer); break;
  }
  answered_.set(position);
  if (!can_be_majority(refused_, settings_.replicas)) {
    fail(now, Outcome::refused);
    return;
  }
  confirm_when_ready(now);
}

// The receipts that granted the record first stay; a later one of the same replica adds nothing.
void StoreOperation::add_witness(const Receipt& receipt) {
  // In a closed group a later witness may be another user's: keep_witnesses() chooses at the end.
  const std::size_t most = settings_.group().is_closed() ? 2 * Record::max_receipts : Record::max_receipts;
  if (witnesses_.size() >= most) return;
  if (std::ranges::find(witnesses_, receipt.replica, &Receipt::replica) == witnesses_.end()) {
    witnesses_.push_back(receipt);
  }
}

std::vector<Receipt> StoreOperation::chosen_witnesses() const {
  Record record = record_;
  record.receipts = witnesses_;
  if (settings_.group().is_closed()) {
    keep_witnesses(record, settings_.group());
  } else {
    std::ranges::sort(record.receipts, {}, &Receipt::replica);
  }
  return record.receipts;
}

std::size_t StoreOperation::voices_so_far() const {
  if (!settings_.group().is_closed()) return witnesses_.size();
  Record record = record_;
  record.receipts = witnesses_;
  return voices(record, settings_.group());
}

void StoreOperation::confirm_when_ready(TimePoint now) {
  if (!is_majority(stored_, settings_.replicas)) return;
  if (!is_exclusive(record_.kind)) {
    succeed(now);
    return;
  }
  // One node can stand for several positions, and our own grant has no witness: a little patience
  // may bring the witnesses that make the lease strong when parts of the ring merge.
  const bool enough = voices_so_far() >= majority_of(settings_.replicas);
  const bool waited = grace_ends_ && now >= *grace_ends_;
  if (!enough && !waited && answered_ != asked_) {
    if (!grace_ends_) grace_ends_ = now + settings_.retry;
    return;
  }
  kept_apart_ = refused_;
  record_.receipts = chosen_witnesses();
  begin(now, Phase::confirm, StoreMode::put, positions_of(settings_.replicas));
}

void StoreOperation::take_confirmation(TimePoint now, const StoreAnswer& answer) {
  answered_.set(answer.position);
  if (answer.verdict == Verdict::granted || answer.verdict == Verdict::renewed) {
    stored_.set(answer.position);
    if (is_majority(stored_, settings_.replicas)) succeed(now);
    return;
  }
  note_refusal(answer);
  if (can_be_majority(refused_, settings_.replicas)) return;
  const bool held_by_other = create_ && held_ && held_->owner != record_.owner;
  fail(now, held_by_other ? Outcome::exists : Outcome::refused);
}

void StoreOperation::note_refusal(const StoreAnswer& answer) {
  refused_.set(answer.position);
  refusal_ = answer.refusal;
  if (answer.held && check(*answer.held, settings_.name_space)) held_ = answer.held;
  if (answer.clock && settings_.wall) clocks_ahead_.push_back(*settings_.wall - *answer.clock);
}

std::optional<std::chrono::seconds> StoreOperation::clock_ahead() const {
  if (clocks_ahead_.empty()) return std::nullopt;
  auto sorted = clocks_ahead_;
  std::ranges::sort(sorted);
  return sorted[sorted.size() / 2];
}

// A replica proves that somebody else holds the name with his signed record. Against a record that was granted already
// it must hold: a single replica can sign one of its own.
bool StoreOperation::is_credible(const Record& held) const {
  if (held.kind != record_.kind || held.name != record_.name || held.owner == record_.owner || held.is_tombstone()) {
    return false;
  }
  if (!check(held, settings_.name_space) ||
      !check_owner(held, *settings_.basis.trust(), settings_.wall.value_or(held.created))) {
    return false;
  }
  return record_.receipts.empty() || prevails(held, record_, settings_.group(), settings_.replicas);
}

bool StoreOperation::yields_to(const Record& rival) const {
  if (renewal_) return false;
  const auto ours = owner_id_of(record_);
  const auto theirs = owner_id_of(rival);
  return ours && theirs && *theirs < *ours;
}

void StoreOperation::succeed(TimePoint now) {
  answer_ = Dht::Answer{.id = id_, .outcome = Outcome::done, .records = {record_}, .detail = detail()};
  phase_ = answered_ == asked_ ? Phase::over : Phase::follow_up;
  deadline_ = now + follow_up_retries * settings_.retry;
}

void StoreOperation::fail(TimePoint now, Outcome outcome) {
  answer_ = Dht::Answer{.id = id_, .outcome = outcome, .records = {}, .detail = detail()};
  if (outcome == Outcome::refused) answer_->clock_ahead = clock_ahead();
  if (held_ && outcome != Outcome::no_majority) answer_->records.push_back(*held_);
  phase_ = Phase::over;
  // A renewal that fails leaves the record where it lives. Somebody else's record can't be
  // released: the grants lapse by themselves.
  if (!create_ || renewal_ || record_.owner != settings_.key.public_key()) return;
  const PositionSet to = positions_of(settings_.replicas) & ~(lost_ | refused_ | kept_apart_);
  if (to.none()) return;
  tombstone_ = record_;
  tombstone_.value.clear();
  tombstone_.receipts.clear();
  ++tombstone_.sequence;
  sign(tombstone_, settings_.name_space, settings_.key);
  begin(now, Phase::cancel, StoreMode::cancel, to);
  deadline_ = now + follow_up_retries * settings_.retry;
}

std::string StoreOperation::detail() const {
  std::string text = std::to_string(stored_.count()) + " of " + std::to_string(settings_.replicas) + " replicas";
  if (lost_.any()) text += ", " + std::to_string(lost_.count()) + " granted to another";
  if (refused_.any()) {
    text += ", " + std::to_string(refused_.count()) + " refused: ";
    text += to_string(refusal_);
  }
  return text;
}

}  // namespace ipop::dht
