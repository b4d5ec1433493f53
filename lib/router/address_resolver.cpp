#include "router/address_resolver.hpp"

#include <algorithm>
#include <utility>

#include "router/lease_record.hpp"

namespace ipop::router {
namespace {

// Our choices, in two phases: what is used is checked again, what is not used goes.
constexpr Duration fresh_time = std::chrono::minutes(10);
constexpr Duration unused_time = std::chrono::minutes(10);
constexpr Duration no_owner_time = 5s;  // and up to as much again, so that clients do not ask in step
constexpr Duration failed_look_up_time = 1s;
constexpr Duration refresh_retry = 30s;
constexpr Duration doubt_pause = 5s;
// A member with a new certificate is back on the ring, and its lease renewed, within seconds.
constexpr Duration holder_pause = 2s;
// An operation of the DHT ends by itself after 10 s; this only guards against a lost answer.
constexpr Duration give_up = 15s;

}  // namespace

AddressResolver::AddressResolver(const RecordJudge& judge, Rng& rng)
    : judge_(judge),
      rng_(rng),
      entries_(most_entries),
      asked_(most_asked),
      doubted_(most_asked),
      doubted_holders_(most_doubted_holders) {}

const AddressResolver::Entry& AddressResolver::resolve(TimePoint now, net::Ipv4Address address) {
  static const Entry asking{Knowledge::asking, {}, {}, {}};
  static const Entry unknown{};
  if (Cached* cached = entries_.find(address, now)) {
    if (is_due(now, *cached)) {
      ask(now, address);
      cached->asked_at = now;
      cached->refresh_at = now + refresh_retry;
    }
    return cached->entry;
  }
  return ask(now, address) ? asking : unknown;
}

const AddressResolver::Entry* AddressResolver::find(TimePoint now, net::Ipv4Address address) const {
  const Cached* cached = entries_.find(address, now);
  return cached == nullptr ? nullptr : &cached->entry;
}

bool AddressResolver::doubt(TimePoint now, net::Ipv4Address address) {
  if (doubted_.find(address, now) != nullptr) return asked_.find(address, now) != nullptr;
  doubted_.put(now, address, {}, now + doubt_pause);
  return ask(now, address);
}

void AddressResolver::doubt_holder(TimePoint now, const NodeId& holder) {
  doubted_holders_.put(now, holder, now, now + fresh_time);  // by then all its entries are refreshed anyway
}

void AddressResolver::handle_answer(TimePoint now, net::Ipv4Address address, dht::Outcome outcome,
                                    const std::vector<dht::Record>& records) {
  asked_.erase(address);
  if (outcome == dht::Outcome::done || outcome == dht::Outcome::not_found) {
    const WallTime wall = judge_.wall_at(now);
    const auto best = judge_.prevailing(now, records, record_name(address));
    const auto lease = best ? check_lease(records[*best], judge_.name_space(), wall)
                            : Result<CheckedLease>(Errc::not_found, "no record that counts");
    if (lease) {
      const Duration left = lease->expires - wall;
      remember(now, address, Entry{Knowledge::holder, lease->holder, lease->name, lease->expires},
               std::min(left, fresh_time), std::min(left, fresh_time + unused_time));
    } else {
      const Duration time = no_owner_time + std::chrono::milliseconds(rng_.below(5000));
      remember(now, address, Entry{Knowledge::nobody, {}, {}, {}}, time, time);
    }
  } else if (const Cached* cached = entries_.find(address, now);
             cached == nullptr || cached->entry.knowledge != Knowledge::holder) {
    remember(now, address, Entry{}, failed_look_up_time, failed_look_up_time);
  }
  outputs_.push(Resolved{address});
}

void AddressResolver::handle_timeout(TimePoint now) {
  while (const auto given_up = asked_.take_expired(now))
    outputs_.push(Resolved{given_up->first});
  entries_.drop_expired(now);
  doubted_.drop_expired(now);
  doubted_holders_.drop_expired(now);
}

std::optional<TimePoint> AddressResolver::poll_timeout() const {
  return earliest(asked_.next_end(), entries_.next_end());
}

bool AddressResolver::is_due(TimePoint now, const Cached& cached) const {
  if (cached.refresh_at <= now) return true;
  if (cached.entry.knowledge != Knowledge::holder) return false;
  const TimePoint* doubted = doubted_holders_.find(cached.entry.holder, now);
  return doubted != nullptr && cached.asked_at + holder_pause <= *doubted;
}

bool AddressResolver::ask(TimePoint now, net::Ipv4Address address) {
  if (asked_.find(address, now) != nullptr) return true;
  if (asked_.size() >= most_asked) return false;
  asked_.put(now, address, {}, now + give_up);
  outputs_.push(Ask{address});
  return true;
}

void AddressResolver::remember(TimePoint now, net::Ipv4Address address, Entry entry, Duration fresh, Duration kept) {
  entries_.put(now, address, Cached{std::move(entry), now, now + fresh, now + kept}, now + kept);
}

}  // namespace ipop::router
