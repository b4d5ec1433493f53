#include <algorithm>
#include <cassert>

#include "crypto/channel_table_state.hpp"
#include "crypto/key_context.hpp"

namespace ipop::crypto {
namespace {

// How often one answered hint may start a probe, and how long a channel must be silent before a
// hint about it is believed: a peer that still sends has not lost its state.
constexpr Duration probe_interval = 10s;
constexpr Duration probe_silence = 2s;
// A hint costs a look at every channel.
constexpr Duration hint_hearing_interval = 100ms;
// A responder that restarted does not know its old cookie: every third repetition asks for a new one.
constexpr unsigned opens_per_init = 3;

/// What a cookie vouches for besides the source.
Bytes claim_of(const SessionId& session, const NodeId& id) {
  Bytes out = to_bytes(session.octets());
  append(out, id.octets());
  return out;
}

HandshakeRole role_towards(const NodeId& self, const NodeId& peer) {
  return self < peer ? HandshakeRole::client : HandshakeRole::server;
}

/// Carriers of one kind and size may stand for one another: an endpoint that a NAT renumbered.
bool is_same_kind(const Carrier& a, const Carrier& b) {
  return a.octets().size() == b.octets().size() && !a.octets().empty() && a.octets().front() == b.octets().front();
}

std::string name_of(const std::optional<NodeId>& id) {
  return id ? to_short_string(*id) : std::string("nobody");
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
      fail_attempt(now, attempt, Ending::wrong_peer, "found " + name_of(attempt.claimed));
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
    --half_open_;
    attempt.asked = carrier;
    attempt.tag = tag;
    attempt.expected = expected;
    asked_.emplace(carrier, attempt.own.spi());
    return;
  }
  if (channels_.size() + asked_.size() >= config_.limits.channels) {
    return emit(OpenFailed{carrier, tag, Ending::exhausted, "too many channels"});
  }
  Attempt& attempt = add_attempt(now);
  attempt.carrier = carrier;
  attempt.asked = carrier;
  attempt.tag = tag;
  attempt.expected = expected;
  asked_.emplace(carrier, attempt.own.spi());
  send_init(now, attempt);
  restart_timer(now, attempt);
  flush(now);
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
    return fail_attempt(now, attempt, Ending::wrong_peer, "found " + name_of(cookie.responder_id));
  }
  if (!is_first && attempt.claimed != cookie.responder_id) return counters_.add("drop_cookie_late");
  // The echoed session id proves that the sender saw our packet, so its address counts, which may
  // be another than the one we asked: a NAT gave the peer a new port towards us.
  attempt.carrier = from;
  attempt.cookie = cookie.cookie;
  if (!is_first) return;
  set_stage(attempt, Attempt::Stage::opening);
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
      bind(attempt, open.opener, open.opener_id);
      attempt.carrier = from;
      if (!is_started && !start_as(now, attempt, open.opener_id)) return;
      return feed(now, attempt, from, frame);
    }
  }
  accept(now, from, open);
}

void ChannelTable::State::accept(TimePoint now, const Carrier& from, const OpenMessage& open) {
  if (half_open_ >= config_.limits.half_open) return counters_.add("drop_open_half_open");
  if (channels_.size() >= config_.limits.channels) return counters_.add("drop_open_channels");
  if (!open_limiter_.take(now, from)) return counters_.add("drop_open_rate");
  Attempt& attempt = add_attempt(now);
  attempt.carrier = from;
  bind(attempt, open.opener, open.opener_id);
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
  if (!attempt.remote) bind(attempt, frame.sender, *attempt.claimed);
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
  Attempt& attempt = add_attempt(now);
  attempt.carrier = from;
  attempt.asked = from;
  attempt.expected = channel.peer;
  asked_.emplace(from, attempt.own.spi());
  send_init(now, attempt);
  restart_timer(now, attempt);
}

Attempt& ChannelTable::State::add_attempt(TimePoint now) {
  std::array<std::byte, SessionId::size> octets{};
  SessionId own;
  do {
    rng_.fill(octets);
    own = SessionId(octets);
  } while (own.spi().value < first_spi || attempts_.contains(own.spi()) || receivers_.contains(own.spi()));
  Attempt& attempt = attempts_[own.spi()];
  attempt.own = own;
  attempt.give_up = now + config_.limits.give_up;
  attempt.interval = config_.limits.retransmit_first;
  schedule(attempt);
  return attempt;
}

void ChannelTable::State::bind(Attempt& attempt, const SessionId& remote, const NodeId& claimed) {
  attempt.remote = remote;
  attempt.claimed = claimed;
  by_remote_.insert_or_assign({claimed, remote}, attempt.own.spi());
  set_stage(attempt, Attempt::Stage::running);
}

