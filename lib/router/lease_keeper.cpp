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

LeaseKeeper::LeaseKeeper(Config config, const crypto::PrivateKey& key, const RecordJudge& judge, Rng& rng)
    : config_(std::move(config)),
      judge_(judge),
      rng_(rng),
      writer_(config_.kind, config_.certificate, key, judge),
      candidates_(config_.pool, config_.server, rng),
      abandoned_(4),
      back_off_(first_back_off) {}

std::optional<LeaseKeeper::Claim>* LeaseKeeper::claim() {
  if (auto* claiming = std::get_if<Claiming>(&phase_)) return &claiming->claim;
  return holding() == nullptr ? nullptr : &holding()->renewal;
}

bool LeaseKeeper::claims(const Bytes& name) {
  const auto* running = claim();
  return running != nullptr && *running && (*running)->record.name == name;
}

void LeaseKeeper::handle_clock_set(TimePoint now) {
  if (Holding* held = holding(); held != nullptr && is_used_) {
    const Duration left = held->record.expires - wall_at(now);
    // The monotonic clock may stand still while a machine sleeps: UTC tells how much of the record is left.
    const bool is_late = !is_granted(held->record.name) && left <= config_.lease_time * 2 / 5;
    // Written while the clock was ahead: once that is put right, no replica would take or keep it.
    const bool is_of_later = left > config_.lease_time + dht::RecordLimits::clock_slack;
    if (is_late || is_of_later) renew(now, *held);
  }
  // It may be right by now.
  if (clock_is_off_ && timers_.is_set(Timer::retry)) timers_.set(Timer::retry, now);
}

void LeaseKeeper::begin() {
  if (!is_started()) phase_ = Claiming{};
}

void LeaseKeeper::start(TimePoint now, std::optional<Bytes> preferred, Bytes value) {
  if (is_started() || !judge_.clock().is_set()) return;
  begin();
  value_ = std::move(value);
  if (preferred && config_.pool && !candidates_.may_be_held(*preferred, now)) preferred.reset();
  last_ = preferred;
  if (preferred) candidates_.prefer(*std::move(preferred));
  claim_next(now);
}

void LeaseKeeper::take(TimePoint now, Bytes name, Bytes value, WallTime until) {
  if (!judge_.clock().is_set()) return;
  begin();
  candidates_.draw(false);
  grant_ = Grant{name, until};
  value_ = std::move(value);
  // What is on its way under the old value is followed by the new one when it is granted.
  if (holds(name)) return renew(now, *holding());
  if ((wish_ && wish_->record.name == name) || claims(name)) return;
  forget_wish(now);
  if (holding() != nullptr) {
    wish_ = make_claim(now, std::move(name));
    return;
  }
  abandon(now, *claim());
  claim_next(now);
}

void LeaseKeeper::fall_back(TimePoint now, Bytes value) {
  if (!judge_.clock().is_set()) return;
  begin();
  candidates_.draw(true);
  value_ = std::move(value);
  claim_next(now);
}

void LeaseKeeper::set_value(TimePoint now, Bytes value) {
  if (value == value_) return;
  value_ = std::move(value);
  if (Holding* held = holding()) renew(now, *held);
}

bool LeaseKeeper::want(TimePoint now, Bytes name) {
  if (!is_started() || wish_ || !candidates_.may_be_held(name, now)) return false;
  if (holding() != nullptr) {
    if (holds(name)) return false;
    wish_ = make_claim(now, std::move(name));
    return true;
  }
  // Nothing is held: the wish is simply the next candidate.
  if (claims(name)) return true;
  abandon(now, *claim());
  candidates_.prefer(std::move(name));
  claim_next(now);
  return true;
}

void LeaseKeeper::forget_wish(TimePoint now) {
  abandon(now, wish_);
}

bool LeaseKeeper::decline(TimePoint now) {
  const Holding* held = holding();
  if (held == nullptr || !candidates_.quarantine(now, held->record.name)) return false;
  lose(now, "declined: another machine on the client's side uses it", 0s);
  return true;
}

void LeaseKeeper::let_lapse() {
  is_used_ = false;
  timers_.clear(Timer::renew);
}

void LeaseKeeper::keep(TimePoint now) {
  if (std::exchange(is_used_, true)) return;
  if (const Holding* held = holding()) {
    timers_.set(Timer::renew, std::max(now, held->renew_at));
  } else if (is_started()) {
    claim_next(now);
  }
}

void LeaseKeeper::handle_ring_changed(TimePoint now) {
  Holding* held = holding();
  if (held == nullptr) return;
  if (!held->ring_changed) held->ring_changed = now;
  const TimePoint quiet = now + debounce + rng_.jitter(debounce / 2, 1.0);
  timers_.set(Timer::recheck, std::min(quiet, *held->ring_changed + longest_debounce));
}

