#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "base/timer_table.hpp"
#include "crypto/private_key.hpp"
#include "dht/dht.hpp"
#include "dht/record.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/lease_candidates.hpp"
#include "router/lease_server.hpp"
#include "router/record_judge.hpp"
#include "router/record_writer.hpp"

namespace ipop::router {

/// Claims one exclusive key of the DHT for this node, renews it, and finds out when it is lost.
///
/// The same machine keeps the lease of an address and the name that a member chose. A lease is
/// drawn from a pool until one is free; a name is one, and is tried again while somebody has it.
class LeaseKeeper {
 public:
  struct Config {
    dht::RecordKind kind = dht::RecordKind::lease;
    std::optional<net::Ipv4Prefix> pool{};  ///< where candidates are drawn; none: only the preferred one
    Duration lease_time = std::chrono::hours(24);
    Bytes certificate{};  ///< of the key, in a closed group
    /// Gives out addresses of its own: they are claimed by take() alone, and others are drawn only after fall_back().
    std::optional<LeaseServer> server{};
  };

  /// What a create and a look-up of this keeper are called; the answer comes back with it.
  using ClaimId = StrongId<struct LeaseClaimTag, std::uint64_t>;
  using LookUpId = StrongId<struct LeaseLookUpTag, std::uint64_t>;

  struct Create {
    ClaimId id{};
    dht::Record record{};
  };
  struct Get {
    LookUpId id{};
    Bytes name{};
  };
  struct Held {
    Bytes name{};
    WallTime expires{};    ///< by the latest wall time: moves when the clock is set
    TimePoint ends{};      ///< the same on the monotonic clock
    TimePoint renew_at{};  ///< when the keeper renews by itself
    bool is_new = true;    ///< false: renewed
  };
  struct Lost {
    Bytes name{};
    std::string why{};
  };
  struct Taken {  ///< `name` was asked for (preferred or wanted), and another node holds it
    Bytes name{};
    std::optional<NodeId> holder{};  ///< none: its record does not say
    WallTime until{};                ///< unless the holder renews it
  };
  /// Replicas refuse for this machine's clock, which is `ahead` of theirs (negative: behind); none: no more.
  struct ClockOff {
    std::optional<std::chrono::seconds> ahead{};
  };
  using Output = std::variant<Create, Get, Held, Lost, Taken, ClockOff>;

  /// `key` signs; it, `judge` and `rng` outlive the keeper.
  LeaseKeeper(Config config, const crypto::PrivateKey& key, const RecordJudge& judge, Rng& rng);

  /// The clock has been set, or the machine slept: a lease that turns out to be past its renewal is renewed.
  void handle_clock_set(TimePoint now);
  /// Claims `preferred` if it is given and may be held, else what the pool gives; `value` goes into
  /// the record. Once only; needs the wall time.
  void start(TimePoint now, std::optional<Bytes> preferred, Bytes value);
  /// The lease server granted `name` until `until`: it is claimed, in place of what is held. A later call for the
  /// same name renews it.
  void take(TimePoint now, Bytes name, Bytes value, WallTime until);
  /// The lease server is silent: until the next take() a name is drawn that is not the server's.
  void fall_back(TimePoint now, Bytes value);
  /// What the record says besides its name: a held record is written again with it.
  void set_value(TimePoint now, Bytes value);
  /// Claims `name` beside the one held, which is released once the new one is granted. Answered with
  /// Held or Taken, or not at all while there is no majority. False: not leasable, or another
  /// such wish is being tried.
  bool want(TimePoint now, Bytes name);
  /// Takes a wish back; granted later, it is released at once.
  void forget_wish(TimePoint now);
  /// A third machine uses the address: gives it up, avoids it for an hour, and claims another. The
  /// record is left to end by itself, so nobody else gets the address meanwhile. False (ignored):
  /// three addresses are avoided for that reason already.
  bool decline(TimePoint now);
  /// Nobody uses the lease: it is not renewed, and lost at its end. keep() takes that back and claims
  /// again if it has ended.
  void let_lapse();
  void keep(TimePoint now);
  /// Another part of the ring may have granted the name to somebody else: looked up soon.
  void handle_ring_changed(TimePoint now);
  /// `clock_ahead`: as in dht::Dht::Answer; what was refused for the time is asked for again, not given up.
  void handle_created(TimePoint now, ClaimId id, dht::Outcome outcome, const std::vector<dht::Record>& records,
                      std::optional<std::chrono::seconds> clock_ahead = {});
  void handle_found(TimePoint now, LookUpId id, dht::Outcome outcome, const std::vector<dht::Record>& records);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  [[nodiscard]] std::optional<Held> held() const;
  [[nodiscard]] bool is_started() const { return !std::holds_alternative<Unstarted>(phase_); }

