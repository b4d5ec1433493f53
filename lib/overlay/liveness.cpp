#include "overlay/liveness.hpp"

#include <algorithm>

namespace ipop::overlay {

namespace {
constexpr double keep_alive_jitter = 0.05;
}

Liveness::Liveness(TimePoint now, Duration keep_alive, Rng& rng)
    : pace_(keep_alive), interval_(rng.jitter(keep_alive, keep_alive_jitter)), last_received_(now) {}

void Liveness::handle_received(TimePoint now, Rng& rng) {
  broken_silence_ = now - last_received_;
  // Only after a pause: the data path draws no number a packet.
  if (unanswered_ > 0 || broken_silence_ > pace_.shortest() / 2) {
    if (is_patient_) {
      if (unanswered_ == 0) {
        pace_.handle_heard(broken_silence_);
      } else if (unanswered_ == 1) {
        pace_.handle_answered(broken_silence_);
      } else {
        pace_.handle_forgotten(broken_silence_);
      }
    }
    interval_ = rng.jitter(pace_.interval(), keep_alive_jitter);
  }
  last_received_ = now;
  waiting_since_.reset();
  next_probe_.reset();
  unanswered_ = 0;
}

void Liveness::set_patient(bool patient) {
  if (patient == is_patient_) return;
  is_patient_ = patient;
  if (patient) return;
  pace_ = KeepAlivePace(pace_.shortest());
  interval_ = std::min(interval_, pace_.interval());
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
  if (unanswered_ >= probes_before_death()) return Action::dead;
  ++unanswered_;
  next_probe_ = now + probe_interval;
  return Action::probe;
}

unsigned Liveness::probes_before_death() const {
  if (!is_patient_) return waiting_since_ ? probes_when_active : probes_when_idle;
  // Where a NAT forgot the path, the other end opens it again when it pings, which may be a step later.
  return std::max(probes_when_idle, static_cast<unsigned>(pace_.late() / probe_interval) + 1);
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