void LeaseKeeper::handle_created(TimePoint now, ClaimId id, dht::Outcome outcome,
                                 const std::vector<dht::Record>& records,
                                 std::optional<std::chrono::seconds> clock_ahead) {
  if (abandoned_.find(id, now) != nullptr) return handle_abandoned(now, id, outcome);
  const bool is_wish = wish_ && wish_->id == id;
  std::optional<Claim>* running = is_wish ? &wish_ : claim();
  if (running == nullptr || !*running || (*running)->id != id) return;
  const Claim answered = *std::exchange(*running, std::nullopt);
  if (!wish_ && !*claim()) timers_.clear(Timer::unheard);
  if (outcome == dht::Outcome::done) return hold(now, answered, records);
  if (outcome == dht::Outcome::exists) return handle_taken(now, answered, is_wish, records);
  // Ours from before a quick restart: tried again above its sequence.
  if (outcome == dht::Outcome::refused && !writer_.remember(answered.record.name, records))
    handle_refused(now, answered, is_wish, clock_ahead);
  if (!is_wish) back_off(now);
}

void LeaseKeeper::handle_abandoned(TimePoint now, ClaimId id, dht::Outcome outcome) {
  const Bytes name = *abandoned_.find(id, now);
  abandoned_.erase(id);
  const bool is_used = holds(name) || claims(name) || (wish_ && wish_->record.name == name);
  if (outcome == dht::Outcome::done && !is_used) release(now, name);
}

/// The replicas have enough of us, or think that our clock is wrong; a held lease is tried again until its end, a
/// candidate gives way to another.
void LeaseKeeper::handle_refused(TimePoint now, const Claim& refused, bool is_wish,
                                 std::optional<std::chrono::seconds> ahead) {
  if (ahead) {
    clock_is_off_ = true;
    outputs_.push(ClockOff{ahead});
  } else if (!is_wish && holding() == nullptr && config_.pool && !waits_for_last(refused.record.name)) {
    candidates_.avoid(now, refused.record.name, avoid_taken);
  }
}

void LeaseKeeper::handle_found(TimePoint now, LookUpId id, dht::Outcome outcome,
                               const std::vector<dht::Record>& records) {
  Holding* held = holding();
  if (held == nullptr || held->look_up != id) return;
  held->look_up.reset();
  if (outcome == dht::Outcome::no_majority || outcome == dht::Outcome::refused) return handle_ring_changed(now);
  const auto best = judge_.prevailing(now, records, held->record.name);
  if (best && writer_.is_own(records[*best])) return writer_.note(records[*best]);
  if (best && !dht::prevails(held->record, records[*best], judge_.group(), fewest_replicas)) {
    return lose(now, "another part of the ring had granted it earlier to another node", avoid_taken);
  }
  // The replicas lost our record, or do not yet know that it is the older one.
  renew(now, *held);
}

void LeaseKeeper::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::end, now) && holding() != nullptr)
    lose(now, is_used_ ? "not renewed in time" : "released", 0s);
  if (timers_.expire(Timer::unheard, now)) {
    forget_wish(now);
    if (auto* running = claim(); running != nullptr && *running) {
      abandon(now, *running);
      back_off(now);
    }
  }
  if (timers_.expire(Timer::renew, now) && holding() != nullptr) renew(now, *holding());
  if (timers_.expire(Timer::retry, now)) {
    if (Holding* held = holding()) {
      if (is_used_) renew(now, *held);
    } else {
      claim_next(now);
    }
  }
  if (timers_.expire(Timer::recheck, now)) {
    if (Holding* held = holding()) {
      held->ring_changed.reset();
      held->look_up = LookUpId{next_id_++};
      outputs_.push(Get{*held->look_up, held->record.name});
    }
  }
  candidates_.handle_timeout(now);
  abandoned_.drop_expired(now);
}

std::optional<LeaseKeeper::Held> LeaseKeeper::held() const {
  const auto* held = std::get_if<Holding>(&phase_);
  if (held == nullptr) return std::nullopt;
  // The machine may have slept since, or its clock may have been set.
  const WallTime expires = std::min(held->record.expires, wall_at(held->ends));
  return Held{held->record.name, expires, held->ends, held->renew_at, false};
}

