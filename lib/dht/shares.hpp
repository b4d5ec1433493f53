#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/node_id.hpp"
#include "dht/key.hpp"

namespace ipop::dht {

/// Who brought a record, as far as that is sure: owners cost nothing in an open group, and the source of a message can
/// be invented.
struct Bringer {
  NodeId hop{};            ///< the link that it came over first
  bool is_handed = false;  ///< by a replica, without its owner's asking

  friend auto operator<=>(const Bringer&, const Bringer&) = default;
};

/// How much of a bounded table each one brought. What replicas hand over counts apart from what owners ask for: of a
/// flood the honest ones hand each other copies, which would take the room of the owners behind the same links.
///
/// When the table is full, who brought most makes room for the others, and what he brought last goes first. So what
/// was there before a flood stays, and a flood crowds out itself.
class Shares {
 public:
  /// `number`: of the arrival, rising. The key stays where it is until it is removed here.
  void add(const Bringer& by, std::uint64_t number, const EntryKey& key) { by_bringer_[by].emplace(number, &key); }
  void remove(const Bringer& by, std::uint64_t number);
  [[nodiscard]] std::size_t size() const;
  /// How many of them `by` brought.
  [[nodiscard]] std::size_t size_of(const Bringer& by) const;
  /// What makes room for one more that `by` brings; none when he would have most itself.
  [[nodiscard]] std::optional<EntryKey> gives_way(const Bringer& by) const;

 private:
  std::map<Bringer, std::map<std::uint64_t, const EntryKey*>> by_bringer_;  // nobody without an entry
};

}  // namespace ipop::dht
