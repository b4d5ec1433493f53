#include "dht/shares.hpp"

#include <algorithm>

namespace ipop::dht {

void Shares::remove(const Bringer& by, std::uint64_t number) {
  const auto it = by_bringer_.find(by);
  if (it == by_bringer_.end()) return;
  it->second.erase(number);
  if (it->second.empty()) by_bringer_.erase(it);
}

std::size_t Shares::size() const {
  std::size_t out = 0;
  for (const auto& [bringer, share] : by_bringer_)
    out += share.size();
  return out;
}

std::size_t Shares::size_of(const Bringer& by) const {
  const auto it = by_bringer_.find(by);
  return it == by_bringer_.end() ? 0 : it->second.size();
}

std::optional<EntryKey> Shares::gives_way(const Bringer& by) const {
  if (by_bringer_.empty()) return std::nullopt;
  const auto most = std::ranges::max_element(by_bringer_, {}, [](const auto& share) { return share.second.size(); });
  // With one more it must not have most: two links would push each other out in turn.
  if (most->second.size() <= size_of(by) + 1) return std::nullopt;
  return *std::prev(most->second.end())->second;
}

}  // namespace ipop::dht
