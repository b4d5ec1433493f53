#include "router/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "router/lease_record.hpp"

namespace ipop::router {
namespace {

// Our choices. The first retry is quick because a ring that just formed has a majority a moment later.
constexpr Duration first_back_off = 500ms;
constexpr Duration longest_back_off = 30s;
// A DHT operation ends by itself after 10 s; this only guards against an answer that never comes.
constexpr Duration unheard_after = 30s;
// A chosen name that somebody holds is tried again at this pace.
constexpr Duration taken_name_retry = std::chrono::minutes(5);
constexpr Duration avoid_taken = std::chrono::minutes(10);
// Neighbours change several times while a ring forms or merges: one look-up after it is quiet for a
// second, but within five of the first change.
constexpr Duration debounce = 1s;
constexpr Duration longest_debounce = 5s;
// A tombstone must outlive the hand-over between replicas, no more.
constexpr Duration tombstone_time = std::chrono::minutes(2);
// After so many candidates in a row the claims slow down: the pool is nearly full, or replicas lie.
constexpr unsigned quick_refusals = 16;
// Tries of the address of the last time before another one: with the pauses between them some 8 s.
constexpr unsigned patience_with_last = 5;

std::chrono::seconds to_seconds(Duration time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time);
}

}  // namespace

LeaseKeeper::LeaseKeeper(Config config, const crypto::PrivateKey& key, Rng& rng)
    : config_(std::move(config)),
      key_(key),
      rng_(rng),
      candidates_(config_.pool, config_.server, rng),
      abandoned_(4),
      back_off_(first_back_off) {}

void LeaseKeeper::handle_wall_time(TimePoint now, WallTime wall) {
  clock_ = {now, wall};
  // The monotonic clock may stand still while a machine sleeps: UTC tells how much of the record is left.
  const bool is_late =
      holding_ && !is_limited(holding_->record.name) && holding_->record.expires - wall <= config_.lease_time * 2 / 5;
  // Written while the clock was ahead: once that is put right, no replica would take or keep it.
  const bool is_of_later =
      holding_ && holding_->record.expires - wall > config_.lease_time + dht::RecordLimits::clock_slack;
  if ((is_late || is_of_later) && renewing_) renew(now);
  // It may be right by now.
  if (clock_is_off_ && timers_.is_set(Timer::retry)) timers_.set(Timer::retry, now);
}

void LeaseKeeper::start(TimePoint now, std::optional<Bytes> preferred, Bytes value) {
  if (started_ || !clock_) return;
  started_ = true;
  value_ = std::move(value);
  if (preferred && config_.pool && !candidates_.may_be_held(*preferred, now)) preferred.reset();
  last_ = preferred;
  if (preferred) candidates_.prefer(*std::move(preferred));
  claim_next(now);
}

void LeaseKeeper::take(TimePoint now, Bytes name, Bytes value, WallTime until) {
  if (!clock_) return;
  started_ = true;
  candidates_.draw(false);
  limit_ = Limit{name, until};
  value_ = std::move(value);
  // What is on its way under the old value is followed by the new one when it is granted.
  if (holding_ && holding_->record.name == name) return renew(now);
  if (wish_ && wish_->record.name == name) return;
  if (attempt_ && attempt_->record.name == name) return;
  forget_wish(now);
  if (holding_) return send_create(now, std::move(name), true);
  if (attempt_) abandoned_.put(now, attempt_->ask, attempt_->record.name, now + unheard_after);
  attempt_.reset();
  claim_next(now);
}

void LeaseKeeper::fall_back(TimePoint now, Bytes value) {
  if (!clock_) return;
  started_ = true;
  candidates_.draw(true);
  value_ = std::move(value);
  claim_next(now);
}

void LeaseKeeper::set_value(TimePoint now, Bytes value) {
  if (value == value_) return;
  value_ = std::move(value);
  if (holding_) renew(now);
}

bool LeaseKeeper::want(TimePoint now, Bytes name) {
  if (!started_ || wish_ || !candidates_.may_be_held(name, now)) return false;
  if (holding_) {
    if (holding_->record.name == name) return false;
    send_create(now, std::move(name), true);
    return true;
  }
  // Nothing is held: the wish is simply the next candidate.
  if (attempt_ && attempt_->record.name == name) return true;
  if (attempt_) abandoned_.put(now, attempt_->ask, attempt_->record.name, now + unheard_after);
  attempt_.reset();
  candidates_.prefer(std::move(name));
  claim_next(now);
  return true;
}

