#include "overlay/relaying.hpp"

#include <algorithm>
#include <utility>

#include "overlay/packet.hpp"
#include "overlay/relay.hpp"

namespace ipop::overlay {
namespace {

/// The ends of a pair learn so often that its packets waited or were dropped.
constexpr Duration shaped_every = 1s;

}  // namespace

void Relaying::handle_payloads(TimePoint now, const NodeId& source, std::vector<Bytes> payloads,
                               const std::function<bool(const NodeId&)>& is_direct) {
  // Batches are for one peer almost always; a run of equal destinations is sealed together.
  for (std::size_t begin = 0; begin < payloads.size();) {
    const auto head = decode_relayed(payloads[begin]);
    if (!head) {
      counters_.add("drop_relayed_malformed");
      ++begin;
      continue;
    }
    const NodeId destination = head->other;
    const LinkPayload kind = head->kind;
    std::vector<Bytes> run;
    for (; begin < payloads.size(); ++begin) {
      const auto next = decode_relayed(payloads[begin]);
      if (!next || next->other != destination || next->kind != kind) break;
      rewrite_relayed(payloads[begin], source);
      run.push_back(std::move(payloads[begin]));
    }
    if (destination == source || !is_direct(destination)) {
      counters_.add("drop_relay_unreachable", run.size());
      outputs_.push(Tell{source, Unreachable{destination}});
      continue;
    }
    queue_.put(now, source, destination, std::move(run), kind == LinkPayload::relayed_control);
  }
  pass_on(now);
}

void Relaying::handle_passed(TimePoint now, std::uint64_t packets, std::uint64_t octets) {
  counters_.add("relayed_packets", packets);
  counters_.add("relayed_octets", octets);
  queue_.handle_passed(now, octets);
  look_at_load(now);
}

void Relaying::handle_timeout(TimePoint now) {
  pass_on(now);
  tell_pairs(now);
}

std::optional<TimePoint> Relaying::poll_timeout() const {
  return earliest(tells_at_, queue_.deadline(rest_));
}

void Relaying::pass_on(TimePoint now) {
  if (queue_.is_empty()) return;
  rest_ = lending_.rest(now, rate_.rate());
  std::vector<Passed> passed;
  while (auto batch = queue_.take(now, rest_)) {
    std::size_t octets = 0;
    for (const Bytes& packet : batch->packets)
      octets += packet.size() - RelayedView::header_size;
    counters_.add("relayed_packets", batch->packets.size());
    counters_.add("relayed_octets", octets);
    passed.push_back({batch->source, batch->destination});
    outputs_.push(Pass{batch->source, batch->destination, std::move(batch->packets), batch->has_data,
                       rate_.wants_round_trip(now)});
  }
  if (!queue_.is_empty()) rate_.handle_limiting(now);
  for (const Passed& pair : passed)
    outputs_.push(pair);
  if (queue_.has_reports() && !tells_at_) tells_at_ = now + shaped_every;
  look_at_load(now);
}

void Relaying::tell_pairs(TimePoint now) {
  if (!tells_at_ || *tells_at_ > now) return;
  tells_at_.reset();
  const auto kib = static_cast<std::uint32_t>(std::min<std::uint64_t>(rate_.rate() / 1024, UINT32_MAX));
  for (const RelayQueue::Report& report : queue_.take_reports()) {
    outputs_.push(Tell{report.a, Shaped{report.b, report.counts.delayed, report.counts.dropped, kib}});
    outputs_.push(Tell{report.b, Shaped{report.a, report.counts.delayed, report.counts.dropped, kib}});
  }
}

std::uint64_t Relaying::lend(TimePoint now, const NodeId& source, const NodeId& destination) {
  // While packets wait all of them take their turns here.
  return queue_.is_empty() ? lending_.lend(now, rate_.rate(), source, destination) : 0;
}

void Relaying::look_at_load(TimePoint now) {
  if (now < load_looked_at_ + load_interval) return;
  load_looked_at_ = now;
  const std::uint8_t load = load_to_tell(told_load_, queue_.load(now));
  if (std::exchange(told_load_, load) != load) outputs_.push(LoadChanged{});
}

std::optional<TimePoint> Relaying::next_load() const {
  return told_load_ > 0 ? std::optional(load_looked_at_ + load_interval) : std::nullopt;
}

Counters Relaying::counters() const {
  Counters out = counters_;
  out.add("relay_delayed", queue_.delayed());
  out.add("drop_relay_full", queue_.dropped());
  return out;
}

}  // namespace ipop::overlay
