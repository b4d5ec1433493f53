// ChannelTable::State: what handshakes say and bring.

#include <algorithm>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// How often one answered hint may start a probe, and how long a channel must be silent before a
// hint about it is believed: a peer that still sends has not lost its state.
constexpr Duration probe_interval = 10s;
constexpr Duration probe_silence = 2s;
// A hint costs a look at every channel.
constexpr Duration hint_hearing_interval = 100ms;

/// What counts a handshake message that can't be read.
const char* counter_of(const Error& error) {
  if (error.code == Errc::not_authorized) return "drop_handshake_other_context";
  if (error.code == Errc::unsupported) return "drop_handshake_unsupported";
  if (error.code == Errc::truncated) return "drop_handshake_truncated";
  return "drop_handshake_malformed";
}

}  // namespace

void ChannelTable::State::handle_handshake_packet(TimePoint now, const Carrier& from, ByteSpan packet) {
  const auto message = decode_handshake_message(tag_, packet);
  if (!message) return counters_.add(counter_of(message.error()));
  std::visit(Overloaded{
                 [&](const InitMessage& init) { openings_.handle_init(now, from, init); },
                 [&](const CookieMessage& cookie) { openings_.handle_cookie(now, from, cookie); },
                 [&](const OpenMessage& open) { openings_.handle_open(now, from, open, channels_.size()); },
                 [&](const FrameMessage& frame) { openings_.handle_frame(now, from, frame); },
                 [&](const HintMessage& hint) { handle_hint(now, from, hint); },
             },
             *message);
}

void ChannelTable::State::handle_hint(TimePoint now, const Carrier& from, const HintMessage& hint) {
  if (last_hint_heard_ && now < *last_hint_heard_ + hint_hearing_interval) return counters_.add("drop_hint_rate");
  last_hint_heard_ = now;
  const auto it = std::ranges::find_if(
      channels_, [&](const auto& entry) { return entry.second.current->send_to() == hint.unknown; });
  if (it == channels_.end() || it->second.carrier != from) return counters_.add("drop_hint_unknown");
  Channel& channel = it->second;
  const bool is_believed = now >= channel.statistics.last_received + probe_silence &&
                           (!channel.last_probe || now >= *channel.last_probe + probe_interval);
  if (!is_believed || openings_.asks(from)) return counters_.add("drop_hint_early");
  channel.last_probe = now;
  counters_.add("channel_probe");
  openings_.probe(now, from, channel.peer);
}

void ChannelTable::State::carry_out(TimePoint now) {
  while (true) {
    if (auto output = openings_.poll_output()) {
      carry_out(now, *std::move(output));
    } else if (auto renewal = rekeyings_.poll_output()) {
      carry_out(now, *std::move(renewal));
    } else {
      return;
    }
  }
}

void ChannelTable::State::carry_out(TimePoint now, Openings::Output output) {
  std::visit(Overloaded{
                 [&](Openings::Send& send) { outputs_.transmit(send.to, std::move(send.packet)); },
                 [&](Openings::Done& done) { add_channel(now, std::move(done)); },
                 [&](const Openings::Confirm& due) {
                   if (Channel* channel = spis_.channel_at(due.own)) {
                     send_inner(now, *channel, InnerMessage::confirm, {});
                   }
                 },
                 [&](const Openings::Unconfirmed& lost) {
                   if (Channel* channel = spis_.channel_at(lost.own)) end_channel(*channel, lost.why);
                 },
                 [&](OpenFailed& failed) { outputs_.emit(std::move(failed)); },
             },
             output);
}

void ChannelTable::State::add_channel(TimePoint now, Openings::Done done) {
  const Agreement& agreement = done.agreement;
  const PeerIdentity& peer = agreement.peer;
  const Spi own = agreement.own.spi();
  replace_older(now, peer.id, done.carrier);
  if (channels_.size() >= config_.limits.channels) {
    return openings_.refuse(now, own, Ending::exhausted, "too many channels");
  }
  const ChannelId id{++last_channel_};
  Channel& channel = channels_.emplace(id, Channel::with(now, id, peer, done.carrier)).first->second;
  channel.opening = own;
  if (agreement.role == HandshakeRole::client) channel.unconfirmed = own;
  rotate(now, channel, make_session(agreement));
  openings_.accept(now, own);
  rekeyings_.add(now, id, peer.id, agreement.role);
  counters_.add("channel_opened");
  outputs_.emit(Opened{id, channel.carrier, peer.id, done.tag, agreement.suite});
  for (const Bytes& packet : spis_.take_parked(own)) {
    handle_sealed(now, done.carrier, packet);
    carry_out(now);
  }
}

/// A peer that opens again over the same carrier has lost its end of the older channel.
void ChannelTable::State::replace_older(TimePoint now, const NodeId& peer, const Carrier& carrier) {
  std::vector<ChannelId> older;
  for (const auto& [id, channel] : channels_) {
    if (channel.peer == peer && channel.carrier == carrier) older.push_back(id);
  }
  for (const ChannelId id : older) {
    Channel& channel = channels_.at(id);
    send_inner(now, channel, InnerMessage::close, {});
    counters_.add("channel_replaced");
    end_channel(channel, Ending::closed_by_peer);
  }
}

void ChannelTable::State::carry_out(TimePoint now, Rekeyings::Output output) {
  const auto it = channels_.find(std::visit([](const auto& any) { return any.channel; }, output));
  // One that ended meanwhile needs no keys.
  if (it == channels_.end()) return;
  Channel& channel = it->second;
  std::visit(Overloaded{
                 [&](const Rekeyings::SendFrame& frame) { send_inner(now, channel, InnerMessage::frame, frame.body); },
                 [&](const Rekeyings::Confirm&) { send_inner(now, channel, InnerMessage::confirm, {}); },
                 [&](const Rekeyings::Renewed& renewed) { renew(now, channel, renewed.agreement); },
                 [&](const Rekeyings::Abandoned&) {
                   if (!channel.next) return;
                   drop_session(channel.next);
                   channel.unconfirmed.reset();
                 },
                 [&](const Rekeyings::Lost& lost) {
                   send_inner(now, channel, InnerMessage::close, {});
                   end_channel(channel, lost.why);
                 },
             },
             output);
}

void ChannelTable::State::renew(TimePoint now, Channel& channel, const Agreement& agreement) {
  if (const auto opening = std::exchange(channel.opening, std::nullopt)) openings_.forget(*opening);
  auto session = make_session(agreement);
  if (agreement.role == HandshakeRole::server) return rotate(now, channel, std::move(session));
  spis_.assign(session->receive_at(), channel);
  channel.unconfirmed = session->receive_at();
  channel.next = std::move(session);
}

void ChannelTable::State::rotate(TimePoint now, Channel& channel, std::unique_ptr<Session> session) {
  drop_session(channel.previous);
  spis_.assign(session->receive_at(), channel);
  channel.rotate(std::move(session), now + config_.limits.old_keys_live);
  schedule(channel);
}

void ChannelTable::State::confirm(TimePoint now, Channel& channel) {
  const Spi spi = *std::exchange(channel.unconfirmed, std::nullopt);
  if (channel.next && channel.next->receive_at() == spi) {
    rekeyings_.handle_confirmed(now, channel.id);
    return rotate(now, channel, std::move(channel.next));
  }
  channel.opening.reset();
  openings_.forget(spi);
}

}  // namespace ipop::crypto
