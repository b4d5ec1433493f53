#include "dht/watch.hpp"

#include <algorithm>

#include "base/machine.hpp"

namespace ipop::dht {

namespace {

constexpr std::size_t asked_positions = 3;  // two may fail or lie between two refreshes
constexpr unsigned max_watch_attempts = 5;  // in a refresh; the next one is never far
constexpr double refresh_jitter = 0.2;      // watchers that began together do not stay together

}  // namespace

Watch::Watch(const NodeId& self, Key key, unsigned replicas, Duration retry, Rng& rng, TimePoint now)
    : key_(std::move(key)),
      first_(std::to_integer<std::size_t>(self.octets().back())),
      replicas_(replicas),
      retry_(retry),
      rng_(rng),
      request_(rng.next()) {
  refresh(now);
}

void Watch::handle_answer(TimePoint now, const WatchAnswer& answer) {
  if (!takes(answer.request) || !silent_.test(answer.position)) return;
  silent_.reset(answer.position);
  if (silent_.none()) retry_at_.reset();
  if (answer.lifetime > std::chrono::seconds(0)) note(now, answer.position, answer.state, false);
}

void Watch::handle_notice(TimePoint now, const WatchNotice& notice) {
  if (takes(notice.request)) note(now, notice.position, notice.state, true);
}

void Watch::handle_ring(TimePoint now, unsigned replicas) {
  replicas_ = replicas;
  refresh_at_ = std::min(refresh_at_, now + rng_.jitter(WatchTimes::burst, 0.5));
}

void Watch::handle_timeout(TimePoint now) {
  if (now >= refresh_at_) {
    refresh(now);
  } else if (retry_at_ && now >= *retry_at_) {
    ask_silent();
    retry_at_ = ++attempts_ < max_watch_attempts ? std::optional(now + retry_) : std::nullopt;
  }
  if (!due_ || now < *due_) return;
  due_.reset();
  last_told_ = now;
  changed_ = true;
}

void Watch::tell_again(TimePoint now) {
  if (told_ && !due_) due_ = now;
}

void Watch::end() {
  for (const unsigned position : positions_in_use(max_replicas)) {
    if (!asked_.test(position)) continue;
    messages_.push_back(
        {position, WatchRequest{request_, static_cast<std::uint8_t>(position), key_.kind, {}, key_.name}});
  }
}

std::optional<TimePoint> Watch::poll_timeout() const {
  return earliest(earliest(refresh_at_, retry_at_), due_);
}

void Watch::refresh(TimePoint now) {
  const auto positions = positions_in_use(replicas_);
  asked_.reset();
  for (std::size_t i = 0; i < asked_positions; ++i)
    asked_.set(positions[(first_ + i) % positions.size()]);
  for (const unsigned position : positions_in_use(max_replicas)) {
    if (!asked_.test(position)) states_.at(position).reset();
  }
  silent_ = asked_;
  ask_silent();
  attempts_ = 1;
  retry_at_ = now + retry_;
  refresh_at_ = now + rng_.jitter(WatchTimes::refresh, refresh_jitter);
}

void Watch::ask_silent() {
  for (const unsigned position : positions_in_use(max_replicas)) {
    if (!silent_.test(position)) continue;
    messages_.push_back({position, WatchRequest{request_, static_cast<std::uint8_t>(position), key_.kind,
                                                WatchTimes::lifetime, key_.name}});
  }
}

void Watch::note(TimePoint now, unsigned position, std::uint64_t state, bool is_notice) {
  const auto before = std::exchange(states_.at(position), state);
  if (before == state || told_ == state) return;
  // A node that has just become a replica has nothing yet: that is no end of the records.
  if (state == nothing_stored && !is_notice && told_ && !most_are_empty()) return;
  told_ = state;
  if (due_) return;
  due_ = last_told_ ? std::max(now, *last_told_ + WatchTimes::pause) : now;
}

bool Watch::most_are_empty() const {
  const auto empty = std::ranges::count(states_, std::optional(nothing_stored));
  return static_cast<std::size_t>(empty) > asked_positions / 2;
}

}  // namespace ipop::dht
