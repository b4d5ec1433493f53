#include "crypto/channel_table.hpp"

#include <algorithm>
#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
std::string_view to_string(ChannelTable::Ending ending) {
  using Ending = ChannelTable::Ending;
  switch (ending) {
    case Ending::closed_by_us: return "closed by us";
    case Ending::closed_by_peer: return "closed by the peer";
    case Ending::idle: return "idle";
    case Ending::timed_out: return "timed out";
    case Ending::refused: return "refused";
    case Ending::wrong_peer: return "wrong peer";
    case Ending::exhausted: return "exhausted";
    case Ending::revoked: return "revoked";
    case Ending::overtaken: return "another attempt was faster";
  }
  return "unknown";
}

ChannelTable::State::State(Config config, const Basis& basis, HandshakeFactory& handshakes, AeadFactory& aeads,
                           Rng& rng)
    : config_(std::move(config)),
      tag_(tag_of(config_.context)),
      aeads_(aeads),
      rng_(rng),
      admission_(basis, handshakes),
      spis_(rng),
      openings_(config_, admission_, spis_, rng, counters_),
      rekeyings_(config_, admission_, spis_, counters_) {}

void ChannelTable::State::open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected,
                               std::uint64_t tag) {
  openings_.open(now, carrier, expected, tag, channels_.size());
  flush(now);
}

void ChannelTable::State::nudge(TimePoint now, const Carrier& carrier) {
  openings_.nudge(now, carrier);
  flush(now);
}

void ChannelTable::State::handle_packets(TimePoint now, std::span<const Incoming> packets) {
  for (const Incoming& incoming : packets) {
    if (is_handshake(incoming.packet)) {
      handle_handshake_packet(now, incoming.from, incoming.packet);
    } else {
      handle_sealed(now, incoming.from, incoming.packet);
    }
    // The next packet may be for the channel that this one opened.
    carry_out(now);
  }
  flush(now);
}

void ChannelTable::State::handle_timeout(TimePoint now) {
  openings_.handle_timeout(now);
  carry_out(now);
  while (const auto id = channel_deadlines_.take_due(now))
    run_channel_timer(now, *id);
  rekeyings_.handle_timeout(now);
  flush(now);
}

void ChannelTable::State::close(TimePoint now, ChannelId id) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return;
  send_inner(now, it->second, InnerMessage::close, {});
  remove_channel(id);
  flush(now);
}

void ChannelTable::State::move(ChannelId id, const Carrier& carrier) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return;
  set_carrier(it->second, carrier);
}

void ChannelTable::State::drop_all() {
  outputs_.clear();
  for (const auto& [id, channel] : channels_) {
    for (const auto* session : {&channel.current, &channel.next, &channel.previous}) {
      if (*session) close_lanes(**session);
    }
  }
  openings_.drop_all();
  rekeyings_.drop_all();
  spis_.clear();
  channels_.clear();
  channel_deadlines_.clear_all();
}

void ChannelTable::State::end_channel(Channel& channel, Ending why) {
  const ChannelId id = channel.id;
  const NodeId peer = channel.peer;
  remove_channel(id);
  outputs_.emit(Closed{id, peer, why});
}

void ChannelTable::State::remove_channel(ChannelId id) {
  const auto it = channels_.find(id);
  assert(it != channels_.end());
  Channel& channel = it->second;
  for (auto* session : {&channel.current, &channel.next, &channel.previous})
    drop_session(*session);
  if (channel.opening) openings_.forget(*channel.opening);
  rekeyings_.remove(id);
  channel_deadlines_.clear(id);
  channels_.erase(it);
}

void ChannelTable::State::run_channel_timer(TimePoint now, ChannelId id) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return;
  Channel& channel = it->second;
  if (now >= channel.last_payload + config_.limits.idle_close) {
    send_inner(now, channel, InnerMessage::close, {});
    return end_channel(channel, Ending::idle);
  }
  if (channel.previous && now >= channel.previous_until) drop_session(channel.previous);
  ask_elsewhere(now, channel);
  schedule(channel);
}

