#include "overlay/relay_rate.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {
namespace {

/// Twice as much each time finds a line of 100 Mbit/s in two seconds; a tenth does not flood one that was found.
constexpr double grows_at_first = 2.0;
constexpr double grows_later = 1.1;
/// What queued up drains meanwhile, and new round trips are measured.
constexpr Duration full_line_pause = 1500ms;
/// A line that is still full carries less than was put on it.
constexpr double falls = 0.5;
/// Ten times what a process like this one passes on: no number grows for ever.
constexpr double most_of_all = 10e9;

}  // namespace

RelayRate::RelayRate(unsigned share, std::uint64_t most)
    : share_(std::clamp(share, 1U, 100U)), most_(most), rate_(most == 0 ? first : std::min(first, most)) {}

void RelayRate::set(double rate) {
  const double bound = most_ == 0 ? most_of_all : static_cast<double>(most_);
  // A person may want less than the least.
  rate_ = static_cast<std::uint64_t>(std::min(std::max(rate, static_cast<double>(least)), bound));
}

void RelayRate::handle_sent(TimePoint now, std::size_t octets) {
  if (now >= second_ + 1s) {
    const bool quiet = now >= second_ + 2s;
    sent_before_ = quiet ? 0 : sent_last_;
    sent_last_ = quiet ? 0 : sent_in_it_;
    sent_in_it_ = 0;
    second_ = now;
  }
  sent_in_it_ += octets;
}

void RelayRate::handle_limiting(TimePoint now) {
  if (now < grown_ + grows_every) return;
  if (rate_before_) {
    // Pings that were lost look like a line that is full, and like a peer that is gone: back to what was good.
    if (now < grown_ + shown_within) return;
    set(static_cast<double>(*std::exchange(rate_before_, std::nullopt)));
    grown_ = now;
    return;
  }
  const bool known = line_.has_value();
  if (known && now < line_seen_ + line_known_for) return;
  grown_ = now;
  asked_ = now;
  rate_before_ = rate_;
  set(static_cast<double>(rate_) * (known ? grows_later : grows_at_first));
}

bool RelayRate::wants_round_trip(TimePoint now) {
  if (!rate_before_ || now < asked_ + asks_every) return false;
  asked_ = now;
  return true;
}

void RelayRate::handle_round_trip(TimePoint now, const NodeId& link, Duration measured, bool relaying) {
  if (trips_.size() >= max_links && !trips_.contains(link)) {
    erase_if(trips_, [&](const auto& entry) { return entry.second.measured + shortest_lives <= now; });
    if (trips_.size() >= max_links) return;
  }
  Trips& trips = trips_[link];
  if (trips.shortest == Duration::zero() || now >= trips.since + shortest_lives) {
    trips.shortest_before = trips.shortest;
    trips.shortest = measured;
    trips.since = now;
  }
  trips.shortest = std::min(trips.shortest, measured);
  trips.latest = measured;
  trips.measured = now;
  trips.relaying = relaying;
  if (relaying) relayed_ = now;
  if (!trips.is_long()) trips.at_full.reset();
  if (is_line_full(now)) {
    handle_full_line(now);
  } else if (relaying && !trips.is_long() && now - measured >= grown_ + asks_every) {
    // It went out when what is too much would have queued up.
    rate_before_.reset();
  }
}

bool RelayRate::is_line_full(TimePoint now) const {
  // Most nodes relay nothing, most of the time.
  if (relayed_ + measure_lives <= now) return false;
  std::size_t asked = 0;
  std::size_t slow = 0;
  for (const auto& [link, trips] : trips_) {
    if (!trips.relaying || trips.measured + measure_lives <= now) continue;
    ++asked;
    // One that becomes shorter shows that what had queued up drains.
    if (trips.is_long() && (!trips.at_full || trips.latest > *trips.at_full * 9 / 10)) ++slow;
  }
  // One slow peer is his own affair; what all of them have in common is this node's line.
  return 2 * slow > asked;
}

bool RelayRate::Trips::is_long() const {
  return latest > (shortest_before == Duration::zero() ? shortest : std::min(shortest, shortest_before)) + queued;
}

void RelayRate::handle_full_line(TimePoint now) {
  if (line_ && now < line_seen_ + full_line_pause) return;
  const std::uint64_t busiest = std::max({sent_before_, sent_last_, sent_in_it_});
  const bool again = line_ && now < line_seen_ + line_known_for;
  line_ = again ? std::min(busiest, static_cast<std::uint64_t>(falls * static_cast<double>(*line_))) : busiest;
  line_seen_ = now;
  rate_before_.reset();
  for (auto& [link, trips] : trips_) {
    if (trips.is_long()) trips.at_full = trips.latest;
  }
  set(static_cast<double>(*line_) * share_ / 100.0);
}

}  // namespace ipop::overlay