void LeaseKeeper::forget_wish(TimePoint now) {
  if (!wish_) return;
  abandoned_.put(now, wish_->ask, wish_->record.name, wish_->started + unheard_after);
  wish_.reset();
}

bool LeaseKeeper::decline(TimePoint now) {
  if (!holding_ || !candidates_.quarantine(now, holding_->record.name)) return false;
  lose(now, "declined: another machine on the client's side uses it", 0s);
  return true;
}

void LeaseKeeper::let_lapse() {
  renewing_ = false;
  timers_.clear(Timer::renew);
}

void LeaseKeeper::keep(TimePoint now) {
  if (renewing_) return;
  renewing_ = true;
  if (holding_) {
    timers_.set(Timer::renew, std::max(now, holding_->renew_at));
  } else if (started_ && !attempt_) {
    claim_next(now);
  }
}

void LeaseKeeper::handle_ring_changed(TimePoint now) {
  if (!holding_) return;
  if (!ring_changed_) ring_changed_ = now;
  const TimePoint quiet = now + debounce + rng_.jitter(debounce / 2, 1.0);
  timers_.set(Timer::recheck, std::min(quiet, *ring_changed_ + longest_debounce));
}

void LeaseKeeper::handle_created(TimePoint now, Ask ask, dht::Outcome outcome, const std::vector<dht::Record>& records,
                                 std::optional<std::chrono::seconds> clock_ahead) {
  if (const Bytes* name = abandoned_.find(ask, now)) {
    const Bytes released = *name;
    abandoned_.erase(ask);
    const bool is_used = (holding_ && holding_->record.name == released) ||
                         (attempt_ && attempt_->record.name == released) || (wish_ && wish_->record.name == released);
    if (outcome == dht::Outcome::done && !is_used) release(now, released);
    return;
  }
  const bool is_wish = wish_ && wish_->ask == ask;
  if (!is_wish && !(attempt_ && attempt_->ask == ask)) return;
  auto& slot = is_wish ? wish_ : attempt_;
  const Attempt attempt = std::move(*slot);
  slot.reset();
  if (!attempt_ && !wish_) timers_.clear(Timer::unheard);
  switch (outcome) {
    case dht::Outcome::done: hold(now, attempt, records); return;
    case dht::Outcome::exists: handle_taken(now, attempt, records); return;
    case dht::Outcome::refused:
      // Ours from before a quick restart: tried again above its sequence. Else the replicas have
      // enough of us; a held lease is tried again until its end, a candidate gives way to another.
      if (remember_own(attempt, records)) break;
      if (clock_ahead) {
        clock_is_off_ = true;
        outputs_.push(ClockOff{clock_ahead});
      } else if (!is_wish && !holding_ && config_.pool && !waits_for_last(attempt.record.name)) {
        candidates_.avoid(now, attempt.record.name, avoid_taken);
      }
      break;
    case dht::Outcome::not_found:
    case dht::Outcome::no_majority: break;
  }
  if (!is_wish) back_off(now);
}

void LeaseKeeper::handle_found(TimePoint now, Ask ask, dht::Outcome outcome, const std::vector<dht::Record>& records) {
  if (recheck_ != ask) return;
  recheck_.reset();
  if (!holding_) return;
  if (outcome == dht::Outcome::no_majority || outcome == dht::Outcome::refused) {
    handle_ring_changed(now);
    return;
  }
  const auto best = prevailing(records, holding_->record.name, group(), wall_at(now));
  if (best && is_own(records[*best])) {
    last_sequence_ = std::max(last_sequence_, records[*best].sequence);
    return;
  }
  if (best && !dht::prevails(holding_->record, records[*best], group(), fewest_replicas)) {
    lose(now, "another part of the ring had granted it earlier to another node", avoid_taken);
    return;
  }
  // The replicas lost our record, or do not yet know that it is the older one.
  renew(now);
}

