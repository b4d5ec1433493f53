#include "pings/ping_prober.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "net/icmp.hpp"

namespace ipop::pings {

PingProber::PingProber(TimePoint now, const std::vector<net::Ipv4Address>& targets, std::uint16_t identifier,
                       const Settings& settings, Rng& rng)
    : targets_(targets),
      identifier_(identifier),
      settings_(settings),
      requests_(targets.size() * pings_a_run),
      next_send_(now),
      last_end_(now) {
  assert(targets.size() <= max_targets && settings.per_second > 0 && settings.wait <= max_round_trip);
  for (Request& request : requests_)
    request.token = rng.next();
  for (std::size_t i = 0; i < targets_.size(); ++i)
    due_.push_back({now, i, 0});
  // Fisher and Yates.
  for (std::size_t i = due_.size(); i > 1; --i)
    std::swap(due_[i - 1], due_[rng.below(i)]);
}

void PingProber::handle_message(TimePoint now, net::Ipv4Address from, ByteSpan message) {
  const auto echo = net::decode_icmp_echo(message);
  if (!echo) return counters_.add("drop_ping_malformed");
  const std::size_t number = echo->sequence_number;
  if (!echo->is_reply || echo->identifier != identifier_ || number >= requests_.size())
    return counters_.add("drop_ping_foreign");
  Request& request = requests_[number];
  ByteReader data(echo->data);
  const auto token = data.read<std::uint64_t>();
  const bool own = request.sent && targets_[number / pings_a_run] == from && data.ok() && token == request.token &&
                   echo->data.size() == data_octets;
  if (!own) return counters_.add("drop_ping_foreign");
  if (request.round_trip) return counters_.add("drop_ping_repeated");
  if (now - *request.sent > settings_.wait) return counters_.add("drop_ping_late");
  request.round_trip = now - *request.sent;
  ++received_;
}

void PingProber::handle_timeout(TimePoint now) {
  while (!due_.empty() && due_.front().not_before <= now && next_send_ <= now) {
    const Due due = due_.front();
    due_.pop_front();
    send(now, due);
    // Requests wait equally long for their turn, so the queue stays in the order of time.
    if (due.number + 1 < pings_a_run) due_.push_back({now + settings_.pause, due.target, due.number + 1});
    // From now, not from when it was due: what was missed is not made up for in a burst.
    next_send_ = now + Duration(1s) / settings_.per_second;
  }
  if (due_.empty() && now >= last_end_) over_ = true;
}

void PingProber::send(TimePoint now, const Due& due) {
  const std::size_t number = due.target * pings_a_run + due.number;
  Request& request = requests_[number];
  request.sent = now;
  last_end_ = now + settings_.wait;
  ++sent_;
  Bytes data;
  ByteWriter writer(data);
  writer.write(request.token);
  writer.write_zeros(data_octets - data.size());
  Send out{targets_[due.target], {}};
  net::encode(net::IcmpEcho{false, identifier_, static_cast<std::uint16_t>(number), data}, out.message);
  outputs_.push(std::move(out));
}

std::optional<TimePoint> PingProber::poll_timeout() const {
  if (!due_.empty()) return std::max(next_send_, due_.front().not_before);
  if (over_ || received_ == requests_.size()) return std::nullopt;
  return last_end_;
}

std::vector<PingProber::Tally> PingProber::tallies() const {
  using std::chrono::microseconds;
  std::vector<Tally> out;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Tally tally{targets_[i], 0, std::nullopt};
    RoundTrips times;
    microseconds sum{};
    for (std::size_t k = 0; k < pings_a_run; ++k) {
      const auto& round_trip = requests_[i * pings_a_run + k].round_trip;
      if (!round_trip) continue;
      const auto time = std::chrono::duration_cast<microseconds>(*round_trip);
      times.least = tally.received == 0 ? time : std::min(times.least, time);
      times.most = std::max(times.most, time);
      sum += time;
      ++tally.received;
    }
    if (tally.received > 0) {
      times.mean = sum / tally.received;
      tally.round_trips = times;
    }
    out.push_back(tally);
  }
  return out;
}

}  // namespace ipop::pings
