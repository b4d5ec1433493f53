#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/maybe_time.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// Finds out whether a path carries data, and packets of which size: pings of the size of data must come
/// back over it (datagram packetization layer path MTU discovery, RFC 8899).
///
/// A new path is on trial until one has; the usual size is asked first, then the smallest as well. From what came
/// back on it is searched upwards: the sizes where paths end, then halves of what is left. A ping that is lost in
/// that search says nothing but its size. A proven path is asked again while data goes over it, and fails when
/// three such pings in a row bring nothing; it goes on being asked, with the smallest size too, and one answer
/// makes it good again, with the size that came back (RFC 8899, 4.3: a black hole). A path without data is not asked.
class PathProof {
 public:
  /// Octets of the payload of the smallest such ping; a path that carries less is of no use. Sealed for a
  /// relayed link and again for the relay's own, under UDP and IPv6, it makes 1273: what any path of the
  /// internet carries.
  static constexpr std::uint16_t smallest = 1148;
  /// What is asked first where more is wanted: what paths of 1500 octets carry is known after one round trip.
  static constexpr std::uint16_t usual = 1400;
  /// Octets of whole IP packets at which paths end: the least of IPv6, tunnels, Ethernet with and without PPPoE.
  static constexpr std::array<std::uint16_t, 4> common = {1280, 1400, 1492, 1500};
  static constexpr std::uint16_t close_enough = 16;  ///< to the size that does not pass
  static constexpr Duration trial_lasts = 5s;
  /// The end that does not begin asks by itself when nothing came until then.
  static constexpr Duration waits_for_peer = 500ms;
  static constexpr Duration trial_first = 200ms;  ///< doubles up to trial_longest
  static constexpr Duration trial_longest = 800ms;
  static constexpr Duration asked_every = 800ms;  ///< while data goes over a proven path
  static constexpr Duration patience = 400ms;     ///< for the answer, or half as much again as the round trip
  static constexpr unsigned fails_after = 3;      ///< pings: 2 s after the last answer, and a relay has the third
  static constexpr Duration failing_every = 500ms;
  static constexpr unsigned asks_a_size = 3;  ///< before a size is given up (RFC 8899, 5.1.2: MAX_PROBES)
  /// A larger size is tried anew so often while data goes over the path: routes change (PMTU_RAISE_TIMER).
  static constexpr Duration search_every = 600s;
  static constexpr unsigned remembered = 4;  ///< latest pings whose answer counts

  enum class Action {
    none,
    ask,       ///< send the ping that next_ping() names
    failing,   ///< it carries nothing at present; asking goes on
    given_up,  ///< the trial is over without an answer
  };
  struct Ping {
    std::uint32_t id = 0;
    std::uint16_t octets = 0;  ///< of payload
  };

  PathProof() = default;
  /// `begins`: this end asks at once, and tells the other when the answer comes. `largest`: the octets of a
  /// payload that are wanted. `heads`: what stands before a payload in the IP packets of this path.
  PathProof(TimePoint now, bool begins, std::uint16_t largest, std::uint16_t heads);

  /// Packets whose loss somebody would notice went over the path.
  void handle_data(TimePoint now) {
    if (!data_since_) data_since_ = now;
  }
  /// Asks at once, whatever came back before.
  void ask_again(TimePoint now);
  /// The ping that goes out now.
  Ping next_ping(TimePoint now);
  struct Echo {
    Duration round_trip{};
    std::uint16_t octets = 0;  ///< of the ping that it answers
  };
  /// A ping came back; nothing when it was none of the latest.
  std::optional<Echo> handle_echo(TimePoint now, std::uint32_t id);
  /// The peer says that our answer of this size reached it.
  void handle_carried(TimePoint now, std::uint16_t octets);
  /// A relay between drops packets for want of room, and others come through: the pings without an answer
  /// show nothing.
  void handle_crowded() {
    if (proven_at_ && !failing_) unanswered_ = 0;
  }
  /// Call when deadline() is over.
  Action handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  [[nodiscard]] bool is_proven() const { return proven_at_.has_value(); }
  [[nodiscard]] bool is_failing() const { return failing_; }
  /// Of the last proof.
  [[nodiscard]] std::optional<TimePoint> proven_at() const { return proven_at_; }
  /// Octets of the largest payload that is known to pass; 0 before the proof.
  [[nodiscard]] std::uint16_t carries() const { return carries_; }

 private:
  struct Sent {
    Ping ping{};
    TimePoint when{};
  };
  void prove(TimePoint now, std::uint16_t octets);
  [[nodiscard]] Duration wait_for_answer() const;
  /// Nothing: what is known is exact enough.
  [[nodiscard]] std::optional<std::uint16_t> next_larger() const;
  void search(TimePoint now);
  Action go_on_searching(TimePoint now);

  std::uint16_t largest_ = smallest;
  std::uint16_t heads_ = 0;
  std::uint16_t too_large_ = 0;  ///< the least size that was given up; 0: none
  std::uint16_t carries_ = 0;
  std::uint16_t asked_ = smallest;  ///< octets of the next ping
  TimePoint opened_{};
  MaybeTime proven_at_;
  MaybeTime data_since_;  ///< the first data after the last proof
  MaybeTime next_;        ///< the next ping, or the verdict on the last ones
  MaybeTime search_at_;   ///< when a larger size is tried
  TimePoint searched_at_{};
  std::uint16_t trying_ = 0;  ///< the size that is tried
  unsigned searched_ = 0;     ///< pings of it
  unsigned unanswered_ = 0;   ///< pings of the trial, or of a proven path that carries data
  bool failing_ = false;
  Duration round_trip_{};
  std::uint32_t id_ = 0;
  std::array<Sent, remembered> sent_{};
};

}  // namespace ipop::overlay
