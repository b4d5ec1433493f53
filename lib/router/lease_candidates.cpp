#include "router/lease_candidates.hpp"

#include <algorithm>
#include <utility>

#include "router/lease_record.hpp"

namespace ipop::router {
namespace {

constexpr Duration quarantine_time = std::chrono::hours(1);
// A replica keeps four leases of one owner (S3): three that end by themselves and the one in use.
constexpr std::size_t most_quarantined = 3;
constexpr std::size_t most_avoided = 256;
constexpr unsigned random_draws = 64;
constexpr std::uint32_t most_scanned = 4096;

}  // namespace

bool is_leasable(net::Ipv4Address address, const net::Ipv4Prefix& prefix) {
  const std::uint32_t last = address.value() & 0xffU;
  return prefix.contains(address) && address != prefix.address() && address != prefix.broadcast() &&
         address != prefix.server_address() && last != 0 && last != 255;
}

LeaseCandidates::LeaseCandidates(std::optional<net::Ipv4Prefix> pool, std::optional<LeaseServer> server, Rng& rng)
    : pool_(pool),
      server_(std::move(server)),
      rng_(rng),
      draws_(!server_),
      avoided_(most_avoided),
      quarantined_(most_quarantined) {}

bool LeaseCandidates::may_be_held(const Bytes& name, TimePoint now) const {
  const auto address = pool_ ? address_of(name) : std::nullopt;
  return address && is_leasable(*address, *pool_) && quarantined_.find(name, now) == nullptr;
}

void LeaseCandidates::avoid(TimePoint now, const Bytes& name, Duration time) {
  if (!pool_) return;
  avoided_.put(now, name, {}, now + time);
  if (preferred_ == name) preferred_.reset();
}

bool LeaseCandidates::quarantine(TimePoint now, const Bytes& name) {
  quarantined_.drop_expired(now);
  if (quarantined_.size() >= most_quarantined) return false;
  quarantined_.put(now, name, {}, now + quarantine_time);
  if (pool_ && preferred_ == name) preferred_.reset();
  return true;
}

std::optional<Bytes> LeaseCandidates::next(TimePoint now) {
  if (!preferred_ || !may_be_claimed(*preferred_, now)) preferred_ = draws_ ? draw_address(now) : std::nullopt;
  return preferred_;
}

bool LeaseCandidates::is_avoided(const Bytes& name, TimePoint now) const {
  return avoided_.find(name, now) != nullptr || quarantined_.find(name, now) != nullptr;
}

bool LeaseCandidates::may_be_claimed(const Bytes& name, TimePoint now) const {
  if (!pool_) return true;
  const auto address = address_of(name);
  return address && !is_servers(*address) && !is_avoided(name, now);
}

std::optional<Bytes> LeaseCandidates::draw_address(TimePoint now) {
  if (!pool_ || pool_->length() > 30) return std::nullopt;
  const std::uint32_t first = pool_->address().value();
  const std::uint64_t count = std::uint64_t{pool_->broadcast().value()} - first + 1;
  const auto is_free = [&](net::Ipv4Address address) {
    return is_leasable(address, *pool_) && may_be_claimed(record_name(address), now);
  };
  for (unsigned i = 0; i < random_draws; ++i) {
    const net::Ipv4Address address(static_cast<std::uint32_t>(first + rng_.below(count)));
    if (is_free(address)) return record_name(address);
  }
  // A small pool where most is taken: look at one after the other.
  const std::uint64_t start = rng_.below(count);
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(count, most_scanned); ++i) {
    const net::Ipv4Address address(static_cast<std::uint32_t>(first + (start + i) % count));
    if (is_free(address)) return record_name(address);
  }
  return std::nullopt;
}

}  // namespace ipop::router
