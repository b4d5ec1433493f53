#include "updates/trial_watch.hpp"

namespace ipop::updates {

void TrialWatch::begin(TimePoint now) {
  timers_.set(Timer::end, now + limit_);
  if (wants_.pool) outputs_.push(AskPool{});
  if (!wants_.node) ask_name();
  judge();
}

void TrialWatch::handle_node(TimePoint /*now*/, bool is_joined) {
  if (has_ended_ || is_joined == is_joined_) return;
  is_joined_ = is_joined;
  if (!is_joined) {
    is_named_ = false;
    return;
  }
  ask_name();
  judge();
}

void TrialWatch::handle_name(TimePoint now, bool is_right) {
  if (has_ended_) return;
  is_name_asked_ = false;
  // An answer from before the node left is worth nothing.
  is_named_ = is_right && (!wants_.node || is_joined_);
  if (!is_named_) timers_.set(Timer::name_again, now + pause);
  judge();
}

void TrialWatch::handle_pool(TimePoint now, bool answers) {
  if (has_ended_) return;
  answers_ = answers;
  if (!answers) timers_.set(Timer::pool_again, now + pause);
  judge();
}

void TrialWatch::handle_timeout(TimePoint now) {
  if (timers_.expire(Timer::name_again, now)) ask_name();
  if (timers_.expire(Timer::pool_again, now)) outputs_.push(AskPool{});
  if (!timers_.expire(Timer::end, now)) return;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit_).count();
  has_ended_ = true;
  timers_ = {};
  outputs_.clear();
  outputs_.push(GiveUp{"within " + std::to_string(seconds) + " s " + awaited()});
}

std::string TrialWatch::awaited() const {
  if (wants_.node && !is_joined_) return "the node has not joined its group";
  if (wants_.name && !is_named_) return "the machine's name does not lead to its address";
  if (wants_.pool && !answers_) return "condor_status gets no answer";
  return {};
}

void TrialWatch::ask_name() {
  if (!wants_.name || is_name_asked_ || (wants_.node && !is_joined_)) return;
  is_name_asked_ = true;
  outputs_.push(AskName{});
}

void TrialWatch::judge() {
  if (!awaited().empty()) return;
  has_ended_ = true;
  timers_ = {};
  outputs_.clear();
  outputs_.push(Content{});
}

}  // namespace ipop::updates
