#include "crypto/channel_table.hpp"

#include <algorithm>
#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// A hint says nothing that has to be known sooner, and one a second is no load for a victim.
constexpr Duration hint_interval = 1s;
// Sealed packets that overtake the end of a handshake: a first burst fits, a flood does not.
constexpr std::size_t parked_per_attempt = 8;
constexpr std::size_t parked_in_all = 256;
constexpr std::size_t parked_octets = 2048;

}  // namespace

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

ChannelTable::State::State(Config config, HandshakeFactory& handshakes, AeadFactory& aeads, Rng& rng)
    : config_(std::move(config)),
      handshakes_(handshakes),
      aeads_(aeads),
      rng_(rng),
      cookies_(rng),
      half_open_(config_.limits.half_open) {
  const Digest256 digest_of_context = sha256(config_.context);
  std::copy_n(digest_of_context.begin(), tag_.size(), tag_.begin());
}

void ChannelTable::State::handle_wall_time(TimePoint now, WallTime wall_time) {
  wall_ = {now, wall_time};
}

WallTime ChannelTable::State::wall(TimePoint now) const {
  if (!wall_) return {};
  return wall_->second + std::chrono::duration_cast<std::chrono::seconds>(now - wall_->first);
}

void ChannelTable::State::handle_packets(TimePoint now, std::span<const Incoming> packets) {
  for (const Incoming& incoming : packets) {
    if (is_handshake(incoming.packet)) {
      handle_handshake_packet(now, incoming.from, incoming.packet);
    } else {
      handle_sealed(now, incoming.from, incoming.packet);
    }
  }
  flush(now);
}

void ChannelTable::State::handle_timeout(TimePoint now) {
  while (const auto spi = attempt_deadlines_.take_due(now))
    run_attempt_timer(now, *spi);
  while (const auto id = channel_deadlines_.take_due(now))
    run_channel_timer(now, *id);
  flush(now);
}

void ChannelTable::State::handle_sealed(TimePoint now, const Carrier& from, ByteSpan packet) {
  if (packet.size() < Session::overhead) return counters_.add("drop_channel_truncated");
  const Spi spi{ByteReader(packet).read<std::uint32_t>()};
  if (spi.value < first_spi) return counters_.add("drop_channel_reserved_spi");
  const auto receiver = receivers_.find(spi);
  if (receiver == receivers_.end()) {
    // What is for a lane comes here while nobody has it, or has it any more; the peer's next packet of the channel
    // itself is the one to answer.
    if (is_lane(spi) && receivers_.contains(session_of(spi))) return counters_.add("drop_channel_lane");
    return handle_unknown_spi(now, from, spi, packet);
  }
  Channel& channel = *receiver->second;
  Session* session = channel.session_at(spi);
  assert(session != nullptr);

  Bytes plaintext;
  const auto opened = session->open(packet, plaintext);
  switch (opened.verdict) {
    case Session::Verdict::accepted: break;
    case Session::Verdict::truncated: return counters_.add("drop_channel_truncated");
    case Session::Verdict::replayed: return counters_.add("drop_channel_replayed");
    case Session::Verdict::bad_tag: return counters_.add("drop_channel_bad_tag");
  }
  // Packets under old keys are late ones.
  const bool is_newest = opened.is_newest && session != channel.previous.get();
  note_authenticated(now, channel, *session);
  if (from != channel.carrier) note_elsewhere(now, channel, from, is_newest, packet.size());
  if (plaintext.empty()) return counters_.add("drop_channel_empty");
  if (plaintext.front() == std::byte{0}) return handle_inner(now, channel, *session, from, plaintext);
  channel.statistics.octets_received += plaintext.size();
  receive(now, channel, std::move(plaintext));
}

void ChannelTable::State::receive(TimePoint now, Channel& channel, Bytes payload) {
  channel.last_payload = now;
  // A batch is mostly of one peer; a few peers are found by looking back.
  const auto open_group = std::ranges::find(received_, channel.id, &Received::id);
  if (open_group != received_.end()) {
    open_group->payloads.push_back(std::move(payload));
  } else {
    Received& group = received_.emplace_back();
    group.id = channel.id;
    group.payloads.push_back(std::move(payload));
  }
}