 private:
  enum class Timer {
    retry,    ///< the candidate (or another) is claimed again
    renew,    ///< half of the lease is over: it is created again
    end,      ///< the lease is over without a renewal: lost
    recheck,  ///< after a change of the ring: who holds it?
    unheard,  ///< a create was not answered at all: as if there was no majority
    count_,
  };
  /// A create that is being answered.
  struct Claim {
    ClaimId id{};
    dht::Record record{};
    TimePoint started{};
  };

  // One of these at a time.
  struct Unstarted {};
  struct Claiming {
    std::optional<Claim> claim{};  ///< none: the next one is due with the timer, or with keep()
  };
  struct Holding {
    dht::Record record{};
    TimePoint ends{};
    TimePoint renew_at{};
    std::optional<Claim> renewal{};
    std::optional<LookUpId> look_up{};        ///< who has it after the ring changed
    std::optional<TimePoint> ring_changed{};  ///< the first change that was not yet looked into
  };

  struct Grant {  ///< a name that the lease server granted
    Bytes name{};
    WallTime until{};
  };

  [[nodiscard]] Holding* holding() { return std::get_if<Holding>(&phase_); }
  /// What is claimed in place of nothing, or to go on holding; null before the start.
  [[nodiscard]] std::optional<Claim>* claim();
  [[nodiscard]] bool claims(const Bytes& name);
  [[nodiscard]] bool holds(const Bytes& name) { return holding() != nullptr && holding()->record.name == name; }
  [[nodiscard]] WallTime wall_at(TimePoint now) const { return judge_.wall_at(now); }
  [[nodiscard]] bool is_granted(const Bytes& name) const { return grant_ && grant_->name == name; }
  [[nodiscard]] dht::Record write(TimePoint now, Bytes name, Bytes value, Duration time);

  void begin();
  void claim_next(TimePoint now);
  [[nodiscard]] Claim make_claim(TimePoint now, Bytes name);
  void renew(TimePoint now, Holding& holding);
  /// It is not waited for any more; should it succeed, the name is released.
  void abandon(TimePoint now, std::optional<Claim>& claim);
  void release(TimePoint now, Bytes name);
  void hold(TimePoint now, const Claim& granted, const std::vector<dht::Record>& records);
  void lose(TimePoint now, std::string why, Duration avoid_for);
  void handle_abandoned(TimePoint now, ClaimId id, dht::Outcome outcome);
  void handle_refused(TimePoint now, const Claim& refused, bool is_wish, std::optional<std::chrono::seconds> ahead);
  void handle_taken(TimePoint now, const Claim& refused, bool is_wish, const std::vector<dht::Record>& records);
  bool waits_for_last(const Bytes& name);
  void back_off(TimePoint now);

  Config config_;
  const RecordJudge& judge_;
  Rng& rng_;
  OutputQueue<Output> outputs_;
  TimerTable<Timer> timers_;

  std::variant<Unstarted, Claiming, Holding> phase_{};
  std::optional<Claim> wish_{};  // beside what is held
  bool is_used_ = true;          // somebody uses the lease: it is renewed
  bool clock_is_off_ = false;
  std::optional<Grant> grant_{};
  Bytes value_;
  RecordWriter writer_;
  LeaseCandidates candidates_;
  ExpiringMap<ClaimId, Bytes> abandoned_;  // whose create may still succeed
  std::uint64_t next_id_ = 1;
  unsigned refusals_ = 0;      // in a row
  std::optional<Bytes> last_;  // what it had when it ran last
  unsigned last_refused_ = 0;  // times in a row
  Duration back_off_;
};

}  // namespace ipop::router
