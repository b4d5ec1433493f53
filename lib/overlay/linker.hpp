#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "net/endpoint.hpp"
#include "overlay/hole_punch.hpp"
#include "overlay/punch_targets.hpp"

namespace ipop::overlay {

/// One attempt to link a peer: asks it over the ring for its candidates, fires at them, and wants a
/// member between when the first round brings no answer.
///
/// It ends with Failed, or when its owner drops it because a direct path is open. With a relayed path it fires the
/// first round to its end: who does not get through in that has a NAT against him, mostly.
class Linker {
 public:
  static constexpr unsigned asks = 4;
  static constexpr Duration ask_first = 500ms;  ///< doubles: at 0, 0.5, 1.5 and 3.5 s; given up at 7.5 s

  /// Its answer, and one more way there and back.
  static constexpr Duration peer_begins_within = 400ms;

  struct Ask {  ///< send connect-to-me; odd numbers may take another way than even ones
    unsigned number = 0;
  };
  struct Shoot {  ///< one packet to each
    std::vector<net::Endpoint> at{};
  };
  struct UseRelay {};
  struct Failed {
    bool answered = false;  ///< the peer was heard over the ring, so a direct path is what failed
  };
  using Output = std::variant<Ask, Shoot, UseRelay, Failed>;

  /// `token` names the attempt in connect-to-me and towards the channel table; `shots`: see HolePunch.
  Linker(const NodeId& peer, std::uint64_t token, unsigned shots = HolePunch::shots)
      : peer_(peer), token_(token), shots_(shots) {}

  /// Begins to ask.
  void start(TimePoint now);
  /// The peer's candidates came, in its answer or in a request of its own: begins to fire, or fires
  /// anew when some are new: those of them that are worth it, if any. `relay_at_once`: punching has no chance.
  void handle_candidates(TimePoint now, const PunchTargets& targets, bool relay_at_once);
  /// The peer shoots as well, and gets in: it goes first, so that there are not two handshakes for one link.
  void let_the_peer_begin() { first_shot_waits_ = peer_begins_within; }
  /// A member between the two carries their packets: no more than the first round is fired.
  void handle_relayed() { limit_shots(HolePunch::shots_per_round); }
  /// No more than so many, of those fired as well.
  void limit_shots(unsigned most) {
    shots_ = std::min(shots_, most);
    punch_.limit(shots_);
  }
  /// Somebody else answers at this candidate: no more packets go there.
  void drop_candidate(const net::Endpoint& candidate);
  /// The answer is a refusal, or the caller knows that there will be none.
  void fail(TimePoint now);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] const NodeId& peer() const { return peer_; }
  [[nodiscard]] std::uint64_t token() const { return token_; }
  [[nodiscard]] const PunchTargets& targets() const { return targets_; }
  [[nodiscard]] bool has_ended() const { return phase_ == Phase::ended; }
  /// It was asked three times, the first a second and a half ago, and did not answer.
  [[nodiscard]] bool is_unheard() const { return phase_ == Phase::asking && asked_ >= 3; }

 private:
  enum class Phase { idle, asking, firing, ended };
  void fire(TimePoint now);

  NodeId peer_;
  std::uint64_t token_;
  unsigned shots_;
  Phase phase_ = Phase::idle;
  unsigned asked_ = 0;
  TimePoint next_ask_{};
  Duration first_shot_waits_{};
  HolePunch punch_;
  bool relay_wanted_ = false;
  bool is_first_shot_ = true;
  PunchTargets targets_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Linker>);

}  // namespace ipop::overlay
