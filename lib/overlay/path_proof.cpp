#include "overlay/path_proof.hpp"

#include <algorithm>

namespace ipop::overlay {

void PathProof::ask_again(TimePoint now) {
  if (unanswered_ == 0) next_ = next_ ? std::min(*next_, now) : now;
}

std::uint32_t PathProof::next_id(TimePoint now) {
  ++id_;
  sent_[id_ % remembered] = {id_, now};
  return id_;
}

std::optional<Duration> PathProof::handle_echo(TimePoint now, std::uint32_t id) {
  const Sent& sent = sent_[id % remembered];
  if (id == 0 || sent.id != id) return std::nullopt;
  round_trip_ = now - sent.when;
  prove(now);
  return round_trip_;
}

void PathProof::prove(TimePoint now) {
  proven_at_ = now;
  data_since_.reset();
  next_.reset();
  unanswered_ = 0;
  failing_ = false;
}

Duration PathProof::wait_for_answer() const {
  return std::max(Duration(patience), round_trip_ + round_trip_ / 2);
}

std::optional<TimePoint> PathProof::deadline() const {
  if (next_ || !data_since_ || !proven_at_) return next_;
  return std::max(*data_since_, *proven_at_ + asked_every);
}

PathProof::Action PathProof::handle_timeout(TimePoint now) {
  const auto due = deadline();
  if (!due || *due > now) return Action::none;
  if (!proven_at_) {
    if (now >= opened_ + trial_lasts) {
      next_.reset();
      return Action::given_up;
    }
    next_ = std::min(now + std::min(trial_first * (1U << std::min(unanswered_, 8U)), Duration(trial_longest)),
                     opened_ + trial_lasts);
    ++unanswered_;
    return Action::ask;
  }
  if (unanswered_ == fails_after && !failing_) {
    failing_ = true;
    next_ = now;
    return Action::failing;
  }
  if (!failing_) ++unanswered_;
  next_ = now + (failing_ ? Duration(failing_every) : wait_for_answer());
  return Action::ask;
}

}  // namespace ipop::overlay
