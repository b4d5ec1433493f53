#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/timer_table.hpp"
#include "base/token_buckets.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/private_key.hpp"
#include "net/endpoint.hpp"

namespace ipop::node {

/// What the holder of a key says to the other holder: docs/wire/node.md
struct LifeClaim {
  std::uint64_t instance = 0;  ///< of who says it
  WallTime started{};          ///< when that one came into the ring
  std::uint64_t seen = 0;      ///< the other's instance, which nobody knew before it was drawn
  crypto::Signature signature{};

  friend bool operator==(const LifeClaim&, const LifeClaim&) = default;
};

/// Errors: truncated, malformed (tail, an instance that is zero or equal to the other one), unsupported (version).
Result<LifeClaim> decode_life_claim(ByteSpan octets);
void encode(const LifeClaim& claim, Bytes& out);
void sign(LifeClaim& claim, ByteSpan name_space, const crypto::PrivateKey& key);
[[nodiscard]] bool is_signed(const LifeClaim& claim, ByteSpan name_space, const crypto::PublicKey& key);

/// Finds out whether another machine runs with this node's key, and which of the two keeps out.
///
/// Whoever says so is not believed: he passes claims between the two. A claim that is signed with our key and names
/// our instance was made after our start by somebody else who has the key. The younger of the two leaves the
/// ring, and looks again at ever longer intervals.
class TwinWatch {
 public:
  static constexpr Duration first_rest = std::chrono::minutes(1);
  static constexpr Duration longest_rest = std::chrono::minutes(16);
  /// After so long in the ring without a claim the other one is gone for whoever came back.
  static constexpr Duration alone_after = std::chrono::minutes(1);
  /// The other one shows itself at least so often while it waits for us: the longest rest, and some.
  static constexpr Duration seen_within = std::chrono::minutes(25);

  struct SendClaim {  ///< over the way by which the hint, or the other's claim, came
    crypto::ChannelId channel{};
    Bytes octets{};
  };
  struct StepBack {};  ///< leave the ring in silence, and give up the address
  struct Return {};    ///< join again
  using Output = std::variant<SendClaim, StepBack, Return, LogLine>;

  /// The moment at which something comes, and who this node is at it.
  struct Moment {
    TimePoint now{};
    WallTime wall{};
    std::uint64_t instance = 0;  ///< of our own, at present
  };
  /// Who told, and over which way.
  struct From {
    NodeId informant{};
    crypto::ChannelId channel{};
    std::optional<net::Endpoint> observed{};  ///< where it sees the other one
  };

  /// `key` and `rng` outlive it.
  TwinWatch(const crypto::PrivateKey& key, ByteSpan name_space, Rng& rng)
      : key_(key), name_space_(to_bytes(name_space)), rng_(rng) {}

  /// This node comes into the ring.
  void handle_start(TimePoint now) { entered_ = now; }
  /// Another `instance` has a link under our id.
  void handle_other(const Moment& moment, const From& from, std::uint64_t instance);
  void handle_claim(const Moment& moment, const From& from, ByteSpan octets);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  /// Out of the ring, for the other one's sake.
  [[nodiscard]] bool is_resting() const { return resting_; }
  /// A sentence for people; empty while no other one is known.
  [[nodiscard]] std::string notice() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  enum class Timer {
    rest,   ///< this node joins again
    quiet,  ///< the other one is gone
    count_
  };
  struct Twin {
    std::uint64_t instance = 0;
    NodeId informant{};
    std::optional<net::Endpoint> observed{};
  };

  void send_claim(const Moment& moment, crypto::ChannelId channel, std::uint64_t seen);
  [[nodiscard]] WallTime started(const Moment& moment);
  void step_back(TimePoint now);
  void log(LogLevel level, std::string text);

  const crypto::PrivateKey& key_;
  Bytes name_space_;
  Rng& rng_;
  TimePoint entered_{};
  std::optional<WallTime> started_;  // what was claimed holds until the next return: both compare the same two
  std::optional<Twin> twin_;
  bool resting_ = false;
  unsigned rests_ = 0;
  /// A signature takes a tenth of a millisecond: one informant gets four at once, then one a second.
  TokenBuckets<NodeId> paces_{1s, 4, 256};
  TimerTable<Timer> timers_;
  OutputQueue<Output> outputs_;
  Counters counters_;
};

static_assert(Machine<TwinWatch>);

}  // namespace ipop::node