void ChannelTable::State::handle_unknown_spi(TimePoint now, const Carrier& from, Spi spi, ByteSpan packet) {
  const auto attempt = attempts_.find(spi);
  if (attempt != attempts_.end() && attempt->second.stage == Attempt::Stage::running &&
      attempt->second.carrier == from) {
    Attempt& running = attempt->second;
    if (running.parked.size() >= parked_per_attempt || parked_ >= parked_in_all || packet.size() > parked_octets) {
      return counters_.add("drop_channel_early");
    }
    running.parked.push_back(to_bytes(packet));
    ++parked_;
    return;
  }
  counters_.add("drop_channel_unknown_spi");
  if (last_hint_sent_ && now < *last_hint_sent_ + hint_interval) return;
  Bytes hint;
  encode(tag_, HintMessage{spi}, hint);
  if (hint.size() > packet.size()) return;
  last_hint_sent_ = now;
  counters_.add("channel_hint_sent");
  transmit(from, std::move(hint));
}

void ChannelTable::State::note_authenticated(TimePoint now, Channel& channel, const Session& session) {
  channel.statistics.last_received = now;
  ++channel.statistics.packets_received;
  if (channel.unconfirmed && *channel.unconfirmed == session.receive_at()) confirm(now, channel);
}

void ChannelTable::State::handle_inner(TimePoint now, Channel& channel, Session& session, const Carrier& from,
                                       ByteSpan plaintext) {
  ByteReader in(plaintext.subspan(1));
  const auto type = in.read<std::uint8_t>();
  const ByteSpan body = in.take_rest();
  if (!in.ok()) return counters_.add("drop_channel_inner_truncated");
  switch (static_cast<InnerMessage>(type)) {
    case InnerMessage::frame: {
      auto frame = decode_frame_body(body);
      if (!frame) return counters_.add("drop_channel_inner_malformed");
      return handle_rekey_frame(now, channel, *frame);
    }
    case InnerMessage::close: return end_channel(channel, Ending::closed_by_peer);
    case InnerMessage::confirm: return;  // its being authenticated was the message
    case InnerMessage::path_challenge: return handle_path_challenge(now, channel, from, body);
    case InnerMessage::path_response: return handle_path_response(channel, body);
    case InnerMessage::lane:
      if (!session.lane) break;
      lend_lane(channel, session);
      session.lane->peer_takes = true;
      return;
  }
  counters_.add("drop_channel_inner_unknown");
}

bool ChannelTable::State::send_inner(TimePoint now, Channel& channel, InnerMessage type, ByteSpan body) {
  return send_inner_to(now, channel, channel.carrier, type, body);
}

bool ChannelTable::State::send_inner_to(TimePoint now, Channel& channel, const Carrier& to, InnerMessage type,
                                        ByteSpan body) {
  Bytes plaintext;
  plaintext.reserve(2 + body.size());
  ByteWriter out(plaintext);
  out.write(std::uint8_t{0});
  out.write(static_cast<std::uint8_t>(type));
  out.write(body);
  Bytes packet;
  if (!channel.current->seal(plaintext, packet)) return false;
  channel.statistics.last_sent = now;
  ++channel.statistics.packets_sent;
  transmit(to, std::move(packet));
  return true;
}

Result<void> ChannelTable::State::seal(TimePoint now, ChannelId id, std::span<const ByteSpan> payloads,
                                       Content content) {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return Result<void>(Errc::not_found, "channel");
  Channel& channel = it->second;
  Transmit out;
  out.to = channel.carrier;
  out.content = content;
  out.packets.reserve(payloads.size());
  for (const ByteSpan payload : payloads) {
    // Zero marks the table's own messages.
    assert(!payload.empty() && payload.front() != std::byte{0});
    auto sealed = channel.current->seal(payload, out.packets.emplace_back());
    if (!sealed) {
      out.packets.pop_back();
      if (!out.packets.empty()) emit(std::move(out));
      end_channel(channel, Ending::exhausted);
      return sealed;
    }
    channel.statistics.octets_sent += payload.size();
    ++channel.statistics.packets_sent;
  }
  channel.statistics.last_sent = now;
  channel.last_payload = now;
  if (!out.packets.empty()) emit(std::move(out));
  rekey_if_used_up(now, channel, channel.current->packets_sent());
  return {};
}