void LeaseKeeper::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::end, now) && holding_) lose(now, renewing_ ? "not renewed in time" : "released", 0s);
  if (timers_.expire(Timer::unheard, now)) {
    forget_wish(now);
    if (attempt_) {
      abandoned_.put(now, attempt_->ask, attempt_->record.name, now + unheard_after);
      attempt_.reset();
      back_off(now);
    }
  }
  if (timers_.expire(Timer::renew, now)) renew(now);
  if (timers_.expire(Timer::retry, now)) {
    if (holding_) {
      if (renewing_) renew(now);
    } else {
      claim_next(now);
    }
  }
  if (timers_.expire(Timer::recheck, now)) {
    ring_changed_.reset();
    if (holding_) {
      recheck_ = Ask{next_ask_++};
      outputs_.push(Get{*recheck_, holding_->record.name});
    }
  }
  candidates_.handle_timeout(now);
  abandoned_.drop_expired(now);
}

std::optional<LeaseKeeper::Held> LeaseKeeper::held() const {
  if (!holding_) return std::nullopt;
  // The machine may have slept since, or its clock may have been set.
  const WallTime expires = std::min(holding_->record.expires, wall_at(holding_->ends));
  return Held{holding_->record.name, expires, holding_->ends, holding_->renew_at, false};
}

void LeaseKeeper::hold(TimePoint now, const Attempt& attempt, const std::vector<dht::Record>& records) {
  if (attempt_ && attempt_->record.name != attempt.record.name) {
    // The wish came true while another candidate was being claimed.
    abandoned_.put(now, attempt_->ask, attempt_->record.name, now + unheard_after);
    attempt_.reset();
  }
  const std::optional<Bytes> before = holding_ ? std::optional(holding_->record.name) : std::nullopt;
  if (before && *before != attempt.record.name) release(now, *before);
  const bool limited = is_limited(attempt.record.name);
  const Duration lives = limited ? Duration(attempt.record.expires - wall_at(attempt.started)) : config_.lease_time;
  Holding next{attempt.record, attempt.started + lives, attempt.started + rng_.jitter(lives / 2, 0.1)};
  for (const dht::Record& record : records) {
    if (is_own(record) && record.name == attempt.record.name && record.sequence == attempt.record.sequence)
      next.record = record;
  }
  holding_ = std::move(next);
  back_off_ = first_back_off;
  refusals_ = 0;
  if (std::exchange(clock_is_off_, false)) outputs_.push(ClockOff{});
  candidates_.prefer(holding_->record.name);
  timers_.clear(Timer::retry);
  timers_.set(Timer::end, holding_->ends);
  timers_.clear(Timer::renew);
  // The server's next grant renews what it granted.
  if (renewing_ && !limited) timers_.set(Timer::renew, holding_->renew_at);
  auto held_now = *held();
  held_now.is_new = before != holding_->record.name;
  if (before && held_now.is_new) {
    outputs_.push(Lost{*before, limited ? "the lease server gave another address"
                                        : "given up for another address that the client asked for"});
  }
  outputs_.push(std::move(held_now));
  // The value changed while the create was on its way.
  if (holding_->record.value != value_) renew(now);
}

bool LeaseKeeper::remember_own(const Attempt& attempt, const std::vector<dht::Record>& records) {
  const auto own = std::ranges::find_if(
      records, [&](const auto& record) { return is_own(record) && record.name == attempt.record.name; });
  if (own == records.end()) return false;
  last_sequence_ = std::max(last_sequence_, own->sequence);
  earlier_ = *own;
  return true;
}

namespace {

/// Who holds it, of several records that which lasts longest.
LeaseKeeper::Taken taken_by(const Bytes& name, const std::vector<dht::Record>& records) {
  LeaseKeeper::Taken out{name, {}, {}};
  for (const dht::Record& record : records) {
    if (record.is_tombstone() || record.expires <= out.until) continue;
    out.until = record.expires;
    const auto holder = dht::owner_id_of(record);
    out.holder = holder ? std::optional<NodeId>(*holder) : std::nullopt;
  }
  return out;
}

}  // namespace

/// Members that a change of the group's file reaches later judge by the earlier one for a while.
bool LeaseKeeper::waits_for_last(const Bytes& name) {
  return name == last_ && ++last_refused_ < patience_with_last;
}

