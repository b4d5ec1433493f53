#include "overlay/linker.hpp"

#include <algorithm>

namespace ipop::overlay {

void Linker::start(TimePoint now) {
  if (phase_ != Phase::idle) return;
  phase_ = Phase::asking;
  next_ask_ = now;
  handle_timeout(now);
}

void Linker::handle_candidates(TimePoint now, const std::vector<net::Endpoint>& candidates, bool relay_at_once) {
  if (phase_ == Phase::ended) return;
  bool news = phase_ != Phase::firing;
  for (const net::Endpoint& candidate : candidates) {
    if (std::ranges::find(candidates_, candidate) == candidates_.end()) news = true;
  }
  if (news) {
    candidates_ = candidates;
    phase_ = Phase::firing;
    punch_.start(now, shots_);
  }
  if (relay_at_once && !relay_wanted_) {
    relay_wanted_ = true;
    outputs_.push(UseRelay{});
  }
  fire(now);
}

void Linker::drop_candidate(const net::Endpoint& candidate) {
  std::erase(candidates_, candidate);
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
  if (punch_.take_shot(now)) outputs_.push(Shoot{});
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
