#include "dht/shares.hpp"

#include <algorithm>

namespace ipop::dht {

void Shares::remove(const Bringer& by, std::uint64_t number) {
  const auto it = by_bringer_.find(by);
  if (it == by_bringer_.end()) return;
  it->second.erase(number);
  if (it->second.empty()) by_bringer_.erase(it);
}

std::optional<EntryKey> Shares::gives_way(const Bringer& by) const {
  if (by_bringer_.empty()) return std::nullopt;
  const auto most = std::ranges::max_element(by_bringer_, {}, [](const auto& share) { return share.second.size(); });
  const auto own = by_bringer_.find(by);
  const std::size_t has = own == by_bringer_.end() ? 0 : own->second.size();
  // With one more it must not have most: two links would push each other out in turn.
  if (most->second.size() <= has + 1) return std::nullopt;
  return std::prev(most->second.end())->second;
}

}  // namespace ipop::dht