void ChannelTable::State::schedule(const Channel& channel) {
  channel_deadlines_.set(channel.id, channel.due_at(config_.limits.idle_close));
}

void ChannelTable::State::flush(TimePoint now) {
  carry_out(now);
  while (openings_.has_unsent() || rekeyings_.has_unsent()) {
    openings_.flush(now);
    rekeyings_.flush(now);
    carry_out(now);
  }
  outputs_.flush();
}

std::optional<TimePoint> ChannelTable::State::poll_timeout() const {
  return earliest(channel_deadlines_.next(), earliest(openings_.poll_timeout(), rekeyings_.poll_timeout()));
}

std::optional<ChannelTable::Statistics> ChannelTable::State::statistics(ChannelId id) const {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return std::nullopt;
  return it->second.statistics;
}

ChannelTable::ChannelTable(Config config, const Basis& basis, HandshakeFactory& handshakes, AeadFactory& aeads,
                           Rng& rng)
    : state_(std::make_unique<State>(std::move(config), basis, handshakes, aeads, rng)) {}
ChannelTable::ChannelTable(ChannelTable&&) noexcept = default;
ChannelTable& ChannelTable::operator=(ChannelTable&&) noexcept = default;
ChannelTable::~ChannelTable() = default;

void ChannelTable::handle_trust_changed(TimePoint now) {
  state_->handle_trust_changed(now);
}
void ChannelTable::open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected, std::uint64_t attempt) {
  state_->open(now, carrier, expected, attempt);
}
void ChannelTable::cancel(const Carrier& carrier) {
  state_->cancel(carrier);
}
void ChannelTable::nudge(TimePoint now, const Carrier& carrier) {
  state_->nudge(now, carrier);
}
void ChannelTable::handle_packets(TimePoint now, std::span<const Incoming> packets) {
  state_->handle_packets(now, packets);
}
void ChannelTable::handle_timeout(TimePoint now) {
  state_->handle_timeout(now);
}
Result<void> ChannelTable::seal(TimePoint now, ChannelId id, std::span<const ByteSpan> payloads, Content content) {
  return state_->seal(now, id, payloads, content);
}
void ChannelTable::offer_lanes(TimePoint now, ChannelId id) {
  state_->offer_lanes(now, id);
}
bool ChannelTable::hears_lanes(TimePoint now, ChannelId id) const {
  return state_->hears_lanes(now, id);
}
std::optional<Lanes> ChannelTable::lanes_to(ChannelId id) const {
  return state_->lanes_to(id);
}
void ChannelTable::handle_opened(TimePoint now, Spi lane, std::span<const ByteSpan> packets) {
  state_->handle_opened(now, lane, packets);
}
std::optional<ChannelId> ChannelTable::handle_traffic(TimePoint now, const LaneTraffic& traffic) {
  return state_->handle_traffic(now, traffic);
}
void ChannelTable::close(TimePoint now, ChannelId id) {
  state_->close(now, id);
}
void ChannelTable::move(ChannelId id, const Carrier& carrier) {
  state_->move(id, carrier);
}
void ChannelTable::drop_all() {
  state_->drop_all();
}
std::optional<ChannelTable::Output> ChannelTable::poll_output() {
  return state_->poll_output();
}
std::optional<TimePoint> ChannelTable::poll_timeout() const {
  return state_->poll_timeout();
}
std::optional<ChannelTable::Statistics> ChannelTable::statistics(ChannelId id) const {
  return state_->statistics(id);
}
std::size_t ChannelTable::size() const {
  return state_->size();
}
std::size_t ChannelTable::half_open() const {
  return state_->half_open().size();
}
std::size_t ChannelTable::half_open_working() const {
  return state_->half_open().working();
}
const Counters& ChannelTable::counters() const {
  return state_->counters();
}

}  // namespace ipop::crypto
