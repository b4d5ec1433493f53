#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "dht/key.hpp"
#include "dht/message.hpp"
#include "dht/operation.hpp"
#include "dht/replica_set.hpp"

namespace ipop::dht {

/// How a watch is kept alive, and how often it speaks.
struct WatchTimes {
  /// Asked of a replica at a time; it forgets a watcher that it does not hear of for so long.
  static constexpr std::chrono::seconds lifetime{150};
  /// A watcher asks again: one refresh may be lost, and a change that every replica died with is
  /// found after at most so long.
  static constexpr Duration refresh = std::chrono::seconds(60);
  /// Waited after a change of the watcher's own neighbourhood: changes of it come in bursts.
  static constexpr Duration burst = std::chrono::seconds(2);
  /// Between two changes that are told, so that a replica that lies costs a read a second at most.
  static constexpr Duration pause = std::chrono::seconds(1);
};

/// Hears of changes under one key: the watcher's side.
///
/// It asks three of the key's replica positions to tell it, and asks anew every minute, so that whoever
/// is nearest to the position by then knows of it. Which three depends on the watcher: many watchers
/// spread over all positions. Each answer and each notice says what the replica holds (a digest), so
/// what was missed between two refreshes is found by the next one. Nothing of it is trusted: a change
/// is a hint to read with a majority.
class Watch {
 public:
  Watch(const NodeId& self, Key key, unsigned replicas, Duration retry, Rng& rng, TimePoint now);

  [[nodiscard]] bool takes(RequestNumber request) const { return request == request_; }
  void handle_answer(TimePoint now, const WatchAnswer& answer);
  void handle_notice(TimePoint now, const WatchNotice& notice);
  /// The neighbourhood changed: the replicas are asked again soon. `replicas` as in Dht::replicas().
  void handle_ring(TimePoint now, unsigned replicas);
  void handle_timeout(TimePoint now);
  /// Tells the change again, for one more who watches; nothing before the first one.
  void tell_again(TimePoint now);
  /// Asks the replicas to forget it; its last messages.
  void end();

  [[nodiscard]] const Key& key() const { return key_; }
  std::vector<PositionMessage> take_messages() { return std::exchange(messages_, {}); }
  /// True once for each change: at first when the watch stands.
  bool take_change() { return std::exchange(changed_, false); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

 private:
  void refresh(TimePoint now);
  void ask_silent();
  void note(TimePoint now, unsigned position, std::uint64_t state, bool is_notice);
  [[nodiscard]] bool most_are_empty() const;

  Key key_;
  std::size_t first_;  ///< where the watcher's three positions begin
  unsigned replicas_;
  Duration retry_;
  Rng& rng_;
  RequestNumber request_;
  PositionSet asked_{};
  PositionSet silent_{};  ///< of those asked, without an answer since the last refresh
  unsigned attempts_ = 0;
  TimePoint refresh_at_{};
  std::optional<TimePoint> retry_at_;
  std::array<std::optional<std::uint64_t>, max_replicas> states_{};
  std::optional<std::uint64_t> told_;  ///< the state that the watcher was told of
  std::optional<TimePoint> due_;       ///< a change waits to be told
  std::optional<TimePoint> last_told_;
  bool changed_ = false;
  std::vector<PositionMessage> messages_;
};

}  // namespace ipop::dht
