#include "overlay/path_proof.hpp"

#include <algorithm>

#include "base/machine.hpp"

namespace ipop::overlay {

PathProof::PathProof(TimePoint now, bool begins, std::uint16_t largest, std::uint16_t heads)
    : largest_(std::max(largest, smallest)), heads_(heads), opened_(now), next_(begins ? now : now + waits_for_peer) {}

void PathProof::ask_again(TimePoint now) {
  if (unanswered_ == 0) next_ = next_ ? std::min(*next_, now) : now;
}

PathProof::Ping PathProof::next_ping(TimePoint now) {
  ++id_;
  sent_[id_ % remembered] = {{id_, asked_}, now};
  return {id_, asked_};
}

std::optional<PathProof::Echo> PathProof::handle_echo(TimePoint now, std::uint32_t id) {
  const Sent& sent = sent_[id % remembered];
  if (id == 0 || sent.ping.id != id) return std::nullopt;
  round_trip_ = now - sent.when;
  const Echo echo{round_trip_, sent.ping.octets};
  const bool narrowed = failing_ && echo.octets < carries_;
  const bool grown = echo.octets > carries_;
  prove(now, echo.octets);
  // What did not come back before may have been lost by chance.
  if (narrowed) too_large_ = 0;
  if (narrowed || grown) search(now);
  return echo;
}

void PathProof::handle_carried(TimePoint now, std::uint16_t octets) {
  octets = std::clamp(octets, smallest, largest_);
  // What is smaller than what is sent here shows nothing of that: the path may have become narrow.
  if (failing_ || octets >= carries_) prove(now, octets);
}

void PathProof::prove(TimePoint now, std::uint16_t octets) {
  carries_ = failing_ ? octets : std::max(carries_, octets);
  proven_at_ = now;
  data_since_.reset();
  next_.reset();
  unanswered_ = 0;
  failing_ = false;
  if (carries_ >= too_large_) too_large_ = 0;
  if (carries_ >= largest_) search_at_.reset();
}

void PathProof::search(TimePoint now) {
  if (carries_ >= largest_) return;
  trying_ = 0;
  search_at_ = now;
}

Duration PathProof::wait_for_answer() const {
  return std::max(Duration(patience), round_trip_ + round_trip_ / 2);
}

std::optional<std::uint16_t> PathProof::next_larger() const {
  const unsigned limit = too_large_ == 0 ? largest_ + 1U : too_large_;
  for (const std::uint16_t packet : common) {
    const unsigned octets = packet - heads_;
    if (octets > carries_ && octets < limit) return static_cast<std::uint16_t>(octets);
  }
  if (too_large_ == 0) return largest_;
  if (too_large_ - carries_ <= close_enough) return std::nullopt;
  return static_cast<std::uint16_t>((carries_ + too_large_) / 2);
}

PathProof::Action PathProof::go_on_searching(TimePoint now) {
  // A size that grew by another way than our own pings needs no more of them.
  if (trying_ > carries_ && searched_ == asks_a_size) too_large_ = trying_;
  const bool goes_on = trying_ > carries_ && searched_ < asks_a_size;
  if (!goes_on) {
    const auto next = next_larger();
    if (!next) {
      search_at_.reset();
      searched_at_ = now;
      return Action::none;
    }
    trying_ = *next;
    searched_ = 0;
  }
  ++searched_;
  search_at_ = now + wait_for_answer();
  asked_ = trying_;
  return Action::ask;
}

std::optional<TimePoint> PathProof::deadline() const {
  auto due = next_;
  if (!due && data_since_ && proven_at_) due = std::max(*data_since_, *proven_at_ + asked_every);
  return earliest(due, search_at_);
}

PathProof::Action PathProof::handle_timeout(TimePoint now) {
  const auto due = deadline();
  if (!due || *due > now) return Action::none;
  if (search_at_ && *search_at_ <= now) return go_on_searching(now);
  if (!proven_at_) {
    if (now >= opened_ + trial_lasts) {
      next_.reset();
      return Action::given_up;
    }
    next_ = std::min(now + std::min(trial_first * (1U << std::min(unanswered_, 8U)), Duration(trial_longest)),
                     opened_ + trial_lasts);
    asked_ = unanswered_ % 2 == 0 ? std::min(largest_, usual) : smallest;
    ++unanswered_;
    return Action::ask;
  }
  if (unanswered_ == fails_after && !failing_) {
    failing_ = true;
    next_ = now;
    return Action::failing;
  }
  if (!failing_ && carries_ < largest_ && !search_at_ && searched_at_ + search_every <= now) {
    too_large_ = 0;
    search(now);
  }
  ++unanswered_;
  asked_ = failing_ && unanswered_ % 2 == 0 ? smallest : carries_;
  next_ = now + (failing_ ? Duration(failing_every) : wait_for_answer());
  return Action::ask;
}

}  // namespace ipop::overlay
