#include "overlay/status_exchange.hpp"

#include <algorithm>
#include <utility>

namespace ipop::overlay {

void StatusExchange::handle_own(TimePoint now, Status status, Duration waits) {
  status.sequence = latest_.sequence;
  const bool is_new = status != latest_;
  if (is_new && waits > Duration{} && !has_waited(now)) {
    list_due_ = earliest(list_due_, now + waits);
    return;
  }
  list_due_.reset();
  names_lost_ = false;
  if (!is_new) return;
  ++status.sequence;
  status.neighbours.shrink_to_fit();
  latest_ = std::move(status);
  tries_ = 0;
  due_ = last_sent_ == TimePoint{} ? now : std::max(now, last_sent_ + pause);
  pending_ = true;
}

void StatusExchange::handle_lost(const NodeId& id) {
  names_lost_ = names_lost_ || std::ranges::find(latest_.neighbours, id) != latest_.neighbours.end();
}

void StatusExchange::tell_again(TimePoint now) {
  pending_ = true;
  tries_ = 0;
  due_ = now;
}

bool StatusExchange::handle_status(TimePoint now, crypto::ChannelId channel, const Status& status) {
  const bool is_newer = status.sequence > heard_;
  heard_ = std::max(heard_, status.sequence);
  ack_over_ = channel;
  // Of one that comes again the acknowledgement was lost, or is late.
  ack_due_ = is_newer ? earliest(ack_due_, now + ack_waits) : now;
  return is_newer;
}

void StatusExchange::handle_restart() {
  heard_ = 0;
  ack_due_.reset();
}

std::optional<Status> StatusExchange::take_status(TimePoint now) {
  if (!pending_ || !due_ || *due_ > now) return std::nullopt;
  constexpr unsigned doublings = 2;
  static_assert(retry_first * (1U << doublings) == retry_longest);
  last_sent_ = now;
  due_ = now + retry_first * (1U << std::min(tries_, doublings));
  ++tries_;
  return latest_;
}

std::optional<StatusExchange::Ack> StatusExchange::take_ack(TimePoint now) {
  if (!ack_due_ || *ack_due_ > now) return std::nullopt;
  ack_due_.reset();
  return Ack{ack_over_, StatusAck{heard_}};
}

}  // namespace ipop::overlay
