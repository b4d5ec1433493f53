#include "updates/departure.hpp"

#include <utility>

namespace ipop::updates {

void Departure::begin(TimePoint now) {
  if (terms_.within) timers_.set(Timer::end, now + terms_.not_before + *terms_.within);
  if (terms_.not_before > Duration::zero())
    timers_.set(Timer::begin, now + terms_.not_before);
  else
    judge();
}

void Departure::handle_idle(TimePoint /*now*/, bool is_idle) {
  is_idle_ = is_idle;
  judge();
}

void Departure::handle_spared(TimePoint now, bool is_spared) {
  if (has_ended_ || !is_asked_) return;
  is_asked_ = false;
  if (!is_spared) {
    timers_.set(Timer::again, now + pause);
    return;
  }
  // A job may have begun meanwhile: once that ends, the others are asked anew.
  if (!terms_.when_idle || is_idle_) end_with(Go{});
}

void Departure::handle_timeout(TimePoint now) {
  if (has_ended_) return;
  const bool is_over = timers_.expire(Timer::end, now);
  if (timers_.expire(Timer::begin, now) || timers_.expire(Timer::again, now)) judge();
  if (is_over && !has_ended_) end_with(GiveUp{});
}

void Departure::judge() {
  if (has_ended_ || is_asked_ || timers_.is_set(Timer::begin) || timers_.is_set(Timer::again)) return;
  if (terms_.when_idle && !is_idle_) return;
  if (!terms_.when_spared) return end_with(Go{});
  is_asked_ = true;
  outputs_.push(AskSpared{});
}

void Departure::end_with(Output output) {
  has_ended_ = true;
  timers_ = {};
  outputs_.clear();
  outputs_.push(std::move(output));
}

}  // namespace ipop::updates