void ChannelTable::State::set_stage(Attempt& attempt, Attempt::Stage stage) {
  const bool before = attempt.is_half_open();
  attempt.stage = stage;
  const bool after = attempt.is_half_open();
  if (after && !before) ++half_open_;
  if (before && !after) --half_open_;
}

bool ChannelTable::State::start_as(TimePoint now, Attempt& attempt, const NodeId& peer) {
  attempt.claimed = peer;
  attempt.role = role_towards(config_.self, peer);
  attempt.handshake = handshakes_.make(attempt.role, wall(now));
  attempt.interval = config_.limits.retransmit_first;
  touch(attempt);
  return attempt.role == HandshakeRole::server || advance(now, attempt, {});
}

void ChannelTable::State::feed(TimePoint now, Attempt& attempt, const Carrier& from, const FrameMessage& frame) {
  if (attempt.stage == Attempt::Stage::lingering) {
    attempt.confirm_due = true;
    return touch(attempt);
  }
  bool is_news = attempt.stream.acknowledge(frame.acknowledged);
  if (!frame.data.empty()) {
    const auto arrival = attempt.stream.receive(frame.offset, frame.data);
    if (arrival == FrameStream::Arrival::refused) return counters_.add("drop_frame_refused");
    is_news = is_news || arrival == FrameStream::Arrival::progress;
    attempt.ack_due = true;
  }
  if (is_news) {
    // Only what is new moves the attempt: a copy of an old frame from elsewhere does not.
    if (!attempt.is_rekey) attempt.carrier = from;
    restart_timer(now, attempt);
  }
  touch(attempt);
  const Bytes octets = attempt.stream.take_received();
  if (!octets.empty()) advance(now, attempt, octets);
}

bool ChannelTable::State::advance(TimePoint now, Attempt& attempt, ByteSpan octets) {
  const auto state = attempt.handshake->advance(octets);
  const Bytes outgoing = attempt.handshake->take_outgoing();
  const bool fits = attempt.stream.write(outgoing);
  if (state == Handshake::State::failed || !fits) {
    const std::string why = fits ? attempt.handshake->failure() : "handshake is too long";
    // The alert tells the peer why; it is not repeated.
    if (attempt.remote) flush_attempt(now, attempt);
    fail_attempt(now, attempt, Ending::refused, why);
    return false;
  }
  if (state != Handshake::State::done || attempt.stage != Attempt::Stage::running) return true;
  return complete(now, attempt);
}

SessionKeys ChannelTable::State::keys_of(const Attempt& attempt) const {
  const bool is_client = attempt.role == HandshakeRole::client;
  KeyContext context;
  context.context = config_.context;
  context.client_id = is_client ? config_.self : *attempt.claimed;
  context.server_id = is_client ? *attempt.claimed : config_.self;
  context.client_spi = is_client ? attempt.own.spi() : attempt.remote->spi();
  context.server_spi = is_client ? attempt.remote->spi() : attempt.own.spi();
  return attempt.handshake->export_keys(digest(context));
}

bool ChannelTable::State::complete(TimePoint now, Attempt& attempt) {
  const NodeId peer = attempt.handshake->peer().id;
  if (peer != *attempt.claimed || (attempt.expected && peer != *attempt.expected)) {
    fail_attempt(now, attempt, Ending::wrong_peer, "found " + name_of(peer));
    return false;
  }
  if (attempt.is_rekey) {
    complete_rekey(now, attempt);
    return true;
  }
  settle_rivals(attempt, peer);
  replace_older(now, peer, attempt.carrier);
  if (channels_.size() >= config_.limits.channels) {
    fail_attempt(now, attempt, Ending::exhausted, "too many channels");
    return false;
  }

  const ChannelId id{++last_channel_};
  Channel& channel = channels_[id];
  channel.id = id;
  channel.peer = peer;
  channel.carrier = attempt.carrier;
  channel.last_payload = now;
  channel.statistics.last_received = now;
  channel.statistics.last_sent = now;
  rotate(now, channel, std::make_unique<Session>(aeads_, keys_of(attempt), attempt.remote->spi(), attempt.own.spi()),
         attempt.role);
  attempt.channel = id;
  attempt.give_up = now + config_.limits.give_up;
  const auto tag = attempt.tag;
  if (attempt.asked) asked_.erase(*attempt.asked);
  if (attempt.role == HandshakeRole::client) {
    set_stage(attempt, Attempt::Stage::confirming);
    channel.unconfirmed = attempt.own.spi();
  } else {
    set_stage(attempt, Attempt::Stage::lingering);
    attempt.handshake.reset();
    attempt.retransmit.reset();
    attempt.confirm_due = true;
    channel.lingering = attempt.own.spi();
  }
  schedule(attempt);
  touch(attempt);
  counters_.add("channel_opened");
  emit(Opened{id, channel.carrier, peer, tag});

  const Carrier from = attempt.carrier;
  const auto parked = std::exchange(attempt.parked, {});
  parked_ -= parked.size();
  for (const Bytes& packet : parked)
    handle_sealed(now, from, packet);
  return true;
}