void LeaseKeeper::hold(TimePoint now, const Claim& granted, const std::vector<dht::Record>& records) {
  const Bytes& name = granted.record.name;
  // A wish may come true while another name is being claimed.
  if (!claims(name)) abandon(now, *claim());
  const bool is_servers = is_granted(name);
  const Duration lives = is_servers ? Duration(granted.record.expires - wall_at(granted.started)) : config_.lease_time;
  Holding next{granted.record, granted.started + lives, granted.started + rng_.jitter(lives / 2, 0.1), {}, {}, {}};
  for (const dht::Record& record : records) {
    if (writer_.is_own(record) && record.name == name && record.sequence == granted.record.sequence)
      next.record = record;
  }
  next.renewal = std::exchange(*claim(), std::nullopt);
  std::optional<Bytes> before;
  if (Holding* held = holding()) {
    before = held->record.name;
    next.ring_changed = held->ring_changed;
    if (*before == name) next.look_up = held->look_up;
  }
  const bool is_other = before && *before != name;
  if (is_other) release(now, *before);
  phase_ = std::move(next);
  Holding& held = *holding();
  back_off_ = first_back_off;
  refusals_ = 0;
  if (std::exchange(clock_is_off_, false)) outputs_.push(ClockOff{});
  candidates_.prefer(name);
  timers_.clear(Timer::retry);
  timers_.set(Timer::end, held.ends);
  timers_.clear(Timer::renew);
  // The server's next grant renews what it granted.
  if (is_used_ && !is_servers) timers_.set(Timer::renew, held.renew_at);
  if (is_other) {
    outputs_.push(Lost{*before, is_servers ? "the lease server gave another address"
                                           : "given up for another address that the client asked for"});
  }
  auto published = *this->held();
  published.is_new = before != name;
  outputs_.push(std::move(published));
  // The value changed while the create was on its way.
  if (held.record.value != value_) renew(now, held);
}

/// Members that a change of the group's file reaches later judge by the earlier one for a while.
bool LeaseKeeper::waits_for_last(const Bytes& name) {
  return name == last_ && ++last_refused_ < patience_with_last;
}

void LeaseKeeper::handle_taken(TimePoint now, const Claim& refused, bool is_wish,
                               const std::vector<dht::Record>& records) {
  const Bytes& name = refused.record.name;
  if (writer_.remember(name, records)) {
    if (!is_wish) back_off(now);
    return;
  }
  if (!is_wish && holds(name)) return lose(now, "another node holds it", avoid_taken);
  outputs_.push(taken_by(name, records));
  if (is_wish) return;
  if (is_granted(name)) return back_off(now);
  candidates_.avoid(now, name, avoid_taken);
  if (!config_.pool) {
    timers_.set(Timer::retry, now + rng_.jitter(taken_name_retry, 0.2));
  } else if (++refusals_ > quick_refusals) {
    back_off(now);
  } else {
    claim_next(now);
  }
}

void LeaseKeeper::lose(TimePoint now, std::string why, Duration avoid_for) {
  Holding& held = *holding();
  outputs_.push(Lost{held.record.name, std::move(why)});
  if (avoid_for > 0s) candidates_.avoid(now, held.record.name, avoid_for);
  // A renewal on its way would take the name back that was just lost.
  abandon(now, held.renewal);
  phase_ = Claiming{};
  for (const Timer timer : {Timer::renew, Timer::end, Timer::recheck, Timer::retry})
    timers_.clear(timer);
  back_off_ = first_back_off;
  if (!is_used_) return;
  if (!config_.pool && avoid_for > 0s) {
    timers_.set(Timer::retry, now + rng_.jitter(taken_name_retry, 0.2));
  } else {
    claim_next(now);
  }
}

void LeaseKeeper::claim_next(TimePoint now) {
  auto* claiming = std::get_if<Claiming>(&phase_);
  if (claiming == nullptr || claiming->claim) return;
  const bool lasts = grant_ && grant_->until > wall_at(now);
  auto name = lasts ? std::optional(grant_->name) : candidates_.next(now);
  if (name) {
    claiming->claim = make_claim(now, *std::move(name));
  } else if (candidates_.draws()) {
    back_off(now);
  }
}

LeaseKeeper::Claim LeaseKeeper::make_claim(TimePoint now, Bytes name) {
  Claim claim{ClaimId{next_id_++}, write(now, std::move(name), value_, config_.lease_time), now};
  outputs_.push(Create{claim.id, claim.record});
  timers_.set(Timer::unheard, now + unheard_after);
  return claim;
}

void LeaseKeeper::renew(TimePoint now, Holding& holding) {
  timers_.clear(Timer::renew);
  if (!holding.renewal) holding.renewal = make_claim(now, holding.record.name);
}

void LeaseKeeper::abandon(TimePoint now, std::optional<Claim>& claim) {
  if (claim) abandoned_.put(now, claim->id, claim->record.name, now + unheard_after);
  claim.reset();
}

void LeaseKeeper::release(TimePoint now, Bytes name) {
  // Nobody waits for the answer: if the tombstone does not arrive, the record ends by itself.
  outputs_.push(Create{ClaimId{next_id_++}, write(now, std::move(name), {}, tombstone_time)});
}

dht::Record LeaseKeeper::write(TimePoint now, Bytes name, Bytes value, Duration time) {
  const auto until = is_granted(name) ? std::optional(grant_->until) : std::nullopt;
  const Holding* held = holding();
  return writer_.write(now, std::move(name), std::move(value), time, until, held == nullptr ? nullptr : &held->record);
}

void LeaseKeeper::back_off(TimePoint now) {
  timers_.set(Timer::retry, now + rng_.jitter(back_off_, 0.2));
  back_off_ = std::min(back_off_ * 2, longest_back_off);
}

}  // namespace ipop::router
