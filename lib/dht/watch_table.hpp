#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/fifo.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "dht/key.hpp"
#include "dht/message.hpp"
#include "dht/record.hpp"

namespace ipop::dht {

/// What is stored under a key, as a number: the owners that hold a living record there, and their
/// values. A renewal with the same value keeps it. nothing_stored where there is none.
std::uint64_t state_of(const std::vector<Record>& records);

/// Whom this node tells about changes of the keys that it keeps: the replica's side of a Watch.
///
/// Soft state: who is not heard of again is forgotten, and nothing is handed over when the ring
/// changes. Notices go out a few at a time, so that a key with a thousand watchers does not flood the
/// links of its replicas. Bounded in all and a watcher; the source of a routed message is not proven,
/// so the second bound only keeps an honest watcher's mistakes small.
class WatchTable {
 public:
  struct Limits {
    std::size_t watchers = 8192;        ///< in all; about 3 MB
    std::size_t a_watcher = 64;         ///< keys of one node
    std::size_t notices = 32;           ///< sent at once
    Duration pause = 20ms;              ///< before the next ones: 1,600 a second
    std::chrono::seconds longest{600};  ///< that a watch lives without a refresh
  };
  struct Outgoing {
    NodeId to{};
    WatchNotice notice{};
  };

  explicit WatchTable(Limits limits) : limits_(limits) {}

  /// A request of `watcher`; `state` is what the key holds. Without a lifetime the watch ends.
  WatchAnswer handle_request(TimePoint now, const NodeId& watcher, const WatchRequest& request, std::uint64_t state);
  [[nodiscard]] bool is_watched(const Key& key) const { return keys_.contains(key); }
  /// The key holds `state` at this moment: its watchers are told unless they know.
  void handle_state(TimePoint now, const Key& key, std::uint64_t state);
  void handle_timeout(TimePoint now);

  std::vector<Outgoing> take_notices() { return std::exchange(notices_, {}); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

 private:
  /// One watch of one node; several of a node under one key are told each.
  using Name = std::pair<NodeId, RequestNumber>;
  struct Watcher {
    std::uint8_t position = 0;
    TimePoint ends{};
    std::uint64_t knows = 0;
    bool queued = false;
  };
  struct Watched {
    std::uint64_t state = 0;
    std::map<Name, Watcher> watchers{};
  };
  using Place = std::pair<Key, Name>;

  void forget(const Place& place);
  void send_some(TimePoint now);

  Limits limits_;
  std::map<Key, Watched> keys_;
  std::map<NodeId, std::size_t> by_node_;
  std::set<std::pair<TimePoint, Place>> ends_;
  Fifo<Place> queue_;
  std::optional<TimePoint> send_at_;
  std::vector<Outgoing> notices_;
};

}  // namespace ipop::dht