/// Of several attempts at one peer the first that is authenticated wins: one over the same carrier
/// ends, and our question under another of the peer's endpoints is answered by this channel.
void ChannelTable::State::settle_rivals(Attempt& attempt, const NodeId& peer) {
  std::vector<Spi> losers;
  for (auto& [spi, rival] : attempts_) {
    if (&rival == &attempt || rival.is_rekey || !rival.is_open_ended()) continue;
    const bool is_peer = rival.claimed ? *rival.claimed == peer : rival.expected == peer;
    if (is_peer && rival.carrier == attempt.carrier) losers.push_back(spi);
  }
  if (!attempt.asked && losers.empty()) {
    const auto renamed = std::ranges::find_if(attempts_, [&](const auto& entry) {
      const Attempt& rival = entry.second;
      return rival.asked && rival.tag && !rival.remote && rival.expected == peer &&
             is_same_kind(rival.carrier, attempt.carrier);
    });
    if (renamed != attempts_.end()) losers.push_back(renamed->first);
  }
  for (const Spi spi : losers) {
    if (!attempt.tag) attempt.tag = attempts_.at(spi).tag;
    remove_attempt(spi);
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

void ChannelTable::State::fail_attempt(TimePoint now, Attempt& attempt, Ending why, const std::string& detail) {
  counters_.add("handshake_failed");
  if (attempt.is_rekey) return fail_rekey(now, attempt, why);
  if (attempt.stage == Attempt::Stage::confirming) return end_channel(channels_.at(*attempt.channel), why);
  const auto tag = attempt.tag;
  const Carrier carrier = attempt.asked.value_or(attempt.carrier);
  remove_attempt(attempt.own.spi());
  if (tag) emit(OpenFailed{carrier, *tag, why, detail});
}

void ChannelTable::State::remove_attempt(Spi spi) {
  const auto it = attempts_.find(spi);
  if (it == attempts_.end()) return;
  Attempt& attempt = it->second;
  if (attempt.is_half_open()) --half_open_;
  parked_ -= attempt.parked.size();
  if (attempt.asked) {
    const auto asked = asked_.find(*attempt.asked);
    if (asked != asked_.end() && asked->second == spi) asked_.erase(asked);
  }
  if (attempt.remote && attempt.claimed) {
    const auto known = by_remote_.find({*attempt.claimed, *attempt.remote});
    if (known != by_remote_.end() && known->second == spi) by_remote_.erase(known);
  }
  attempt_deadlines_.clear(spi);
  attempts_.erase(it);
}

void ChannelTable::State::run_attempt_timer(TimePoint now, Spi spi) {
  const auto it = attempts_.find(spi);
  if (it == attempts_.end()) return;
  Attempt& attempt = it->second;
  if (now >= attempt.give_up) return expire_attempt(now, attempt);
  if (attempt.retransmit && now >= *attempt.retransmit) {
    attempt.retransmit.reset();
    resend(now, attempt);
    attempt.interval = std::min(2 * attempt.interval, config_.limits.retransmit_longest);
  }
  schedule(attempt);
}

void ChannelTable::State::expire_attempt(TimePoint now, Attempt& attempt) {
  switch (attempt.stage) {
    case Attempt::Stage::init: return fail_attempt(now, attempt, Ending::timed_out, "no answer");
    case Attempt::Stage::opening: return fail_attempt(now, attempt, Ending::timed_out, "no answer after the cookie");
    case Attempt::Stage::running: return fail_attempt(now, attempt, Ending::timed_out, "handshake did not end");
    case Attempt::Stage::confirming: return fail_attempt(now, attempt, Ending::timed_out, "keys were not confirmed");
    case Attempt::Stage::lingering: {
      const Spi spi = attempt.own.spi();
      const auto channel = channels_.find(*attempt.channel);
      if (channel != channels_.end() && channel->second.lingering == spi) channel->second.lingering.reset();
      return remove_attempt(spi);
    }
  }
}

void ChannelTable::State::resend(TimePoint now, Attempt& attempt) {
  switch (attempt.stage) {
    case Attempt::Stage::init: send_init(now, attempt); break;
    case Attempt::Stage::opening:
      send_open(now, attempt);
      if (++attempt.repeats % opens_per_init == 0) send_init(now, attempt);
      break;
    case Attempt::Stage::running:
    case Attempt::Stage::confirming: {
      const auto pieces = attempt.stream.unacknowledged();
      // A server that renews keys has nothing to say before the client's first octets.
      if (pieces.empty() && attempt.is_rekey && !attempt.remote) send_frame(now, attempt, {});
      for (const auto& piece : pieces)
        send_frame(now, attempt, piece);
      if (!pieces.empty() || !attempt.remote) attempt.retransmit = now + attempt.interval;
      return;
    }
    case Attempt::Stage::lingering: return;
  }
  attempt.retransmit = now + attempt.interval;
}

void ChannelTable::State::send_init(TimePoint /*now*/, Attempt& attempt) {
  Bytes packet;
  encode(tag_, InitMessage{attempt.own, config_.self}, packet);
  transmit(attempt.carrier, std::move(packet));
}

void ChannelTable::State::send_open(TimePoint /*now*/, Attempt& attempt) {
  OpenMessage open;
  open.opener = attempt.own;
  open.opener_id = config_.self;
  open.cookie = attempt.cookie;
  open.data = to_bytes(attempt.stream.take_first().data);
  Bytes packet;
  encode(tag_, open, packet);
  transmit(attempt.carrier, std::move(packet));
}

void ChannelTable::State::send_frame(TimePoint now, Attempt& attempt, const FrameStream::Piece& piece) {
  FrameMessage frame;
  frame.sender = attempt.own;
  frame.receiver = attempt.remote.value_or(SessionId{});
  frame.offset = piece.offset;
  frame.acknowledged = attempt.stream.received();
  frame.data = to_bytes(piece.data);
  attempt.ack_due = false;
  Bytes packet;
  if (attempt.is_rekey) {
    encode_frame_body(frame, packet);
    const auto channel = channels_.find(*attempt.channel);
    if (channel != channels_.end()) send_inner(now, channel->second, InnerMessage::frame, packet);
    return;
  }
  encode(tag_, frame, packet);
  transmit(attempt.carrier, std::move(packet));
}

/// Sends what an input made ready: a confirm, new octets, or at least what was received.
void ChannelTable::State::flush_attempt(TimePoint now, Attempt& attempt) {
  if (std::exchange(attempt.confirm_due, false)) {
    const auto channel = channels_.find(*attempt.channel);
    if (channel != channels_.end()) send_inner(now, channel->second, InnerMessage::confirm, {});
    return;
  }
  if (attempt.stage == Attempt::Stage::opening) {
    send_open(now, attempt);
    return restart_timer(now, attempt);
  }
  if (attempt.stage != Attempt::Stage::running && attempt.stage != Attempt::Stage::confirming) return;
  const bool is_first_of_rekey = attempt.is_rekey && !attempt.remote;
  if (!attempt.remote && !is_first_of_rekey) return;
  const auto pieces = attempt.stream.take_unsent();
  for (const auto& piece : pieces)
    send_frame(now, attempt, piece);
  if (pieces.empty() && (attempt.ack_due || is_first_of_rekey)) send_frame(now, attempt, {});
  if (!pieces.empty() || is_first_of_rekey) restart_timer(now, attempt);
}

void ChannelTable::State::touch(Attempt& attempt) {
  if (attempt.is_dirty) return;
  attempt.is_dirty = true;
  dirty_.push_back(attempt.own.spi());
}

void ChannelTable::State::restart_timer(TimePoint now, Attempt& attempt) {
  attempt.interval = config_.limits.retransmit_first;
  const bool waits = attempt.stage == Attempt::Stage::init || attempt.stage == Attempt::Stage::opening ||
                     !attempt.stream.is_idle() || (attempt.is_rekey && !attempt.remote);
  if (waits && attempt.stage != Attempt::Stage::lingering) {
    attempt.retransmit = now + attempt.interval;
  } else {
    attempt.retransmit.reset();
  }
  schedule(attempt);
}

void ChannelTable::State::schedule(const Attempt& attempt) {
  const TimePoint when = attempt.retransmit ? std::min(*attempt.retransmit, attempt.give_up) : attempt.give_up;
  attempt_deadlines_.set(attempt.own.spi(), when);
}

}  // namespace ipop::crypto
