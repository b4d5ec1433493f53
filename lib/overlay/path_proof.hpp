#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/time.hpp"

namespace ipop::overlay {

/// Finds out whether a path carries data: a ping of the size of data must have come back over it.
///
/// A new path is on trial until that has happened. A proven one is asked again while data goes over
/// it, and fails when three such pings in a row bring nothing; it goes on being asked, and one answer
/// makes it good again. A path without data is not asked.
class PathProof {
 public:
  /// Octets of the payload of such a ping. Sealed for a relayed link and again for the relay's own,
  /// under UDP and IPv6, it makes 1273: what any path of the internet carries.
  static constexpr std::size_t size = 1148;
  static constexpr Duration trial_lasts = 5s;
  /// The end that does not begin asks by itself when nothing came until then.
  static constexpr Duration waits_for_peer = 500ms;
  static constexpr Duration trial_first = 200ms;  ///< doubles up to trial_longest
  static constexpr Duration trial_longest = 800ms;
  static constexpr Duration asked_every = 800ms;  ///< while data goes over a proven path
  static constexpr Duration patience = 400ms;     ///< for the answer, or half as much again as the round trip
  static constexpr unsigned fails_after = 3;      ///< pings: 2 s after the last answer, and a relay has the third
  static constexpr Duration failing_every = 1s;
  static constexpr unsigned remembered = 4;  ///< latest pings whose answer counts

  enum class Action {
    none,
    ask,       ///< send the ping that next_id() names
    failing,   ///< it carries nothing at present; asking goes on
    given_up,  ///< the trial is over without an answer
  };

  PathProof() = default;
  /// `begins`: this end asks at once, and tells the other when the answer comes.
  PathProof(TimePoint now, bool begins) : opened_(now), next_(begins ? now : now + waits_for_peer) {}

  /// Packets whose loss somebody would notice went over the path.
  void handle_data(TimePoint now) {
    if (!data_since_) data_since_ = now;
  }
  /// Asks at once, whatever came back before.
  void ask_again(TimePoint now);
  /// The number for the ping that goes out now.
  std::uint32_t next_id(TimePoint now);
  /// A ping came back; its round trip when it was one of the latest.
  std::optional<Duration> handle_echo(TimePoint now, std::uint32_t id);
  /// The peer says that our answer, of the same size, reached it.
  void handle_carried(TimePoint now) { prove(now); }
  /// Call when deadline() is over.
  Action handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  [[nodiscard]] bool is_proven() const { return proven_at_.has_value(); }
  [[nodiscard]] bool is_failing() const { return failing_; }
  /// Of the last proof.
  [[nodiscard]] std::optional<TimePoint> proven_at() const { return proven_at_; }

 private:
  struct Sent {
    std::uint32_t id = 0;
    TimePoint when{};
  };
  void prove(TimePoint now);
  [[nodiscard]] Duration wait_for_answer() const;

  TimePoint opened_{};
  std::optional<TimePoint> proven_at_;
  std::optional<TimePoint> data_since_;  ///< the first data after the last proof
  std::optional<TimePoint> next_;        ///< the next ping, or the verdict on the last ones
  unsigned unanswered_ = 0;
  bool failing_ = false;
  Duration round_trip_{};
  std::uint32_t id_ = 0;
  std::array<Sent, remembered> sent_{};
};

}  // namespace ipop::overlay
