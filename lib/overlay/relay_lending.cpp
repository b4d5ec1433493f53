#include "overlay/relay_lending.hpp"

#include <algorithm>

namespace ipop::overlay {
namespace {

constexpr double most_lent = 0.75;
constexpr double seconds = std::chrono::duration<double>(RelayLending::lent_for).count();

}  // namespace

std::uint64_t RelayLending::lend(TimePoint now, std::uint64_t rate, const NodeId& source, const NodeId& destination) {
  forget_old(now);
  const Pair pair(source, destination);
  const auto known = until_.find(pair);
  if (known != until_.end() && known->second > now) return 0;
  if (known == until_.end()) {
    if (until_.size() >= max_pairs) return 0;
    ++pairs_of_[source];
  }
  const auto all = static_cast<std::uint64_t>(static_cast<double>(rate) * seconds * most_lent);
  const std::uint64_t share = all / pairs_of_.size() / pairs_of_.at(source);
  const std::uint64_t octets = std::min(share, all - std::min(all, lent_));
  // Also where nothing is left: the others' next loans leave room for this pair.
  until_[pair] = now + lent_for;
  running_.push_back({pair, octets, now + lent_for});
  lent_ += octets;
  return octets;
}

std::uint64_t RelayLending::rest(TimePoint now, std::uint64_t rate) {
  forget_old(now);
  const auto lent = static_cast<std::uint64_t>(static_cast<double>(lent_) / seconds);
  // A rate that has fallen since must not stop the queue.
  const auto least = static_cast<std::uint64_t>(static_cast<double>(rate) * (1 - most_lent));
  return std::max(least, rate - std::min(rate, lent));
}

void RelayLending::forget_old(TimePoint now) {
  for (; !running_.empty() && running_.front().until <= now; running_.pop_front()) {
    lent_ -= running_.front().octets;
    ended_.push_back(running_.front());
  }
  for (; !ended_.empty() && ended_.front().until + lent_for <= now; ended_.pop_front()) {
    const Loan& loan = ended_.front();
    const auto it = until_.find(loan.pair);
    if (it == until_.end() || it->second != loan.until) continue;
    until_.erase(it);
    const auto count = pairs_of_.find(loan.pair.first);
    if (--count->second == 0) pairs_of_.erase(count);
  }
}

}  // namespace ipop::overlay
