#include <algorithm>
#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// How often one answered hint may start a probe, and how long a channel must be silent before a
// hint about it is believed: a peer that still sends has not lost its state.
constexpr Duration probe_interval = 10s;
constexpr Duration probe_silence = 2s;
// A hint costs a look at every channel.
constexpr Duration hint_hearing_interval = 100ms;

/// What a cookie vouches for besides the source.
Bytes claim_of(const SessionId& session, const NodeId& id) {
  Bytes out = to_bytes(session.octets());
  append(out, id.octets());
  return out;
}

}  // namespace

void ChannelTable::State::open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected,
                               std::uint64_t tag) {
  if (expected && *expected == config_.self) {
    return emit(OpenFailed{carrier, tag, Ending::refused, "this node itself"});
  }
  if (const auto known = asked_.find(carrier); known != asked_.end()) {
    Attempt& attempt = attempts_.at(known->second);
    attempt.tag = tag;
    attempt.give_up = now + config_.limits.give_up;
    if (expected) attempt.expected = expected;
    if (expected && attempt.claimed && *attempt.claimed != *expected) {
      fail_attempt(now, attempt, Ending::wrong_peer, "found " + to_short_string(*attempt.claimed));
    } else {
      schedule(attempt);
    }
    return flush(now);
  }
  // The peer may have been faster: its handshake over this carrier becomes ours.
  const auto theirs = std::ranges::find_if(attempts_, [&](const auto& entry) {
    const Attempt& attempt = entry.second;
    return attempt.is_half_open() && attempt.carrier == carrier && (!expected || attempt.claimed == expected);
  });
  if (theirs != attempts_.end()) {
    Attempt& attempt = theirs->second;
    half_open_.remove(attempt.own.spi());
    attempt.give_up = now + config_.limits.give_up;
    attempt.asked = carrier;
    attempt.tag = tag;
    attempt.expected = expected;
    asked_.emplace(carrier, attempt.own.spi());
    schedule(attempt);
    return;
  }
  if (channels_.size() + asked_.size() >= config_.limits.channels) {
    return emit(OpenFailed{carrier, tag, Ending::exhausted, "too many channels"});
  }
  ask(now, carrier, expected).tag = tag;
  flush(now);
}

Attempt& ChannelTable::State::ask(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected) {
  Attempt& attempt = add_attempt(now);
  attempt.carrier = carrier;
  attempt.asked = carrier;
  attempt.expected = expected;
  asked_.emplace(carrier, attempt.own.spi());
  send_init(now, attempt);
  restart_timer(now, attempt);
  return attempt;
}

void ChannelTable::State::cancel(const Carrier& carrier) {
  const auto known = asked_.find(carrier);
  if (known != asked_.end()) remove_attempt(known->second);
}

void ChannelTable::State::nudge(TimePoint now, const Carrier& carrier) {
  const auto known = asked_.find(carrier);
  if (known == asked_.end()) return;
  Attempt& attempt = attempts_.at(known->second);
  if (attempt.stage == Attempt::Stage::init) send_init(now, attempt);
  if (attempt.stage == Attempt::Stage::opening) send_open(now, attempt);
  flush(now);
}

void ChannelTable::State::handle_handshake_packet(TimePoint now, const Carrier& from, ByteSpan packet) {
  const auto message = decode_handshake_message(tag_, packet);
  if (!message) {
    const auto code = message.error().code;
    if (code == Errc::not_authorized) return counters_.add("drop_handshake_other_context");
    if (code == Errc::unsupported) return counters_.add("drop_handshake_unsupported");
    if (code == Errc::truncated) return counters_.add("drop_handshake_truncated");
    return counters_.add("drop_handshake_malformed");
  }
  std::visit(Overloaded{
                 [&](const InitMessage& init) { handle_init(now, from, init); },
                 [&](const CookieMessage& cookie) { handle_cookie(now, from, cookie); },
                 [&](const OpenMessage& open) { handle_open(now, from, open); },
                 [&](const FrameMessage& frame) { handle_frame(now, from, frame); },
                 [&](const HintMessage& hint) { handle_hint(now, from, hint); },
             },
             *message);
}

void ChannelTable::State::handle_init(TimePoint now, const Carrier& from, const InitMessage& init) {
  if (!init_limiter_.take(now, from)) return counters_.add("drop_init_rate");
  CookieMessage answer;
  answer.opener = init.opener;
  answer.responder_id = config_.self;
  answer.cookie = cookies_.make(now, from.octets(), claim_of(init.opener, init.opener_id));
  Bytes packet;
  encode(tag_, answer, packet);
  assert(packet.size() <= InitMessage::size);
  transmit(from, std::move(packet));
}

