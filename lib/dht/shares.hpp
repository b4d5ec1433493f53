#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/node_id.hpp"
#include "dht/key.hpp"

namespace ipop::dht {

/// Who brought what a bounded table holds, by the link that it came over: owners cost nothing in an open group,
/// and the source of a message can be invented.
///
/// When the table is full, the link that brought most makes room for the others, and what it brought last goes
/// first. So what was there before a flood stays, and a flood crowds out itself.
class Shares {
 public:
  /// `number`: of the arrival, rising.
  void add(const NodeId& hop, std::uint64_t number, const EntryKey& key) { by_hop_[hop].emplace(number, key); }
  void remove(const NodeId& hop, std::uint64_t number);
  /// What makes room for one more that comes over `hop`; none when that link would have most itself.
  [[nodiscard]] std::optional<EntryKey> gives_way(const NodeId& hop) const;

 private:
  std::map<NodeId, std::map<std::uint64_t, EntryKey>> by_hop_;  // no link without an entry
};

}  // namespace ipop::dht