void LeaseKeeper::handle_taken(TimePoint now, const Attempt& attempt, const std::vector<dht::Record>& records) {
  if (remember_own(attempt, records)) {
    if (!attempt.is_wish) back_off(now);
    return;
  }
  if (attempt.is_wish) {
    outputs_.push(taken_by(attempt.record.name, records));
    return;
  }
  if (holding_ && holding_->record.name == attempt.record.name) {
    lose(now, "another node holds it", avoid_taken);
    return;
  }
  outputs_.push(taken_by(attempt.record.name, records));
  if (is_limited(attempt.record.name)) return back_off(now);
  candidates_.avoid(now, attempt.record.name, avoid_taken);
  if (!config_.pool) {
    timers_.set(Timer::retry, now + rng_.jitter(taken_name_retry, 0.2));
    return;
  }
  if (++refusals_ > quick_refusals) {
    back_off(now);
  } else {
    claim_next(now);
  }
}

void LeaseKeeper::lose(TimePoint now, std::string why, Duration avoid_for) {
  outputs_.push(Lost{holding_->record.name, std::move(why)});
  if (avoid_for > 0s) candidates_.avoid(now, holding_->record.name, avoid_for);
  holding_.reset();
  ring_changed_.reset();
  recheck_.reset();
  for (const Timer timer : {Timer::renew, Timer::end, Timer::recheck, Timer::retry})
    timers_.clear(timer);
  // A renewal on its way would take the name back that was just lost.
  if (attempt_) abandoned_.put(now, attempt_->ask, attempt_->record.name, now + unheard_after);
  attempt_.reset();
  back_off_ = first_back_off;
  if (!renewing_) return;
  if (!config_.pool && avoid_for > 0s) {
    timers_.set(Timer::retry, now + rng_.jitter(taken_name_retry, 0.2));
  } else {
    claim_next(now);
  }
}

void LeaseKeeper::claim_next(TimePoint now) {
  if (attempt_ || holding_) return;
  const bool is_granted = limit_ && limit_->until > wall_at(now);
  auto name = is_granted ? std::optional(limit_->name) : candidates_.next(now);
  if (name) return send_create(now, *std::move(name), false);
  if (candidates_.draws()) back_off(now);
}

void LeaseKeeper::send_create(TimePoint now, Bytes name, bool is_wish) {
  Attempt attempt{Ask{next_ask_++}, make_record(now, std::move(name), value_, config_.lease_time), now, is_wish};
  outputs_.push(Create{attempt.ask, attempt.record});
  (is_wish ? wish_ : attempt_) = std::move(attempt);
  timers_.set(Timer::unheard, now + unheard_after);
}

void LeaseKeeper::renew(TimePoint now) {
  timers_.clear(Timer::renew);
  if (!attempt_) send_create(now, holding_->record.name, false);
}

void LeaseKeeper::release(TimePoint now, Bytes name) {
  // Nobody waits for the answer: if the tombstone does not arrive, the record ends by itself.
  outputs_.push(Create{Ask{next_ask_++}, make_record(now, std::move(name), {}, tombstone_time)});
}

dht::Record LeaseKeeper::make_record(TimePoint now, Bytes name, Bytes value, Duration time) {
  const WallTime wall = wall_at(now);
  last_sequence_ = next_sequence(last_sequence_, wall);
  dht::Record record;
  record.kind = config_.kind;
  record.name = std::move(name);
  record.value = std::move(value);
  record.sequence = last_sequence_;
  record.created = wall;
  record.expires = wall + to_seconds(time);
  if (is_limited(record.name)) record.expires = std::min(record.expires, limit_->until);
  // Receipts bind the time of creation: a renewal keeps both, and so its rank among rival grants.
  const dht::Record* before = holding_ ? &holding_->record : nullptr;
  if ((before == nullptr || before->name != record.name) && earlier_) before = &*earlier_;
  if (before != nullptr && before->name == record.name && before->created <= wall) {
    record.created = before->created;
    record.receipts = before->receipts;
  }
  record.certificate = config_.certificate;
  dht::sign(record, config_.name_space, key_);
  return record;
}

void LeaseKeeper::back_off(TimePoint now) {
  timers_.set(Timer::retry, now + rng_.jitter(back_off_, 0.2));
  back_off_ = std::min(back_off_ * 2, longest_back_off);
}

WallTime LeaseKeeper::wall_at(TimePoint now) const {
  return clock_ ? clock_->second + to_seconds(now - clock_->first) : WallTime{};
}

}  // namespace ipop::router