void ChannelTable::State::rekey_if_used_up(TimePoint now, Channel& channel, std::uint64_t packets) {
  if (packets < config_.limits.rekey_packets || channel.rekey || now >= channel.rekey_at || channel.rekey_failures != 0)
    return;
  channel.rekey_at = now;
  schedule(channel);
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
  std::vector<Spi> lanes;
  for (const auto& [id, channel] : channels_) {
    for (const auto* session : {&channel.current, &channel.next, &channel.previous}) {
      if (*session && (*session)->lane && (*session)->lane->is_lent) lanes.push_back(lane_of((*session)->receive_at()));
    }
  }
  attempts_.clear();
  asked_.clear();
  by_remote_.clear();
  attempt_deadlines_.clear_all();
  dirty_.clear();
  half_open_.clear();
  parked_ = 0;
  channels_.clear();
  receivers_.clear();
  channel_deadlines_.clear_all();
  received_.clear();
  transmits_.clear();
  outputs_.clear();
  for (const Spi lane : lanes)
    outputs_.push(LaneClosed{lane});
  // A clone would accept the cookies of its twin.
  cookies_.reset();
}

void ChannelTable::State::end_channel(Channel& channel, Ending why) {
  const ChannelId id = channel.id;
  const NodeId peer = channel.peer;
  remove_channel(id);
  emit(Closed{id, peer, why});
}

void ChannelTable::State::remove_channel(ChannelId id) {
  const auto it = channels_.find(id);
  assert(it != channels_.end());
  Channel& channel = it->second;
  for (auto* session : {&channel.current, &channel.next, &channel.previous})
    drop_session(*session);
  if (channel.unconfirmed) remove_attempt(*channel.unconfirmed);
  if (channel.rekey) remove_attempt(*channel.rekey);
  if (channel.lingering) remove_attempt(*channel.lingering);
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
  if (!channel.rekey && now >= channel.rekey_at) return start_rekey(now, channel);
  schedule(channel);
}

void ChannelTable::State::schedule(const Channel& channel) {
  TimePoint when = channel.last_payload + config_.limits.idle_close;
  if (channel.previous) when = std::min(when, channel.previous_until);
  if (!channel.rekey) when = std::min(when, channel.rekey_at);
  if (channel.elsewhere) when = std::min({when, channel.elsewhere->ask_at, channel.elsewhere->give_up});
  channel_deadlines_.set(channel.id, when);
}

void ChannelTable::State::transmit(const Carrier& to, Bytes packet) {
  if (transmits_.empty() || transmits_.back().to != to) {
    Transmit& group = transmits_.emplace_back();
    group.to = to;
  }
  transmits_.back().packets.push_back(std::move(packet));
}

void ChannelTable::State::emit(Output output) {
  // What a channel received comes before news about it.
  flush_received();
  outputs_.push(std::move(output));
}

void ChannelTable::State::flush(TimePoint now) {
  while (!dirty_.empty()) {
    const auto dirty = std::exchange(dirty_, {});
    for (const Spi spi : dirty) {
      const auto it = attempts_.find(spi);
      if (it == attempts_.end() || !it->second.is_dirty) continue;
      it->second.is_dirty = false;
      flush_attempt(now, it->second);
    }
  }
  flush_received();
  for (Transmit& group : transmits_)
    outputs_.push(std::move(group));
  transmits_.clear();
}

void ChannelTable::State::flush_received() {
  for (Received& group : received_)
    outputs_.push(std::move(group));
  received_.clear();
}

std::optional<ChannelTable::Output> ChannelTable::State::poll_output() {
  return outputs_.poll();
}

std::optional<TimePoint> ChannelTable::State::poll_timeout() const {
  return earliest(attempt_deadlines_.next(), channel_deadlines_.next());
}

std::optional<ChannelTable::Statistics> ChannelTable::State::statistics(ChannelId id) const {
  const auto it = channels_.find(id);
  if (it == channels_.end()) return std::nullopt;
  return it->second.statistics;
}

ChannelTable::ChannelTable(Config config, HandshakeFactory& handshakes, AeadFactory& aeads, Rng& rng)
    : state_(std::make_unique<State>(std::move(config), handshakes, aeads, rng)) {}
ChannelTable::ChannelTable(ChannelTable&&) noexcept = default;
ChannelTable& ChannelTable::operator=(ChannelTable&&) noexcept = default;
ChannelTable::~ChannelTable() = default;

void ChannelTable::handle_wall_time(TimePoint now, WallTime wall) {
  state_->handle_wall_time(now, wall);
}
void ChannelTable::handle_trust(TimePoint now, std::shared_ptr<const TrustStore> trust) {
  state_->handle_trust(now, std::move(trust));
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
void ChannelTable::offer_lane(TimePoint now, ChannelId id) {
  state_->offer_lane(now, id);
}
bool ChannelTable::hears_lane(TimePoint now, ChannelId id) const {
  return state_->hears_lane(now, id);
}
std::optional<Spi> ChannelTable::lane_to(ChannelId id) const {
  return state_->lane_to(id);
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
