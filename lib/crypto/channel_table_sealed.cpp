// ChannelTable::State: sealed packets.

#include <algorithm>
#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// A hint says nothing that has to be known sooner, and one a second is no load for a victim.
constexpr Duration hint_interval = 1s;

}  // namespace

Bytes encode_inner(InnerMessage type, ByteSpan body) {
  Bytes out;
  out.reserve(2 + body.size());
  ByteWriter writer(out);
  writer.write(std::uint8_t{0});
  writer.write(static_cast<std::uint8_t>(type));
  writer.write(body);
  return out;
}

void ChannelTable::State::handle_sealed(TimePoint now, const Carrier& from, ByteSpan packet) {
  if (packet.size() < Session::overhead) return counters_.add("drop_channel_truncated");
  const Spi spi{ByteReader(packet).read<std::uint32_t>()};
  if (spi.value < first_spi) return counters_.add("drop_channel_reserved_spi");
  Channel* const receiver = spis_.channel_at(spi);
  if (receiver == nullptr) {
    // What is for a lane comes here while nobody has it, or has it any more; the peer's next packet of the channel
    // itself is the one to answer.
    if (is_lane(spi) && spis_.channel_at(session_of(spi)) != nullptr) return counters_.add("drop_channel_lane");
    return handle_unknown_spi(now, from, spi, packet);
  }
  Channel& channel = *receiver;
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
  note_authenticated(now, channel, *session, 1);
  if (from != channel.carrier) note_elsewhere(now, channel, from, is_newest, packet.size());
  if (plaintext.empty()) return counters_.add("drop_channel_empty");
  if (plaintext.front() == std::byte{0}) return handle_inner(now, channel, *session, from, plaintext);
  channel.statistics.octets_received += plaintext.size();
  receive(now, channel, std::move(plaintext));
}

void ChannelTable::State::receive(TimePoint now, Channel& channel, Bytes payload) {
  channel.last_payload = now;
  outputs_.receive(channel.id, std::move(payload));
}

void ChannelTable::State::handle_unknown_spi(TimePoint now, const Carrier& from, Spi spi, ByteSpan packet) {
  if (openings_.expects(spi, from)) {
    if (!spis_.park(spi, packet)) counters_.add("drop_channel_early");
    return;
  }
  counters_.add("drop_channel_unknown_spi");
  if (last_hint_sent_ && now < *last_hint_sent_ + hint_interval) return;
  Bytes hint;
  encode(tag_, HintMessage{spi}, hint);
  if (hint.size() > packet.size()) return;
  last_hint_sent_ = now;
  counters_.add("channel_hint_sent");
  outputs_.transmit(from, std::move(hint));
}

void ChannelTable::State::note_authenticated(TimePoint now, Channel& channel, const Session& session,
                                             std::uint64_t packets) {
  channel.note_received(now, packets);
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
      return rekeyings_.handle_frame(now, channel.id, *frame);
    }
    case InnerMessage::close: return end_channel(channel, Ending::closed_by_peer);
    case InnerMessage::confirm: return;  // its being authenticated was the message
    case InnerMessage::path_challenge: return handle_path_challenge(now, channel, from, body);
    case InnerMessage::path_response: return handle_path_response(channel, body);
    case InnerMessage::lanes: return handle_lanes(now, channel, session, body);
  }
  counters_.add("drop_channel_inner_unknown");
}

bool ChannelTable::State::send_inner(TimePoint now, Channel& channel, InnerMessage type, ByteSpan body) {
  return send_inner_to(now, channel, channel.carrier, type, body);
}

bool ChannelTable::State::send_inner_to(TimePoint now, Channel& channel, const Carrier& to, InnerMessage type,
                                        ByteSpan body) {
  Bytes packet;
  if (!channel.current->seal(encode_inner(type, body), packet)) return false;
  channel.note_sent(now, 1);
  outputs_.transmit(to, std::move(packet));
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
      if (!out.packets.empty()) outputs_.emit(std::move(out));
      end_channel(channel, Ending::exhausted);
      return sealed;
    }
    channel.statistics.octets_sent += payload.size();
    ++channel.statistics.packets_sent;
  }
  channel.statistics.last_sent = now;
  channel.last_payload = now;
  if (!out.packets.empty()) outputs_.emit(std::move(out));
  rekeyings_.handle_sealed(now, id, channel.current->packets_sent());
  return {};
}

}  // namespace ipop::crypto
