#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"

namespace ipop::node {

/// What a node says of itself under its own key of the DHT, signed with its key. docs/wire/node.md.
struct LifeSign {
  std::uint64_t instance = 0;  ///< by chance, anew with each start; never 0
  WallTime started{};
  std::uint64_t seen = 0;  ///< the instance of another life sign that was found there; 0: none

  friend bool operator==(const LifeSign&, const LifeSign&) = default;
};
void encode(const LifeSign& sign, Bytes& out);
/// Errors: truncated, unsupported (version), malformed (octets behind it, instance 0).
Result<LifeSign> decode_life_sign(ByteSpan octets);

/// Finds out whether another machine runs with this node's key, a clone or a restored backup.
///
/// Each node keeps a life sign in the DHT. A sign with our signature that names our instance as seen was written
/// after we started, by somebody else who has the key: nobody can replay it, and a former life of this node never
/// wrote it. Of two the one that started later steps back: it leaves the ring, and tries again when some minutes
/// are over.
class TwinWatch {
 public:
  static constexpr std::chrono::seconds lifetime = std::chrono::hours(2);
  static constexpr Duration write_every = std::chrono::minutes(45);
  static constexpr Duration look_first = 2s;       ///< after a start or a sign of another; doubles
  static constexpr Duration look_longest = 10min;  ///< +- 20 %; a link that ends makes us look as well
  static constexpr Duration look_least = 3s;       ///< between two looks
  static constexpr Duration leaves_after = 2s;     ///< the younger, once it knows
  static constexpr Duration rest_first = 1min;     ///< +- 20 %, doubles: who stepped back
  static constexpr Duration rest_longest = 16min;
  static constexpr Duration proves_for = 10s;  ///< back from there: the elder has so long to show itself
  static constexpr Duration told_for = 25min;  ///< after its last sign the other is believed gone

  struct Get {};  ///< our key of the DHT; answered by handle_signs()
  struct Put {    ///< with a sequence above this one
    Bytes sign{};
    std::uint64_t above = 0;
  };
  struct Found {  ///< another machine runs with our key
    bool we_rest = false;
  };
  struct Gone {};      ///< it was not seen for long
  struct StepBack {};  ///< leave the ring, without giving back what the key holds
  struct GoOn {};      ///< nobody objects: take the address
  struct Return {};    ///< join the ring again
  using Output = std::variant<Get, Put, Found, Gone, StepBack, GoOn, Return>;

  /// A value under our key of the DHT whose owner is our own key.
  struct Value {
    Bytes octets{};
    std::uint64_t sequence = 0;
  };

  explicit TwinWatch(Rng& rng) : rng_(rng), instance_(new_instance()) {}

  static std::string key_of(const NodeId& self) { return "ga-life/" + to_string(self); }

  /// The ring can be asked, for the first time or again.
  void handle_joined(TimePoint now, WallTime wall);
  /// The answer to Get; `is_whole`: a majority answered.
  void handle_signs(TimePoint now, bool is_whole, const std::vector<Value>& values);
  /// Something changed that a twin may have caused: a link ended.
  void handle_hint(TimePoint now);
  /// This machine was asleep, or is a copy of itself: it is another life.
  void handle_suspend(TimePoint now);
  void handle_timeout(TimePoint now);

  /// What there is to say to a person, as long as it holds; empty: nothing.
  [[nodiscard]] std::string notice() const;
  [[nodiscard]] bool is_resting() const { return rests_until_.has_value(); }
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

 private:
  std::uint64_t new_instance();
  void write(TimePoint now);
  void look_soon(TimePoint now);
  void take_other(TimePoint now, const LifeSign& other);
  void step_back(TimePoint now);

  Rng& rng_;
  std::uint64_t instance_;
  std::optional<WallTime> started_;
  std::uint64_t seen_ = 0;
  std::uint64_t highest_ = 0;  // sequence that was seen
  bool joined_ = false;
  bool asked_ = false;
  bool on_trial_ = false;  // back from resting
  TimePoint looked_at_{};
  Duration pause_ = look_first;
  Duration rest_ = rest_first;
  std::optional<TimePoint> look_at_;
  std::optional<TimePoint> write_at_;
  std::optional<TimePoint> trial_ends_;
  std::optional<TimePoint> leaves_at_;
  std::optional<TimePoint> rests_until_;
  std::optional<TimePoint> told_until_;
  OutputQueue<Output> outputs_;
};
static_assert(Machine<TwinWatch>);

}  // namespace ipop::node
