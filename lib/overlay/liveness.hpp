#pragma once

#include <cstdint>
#include <optional>

#include "base/maybe_time.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "overlay/keep_alive_pace.hpp"

namespace ipop::overlay {

/// Decides when one path of a link must be probed and when it is dead.
///
/// A quiet path is pinged after a keep-alive; a path that takes packets and gives none back is
/// probed after half a second. Probes follow each other by a second; anything that arrives proves
/// life. With the default keep-alive a silent peer is dead after about 23 s on an idle path and
/// 4.5 s on an active one. A patient path, whose end nobody waits for, is let be for as long as the NATs on it bear
/// (KeepAlivePace): there it is about a minute.
class Liveness {
 public:
  /// Probes without an answer before the path is dead. An idle path gets more: nobody waits for
  /// it, and random loss must not cut it (5 % loss each way: once in months).
  static constexpr unsigned probes_when_idle = 6;
  static constexpr unsigned probes_when_active = 4;
  static constexpr unsigned suspect_after = 2;
  static constexpr Duration probe_interval = 1s;
  static constexpr Duration active_silence = 500ms;
  static constexpr Duration routed_trusts = 1s;

  enum class Action { none, probe, dead };

  Liveness() = default;
  Liveness(TimePoint now, Duration keep_alive, Rng& rng);

  /// Something was sent that a living peer answers sooner or later.
  void handle_sent(TimePoint now) {
    if (!waiting_since_) waiting_since_ = now;
  }
  /// A packet went out whose answer takes another way, mostly: only a path that was silent for a while is probed for
  /// it.
  void handle_routed(TimePoint now) {
    if (!heard_within(now, routed_trusts)) handle_sent(now);
  }
  void handle_received(TimePoint now, Rng& rng);
  /// What was just received is a ping of the peer.
  void handle_pinged() { pace_.handle_pinged(broken_silence_); }
  /// The peer speaks from another place; to call before handle_received().
  void handle_moved(TimePoint now) { pace_.handle_forgotten(now - last_received_); }
  /// Nobody waits for news of the peer: the keep-alive may be slow.
  void set_patient(bool patient);
  /// The next handle_timeout gives a probe, whatever was heard lately.
  void probe_now(TimePoint now);
  /// Call when deadline() is over; `probe` counts as sent.
  Action handle_timeout(TimePoint now);
  [[nodiscard]] TimePoint deadline() const;
  [[nodiscard]] TimePoint last_received() const { return last_received_; }
  [[nodiscard]] bool heard_within(TimePoint now, Duration time) const { return last_received_ + time > now; }
  /// The probe that is due now, or was last, is the first since something came.
  [[nodiscard]] bool is_first_probe() const { return unanswered_ == 1; }
  /// At least `suspect_after` probes had their second and no answer: other ways are preferred.
  [[nodiscard]] bool is_suspect() const { return unanswered_ > suspect_after; }

  /// The number for the next ping, which goes out now.
  std::uint32_t next_ping(TimePoint now);
  /// The round trip, when `id` is that of the latest ping.
  std::optional<Duration> handle_pong(TimePoint now, std::uint32_t id);

 private:
  [[nodiscard]] unsigned probes_before_death() const;

  KeepAlivePace pace_{17s};
  Duration interval_ = 17s;  ///< +- 5 %, so that a thousand links do not beat together
  TimePoint last_received_{};
  Duration broken_silence_{};  ///< before what was received last
  bool is_patient_ = false;
  MaybeTime waiting_since_;
  MaybeTime next_probe_;
  unsigned unanswered_ = 0;
  std::uint32_t ping_id_ = 0;
  TimePoint ping_sent_{};
};

}  // namespace ipop::overlay
