#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "dht/key.hpp"
#include "dht/watch.hpp"

namespace ipop::dht {

/// All that this node watches, by key.
class Watches {
 public:
  static constexpr std::size_t max_watches = 64;  ///< as many as a replica keeps of one node

  struct Outgoing {
    Key key{};
    PositionMessage message{};
  };

  Watches(const NodeId& self, Duration retry, Rng& rng) : self_(self), retry_(retry), rng_(rng) {}

  /// Begins a watch, or tells the change of a standing one again. False when there are too many.
  bool add(TimePoint now, Key key, unsigned replicas);
  void remove(const Key& key);

  void handle_ring(TimePoint now, unsigned replicas);
  /// False when no watch has this number: it has ended, or nobody asked.
  bool handle_answer(TimePoint now, const WatchAnswer& answer);
  bool handle_notice(TimePoint now, const WatchNotice& notice);
  void handle_timeout(TimePoint now);

  std::vector<Outgoing> take_messages();
  /// Keys under which something may have changed, in their order.
  std::vector<Key> take_changes();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

 private:
  Watch* find(RequestNumber request);

  NodeId self_;
  Duration retry_;
  Rng& rng_;
  std::map<Key, Watch> watches_;
  std::vector<Outgoing> last_messages_;  // of watches that ended
};

}  // namespace ipop::dht
