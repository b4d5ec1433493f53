#include "overlay/linker.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {

void Linker::start(TimePoint now) {
  if (phase_ != Phase::idle) return;
  phase_ = Phase::asking;
  next_ask_ = now;
  handle_timeout(now);
}

void Linker::handle_candidates(TimePoint now, const PunchTargets& targets, bool relay_at_once) {
  if (phase_ == Phase::ended) return;
  const auto is_new = [&](const net::Endpoint& candidate) {
    return std::ranges::find(targets_.always, candidate) == targets_.always.end() &&
           std::ranges::find(targets_.once, candidate) == targets_.once.end();
  };
  if (phase_ != Phase::firing || std::ranges::any_of(targets.always, is_new) ||
      std::ranges::any_of(targets.once, is_new)) {
    targets_ = targets;
    is_first_shot_ = true;
    phase_ = Phase::firing;
    punch_.start(now + first_shot_waits_, shots_);
  }
  if (relay_at_once && !relay_wanted_) {
    relay_wanted_ = true;
    outputs_.push(UseRelay{});
  }
  fire(now);
}

void Linker::drop_candidate(const net::Endpoint& candidate) {
  std::erase(targets_.always, candidate);
  std::erase(targets_.once, candidate);
}

void Linker::fail(TimePoint /*now*/) {
  if (phase_ == Phase::ended) return;
  outputs_.push(Failed{phase_ == Phase::firing});
  phase_ = Phase::ended;
}

void Linker::handle_timeout(TimePoint now) {
  if (phase_ == Phase::firing) {
    fire(now);
  } else if (phase_ == Phase::asking && next_ask_ <= now) {
    if (asked_ == asks) {
      fail(now);
      return;
    }
    outputs_.push(Ask{asked_});
    next_ask_ = now + ask_first * (1U << asked_);
    ++asked_;
  }
}

void Linker::fire(TimePoint now) {
  if (punch_.take_shot(now)) {
    Shoot shoot{targets_.always};
    if (std::exchange(is_first_shot_, false))
      shoot.at.insert(shoot.at.end(), targets_.once.begin(), targets_.once.end());
    outputs_.push(std::move(shoot));
  }
  if (punch_.first_round_over(now) && !relay_wanted_) {
    relay_wanted_ = true;
    outputs_.push(UseRelay{});
  }
  if (punch_.is_over(now)) fail(now);
}

std::optional<TimePoint> Linker::poll_timeout() const {
  switch (phase_) {
    case Phase::asking: return next_ask_;
    case Phase::firing: return punch_.deadline();
    case Phase::idle:
    case Phase::ended: break;
  }
  return std::nullopt;
}

}  // namespace ipop::overlay
