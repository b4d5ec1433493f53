#include "overlay/liveness.hpp"

#include <algorithm>

namespace ipop::overlay {

namespace {
constexpr double keep_alive_jitter = 0.05;
}

Liveness::Liveness(TimePoint now, Duration keep_alive, Rng& rng)
    : keep_alive_(keep_alive), interval_(rng.jitter(keep_alive, keep_alive_jitter)), last_received_(now) {}

void Liveness::handle_received(TimePoint now, Rng& rng) {
  // A new interval only after a pause: the data path draws no number a packet.
  if (unanswered_ > 0) interval_ = rng.jitter(keep_alive_, keep_alive_jitter);
  last_received_ = now;
  waiting_since_.reset();
  next_probe_.reset();
  unanswered_ = 0;
}

void Liveness::probe_now(TimePoint now) {
  if (unanswered_ == 0) next_probe_ = now;
}

TimePoint Liveness::deadline() const {
  if (next_probe_) return *next_probe_;
  const TimePoint idle = last_received_ + interval_;
  return waiting_since_ ? std::min(idle, *waiting_since_ + active_silence) : idle;
}

Liveness::Action Liveness::handle_timeout(TimePoint now) {
  if (now < deadline()) return Action::none;
  if (unanswered_ >= (waiting_since_ ? probes_when_active : probes_when_idle)) return Action::dead;
  ++unanswered_;
  next_probe_ = now + probe_interval;
  return Action::probe;
}

std::uint32_t Liveness::next_ping(TimePoint now) {
  ping_sent_ = now;
  return ++ping_id_;
}

std::optional<Duration> Liveness::handle_pong(TimePoint now, std::uint32_t id) {
  if (id != ping_id_ || ping_id_ == 0) return std::nullopt;
  return now - ping_sent_;
}

}  // namespace ipop::overlay
