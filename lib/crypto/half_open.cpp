#include "crypto/half_open.hpp"

#include <algorithm>
#include <cassert>

namespace ipop::crypto {
namespace {

/// In whole handshakes: one that came just is no heavier than one that came before.
Duration::rep weight(TimePoint now, TimePoint light_at) {
  if (light_at <= now) return 0;
  return (light_at - now + HalfOpen::weighs_for - Duration(1)) / HalfOpen::weighs_for;
}

}  // namespace

void HalfOpen::add(TimePoint now, Spi spi, const Carrier& from) {
  latest_ = now;
  const Carrier name = from.network();
  const auto [entry, is_new] = entries_.try_emplace(spi, Entry{name, ++last_order_, false});
  assert(is_new);
  const auto [it, is_first] = networks_.try_emplace(name);
  Network& network = it->second;
  if (is_first) {
    if (const TimePoint* before = light_at_.find(name, now)) network.light_at = *before;
    light_at_.erase(name);
  }
  network.light_at = std::min(std::max(network.light_at, now) + weighs_for, now + heaviest * weighs_for);
  network.by_age.emplace(entry->second.order, spi);
}

void HalfOpen::set_working(Spi spi) {
  const auto it = entries_.find(spi);
  if (it == entries_.end() || it->second.works) return;
  it->second.works = true;
  ++working_;
}

void HalfOpen::remove(Spi spi) {
  const auto it = entries_.find(spi);
  if (it == entries_.end()) return;
  const Entry entry = it->second;
  if (entry.works) --working_;
  entries_.erase(it);
  Network& network = networks_.at(entry.network);
  network.by_age.erase(entry.order);
  if (!network.by_age.empty()) return;
  light_at_.put(latest_, entry.network, network.light_at, network.light_at);
  networks_.erase(entry.network);
}

void HalfOpen::give_back(Spi spi) {
  const auto it = entries_.find(spi);
  if (it == entries_.end()) return;
  networks_.at(it->second.network).light_at -= weighs_for;
  remove(spi);
}

void HalfOpen::clear() {
  entries_.clear();
  networks_.clear();
  light_at_.clear();
  working_ = 0;
}

std::optional<Spi> HalfOpen::one_too_many(TimePoint now) const {
  const bool too_many_work = working_ > limits_.working;
  if (!too_many_work && entries_.size() <= limits_.all) return std::nullopt;
  const Network* fullest = nullptr;
  Duration::rep most = 0;
  std::uint64_t order = 0;
  for (const auto& [name, network] : networks_) {
    const auto first = oldest(network, too_many_work);
    if (!first) continue;
    const auto heavy = weight(now, network.light_at);
    if (fullest != nullptr && (heavy < most || (heavy == most && *first > order))) continue;
    fullest = &network;
    most = heavy;
    order = *first;
  }
  assert(fullest != nullptr);
  return fullest->by_age.at(order);
}

std::optional<std::uint64_t> HalfOpen::oldest(const Network& network, bool only_working) const {
  const auto it = std::ranges::find_if(
      network.by_age, [&](const auto& member) { return !only_working || entries_.at(member.second).works; });
  if (it == network.by_age.end()) return std::nullopt;
  return it->first;
}

}  // namespace ipop::crypto