void ChannelTable::State::handle_cookie(TimePoint now, const Carrier& from, const CookieMessage& cookie) {
  const auto it = attempts_.find(cookie.opener.spi());
  if (it == attempts_.end() || it->second.own != cookie.opener) return counters_.add("drop_cookie_unknown");
  Attempt& attempt = it->second;
  const bool is_first = attempt.stage == Attempt::Stage::init;
  // Late cookies answer repeated questions.
  if (!is_first && attempt.stage != Attempt::Stage::opening) return counters_.add("drop_cookie_late");
  if (cookie.responder_id == config_.self) {
    return fail_attempt(now, attempt, Ending::refused, "this node itself answers there");
  }
  if (attempt.expected && *attempt.expected != cookie.responder_id) {
    return fail_attempt(now, attempt, Ending::wrong_peer, "found " + to_short_string(cookie.responder_id));
  }
  if (!is_first && attempt.claimed != cookie.responder_id) return counters_.add("drop_cookie_late");
  // The echoed session id proves that the sender saw our packet.
  follow(attempt, from, CookieMessage::size);
  attempt.cookie = cookie.cookie;
  if (!is_first) return;
  set_stage(now, attempt, Attempt::Stage::opening);
  static_cast<void>(start_as(now, attempt, cookie.responder_id));
}

void ChannelTable::State::handle_open(TimePoint now, const Carrier& from, const OpenMessage& open) {
  if (!cookies_.is_good(now, open.cookie, from.octets(), claim_of(open.opener, open.opener_id))) {
    return counters_.add("drop_open_cookie");
  }
  if (open.opener_id == config_.self) return counters_.add("drop_open_from_self");
  FrameMessage frame;
  frame.sender = open.opener;
  frame.data = open.data;

  if (const auto known = by_remote_.find({open.opener_id, open.opener}); known != by_remote_.end()) {
    Attempt& attempt = attempts_.at(known->second);
    if (attempt.stage == Attempt::Stage::running) attempt.carrier = from;  // the cookie vouches for it
    return feed(now, attempt, from, frame);
  }
  // Both sides opened at once over the same carrier: one handshake serves both.
  if (const auto ours = asked_.find(from); ours != asked_.end()) {
    Attempt& attempt = attempts_.at(ours->second);
    const bool is_free = !attempt.remote && (!attempt.expected || *attempt.expected == open.opener_id) &&
                         (!attempt.claimed || *attempt.claimed == open.opener_id);
    if (is_free) {
      const bool is_started = attempt.stage == Attempt::Stage::opening;
      bind(now, attempt, open.opener, open.opener_id);
      attempt.carrier = from;
      attempt.allowance.reset();
      if (!is_started && !start_as(now, attempt, open.opener_id)) return;
      return feed(now, attempt, from, frame);
    }
  }
  accept(now, from, open);
}

void ChannelTable::State::accept(TimePoint now, const Carrier& from, const OpenMessage& open) {
  if (channels_.size() >= config_.limits.channels) return counters_.add("drop_open_channels");
  if (!open_limiter_.take(now, from)) return counters_.add("drop_open_rate");
  Attempt& attempt = add_attempt(now);
  attempt.carrier = from;
  bind(now, attempt, open.opener, open.opener_id);
  if (!crowd_out(now, attempt.own.spi())) return;
  if (!start_as(now, attempt, open.opener_id)) return;
  FrameMessage frame;
  frame.sender = open.opener;
  frame.data = open.data;
  feed(now, attempt, from, frame);
}

void ChannelTable::State::handle_frame(TimePoint now, const Carrier& from, const FrameMessage& frame) {
  const auto it = attempts_.find(frame.receiver.spi());
  if (it == attempts_.end() || it->second.own != frame.receiver) return counters_.add("drop_frame_unknown");
  Attempt& attempt = it->second;
  if (attempt.is_rekey || attempt.stage == Attempt::Stage::init) return counters_.add("drop_frame_unexpected");
  if (!attempt.remote) bind(now, attempt, frame.sender, *attempt.claimed);
  if (*attempt.remote != frame.sender) return counters_.add("drop_frame_session");
  feed(now, attempt, from, frame);
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
  if (!is_believed || asked_.contains(from)) return counters_.add("drop_hint_early");
  channel.last_probe = now;
  counters_.add("channel_probe");
  ask(now, from, channel.peer);
}

}  // namespace ipop::crypto
