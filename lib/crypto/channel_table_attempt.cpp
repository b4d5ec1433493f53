#include <algorithm>

#include "crypto/channel_table_state.hpp"
#include "crypto/key_context.hpp"

namespace ipop::crypto {
namespace {

// A client hello is 193 octets, with a post-quantum share 1,400: what a stranger may make us keep before we know that
// it speaks TLS.
constexpr std::size_t max_hello = 2048;

HandshakeRole role_towards(const NodeId& self, const NodeId& peer) {
  return self < peer ? HandshakeRole::client : HandshakeRole::server;
}

/// Carriers of one kind and size may stand for one another: an endpoint that a NAT renumbered.
bool is_same_kind(const Carrier& a, const Carrier& b) {
  return a.octets().size() == b.octets().size() && !a.octets().empty() && a.octets().front() == b.octets().front();
}

}  // namespace

Attempt& ChannelTable::State::add_attempt(TimePoint now) {
  std::array<std::byte, SessionId::size> octets{};
  SessionId own;
  do {
    rng_.fill(octets);
    // The odd ones are of lanes.
    octets[3] &= std::byte{0xfe};
    own = SessionId(octets);
  } while (own.spi().value < first_spi || attempts_.contains(own.spi()) || receivers_.contains(own.spi()));
  Attempt& attempt = attempts_[own.spi()];
  attempt.own = own;
  attempt.born = now;
  attempt.progress_at = now;
  attempt.give_up = now + config_.limits.give_up;
  attempt.interval = config_.limits.retransmit_first;
  schedule(attempt);
  return attempt;
}

void ChannelTable::State::bind(TimePoint now, Attempt& attempt, const SessionId& remote, const NodeId& claimed) {
  attempt.remote = remote;
  attempt.claimed = claimed;
  by_remote_.insert_or_assign({claimed, remote}, attempt.own.spi());
  set_stage(now, attempt, Attempt::Stage::running);
  note_progress(now, attempt);
}

void ChannelTable::State::set_stage(TimePoint now, Attempt& attempt, Attempt::Stage stage) {
  const bool before = attempt.is_half_open();
  attempt.stage = stage;
  const bool after = attempt.is_half_open();
  if (after && !before) half_open_.add(now, attempt.own.spi(), attempt.carrier);
  if (before && !after) half_open_.settle(attempt.own.spi());
}

void ChannelTable::State::note_progress(TimePoint now, Attempt& attempt) {
  attempt.progress_at = now;
  if (attempt.is_half_open()) {
    attempt.give_up = std::min(attempt.born + config_.limits.give_up, now + config_.limits.half_open_life);
  }
  schedule(attempt);
}

bool ChannelTable::State::crowd_out(TimePoint now, Spi newest) {
  while (const auto loser = half_open_.one_too_many(now)) {
    counters_.add("half_open_crowded_out");
    remove_attempt(*loser);
  }
  return attempts_.contains(newest);
}

bool ChannelTable::State::make_handshake(TimePoint now, Attempt& attempt) {
  half_open_.set_working(attempt.own.spi());
  if (!crowd_out(now, attempt.own.spi())) return false;
  attempt.handshake = handshakes_.make(attempt.role, wall(now), trust_);
  return true;
}

bool ChannelTable::State::start_as(TimePoint now, Attempt& attempt, const NodeId& peer) {
  attempt.claimed = peer;
  attempt.role = role_towards(config_.self, peer);
  attempt.interval = config_.limits.retransmit_first;
  touch(attempt);
  return attempt.role == HandshakeRole::server || (make_handshake(now, attempt) && advance(now, attempt, {}));
}

void ChannelTable::State::feed(TimePoint now, Attempt& attempt, const Carrier& from, const FrameMessage& frame) {
  if (attempt.stage == Attempt::Stage::lingering) {
    attempt.confirm_due = true;
    return touch(attempt);
  }
  bool is_news = attempt.stream.acknowledge(frame.acknowledged);
  if (!frame.data.empty()) {
    const auto arrival =
        attempt.stream.receive(frame.offset, frame.data, attempt.handshake ? FrameStream::capacity : max_hello);
    if (arrival == FrameStream::Arrival::refused) return counters_.add("drop_frame_refused");
    is_news = is_news || arrival == FrameStream::Arrival::progress;
    attempt.ack_due = true;
  }
  if (is_news) {
    // Only what is new moves the attempt: a copy of an old frame from elsewhere does not.
    follow(attempt, from, FrameMessage::head_size + frame.data.size());
    note_progress(now, attempt);
    restart_timer(now, attempt);
  }
  touch(attempt);
  const Bytes octets = attempt.stream.take_received();
  if (octets.empty()) return;
  if (attempt.handshake) {
    advance(now, attempt, octets);
  } else {
    hear_hello(now, attempt, octets);
  }
}

void ChannelTable::State::hear_hello(TimePoint now, Attempt& attempt, ByteSpan octets) {
  append(attempt.hello, octets);
  switch (handshakes_.look_at(attempt.hello)) {
    case HandshakeFactory::Beginning::incomplete: return;
    case HandshakeFactory::Beginning::nonsense: return fail_attempt(now, attempt, Ending::refused, "no client hello");
    case HandshakeFactory::Beginning::whole: break;
  }
  const Bytes hello = std::exchange(attempt.hello, {});
  if (make_handshake(now, attempt)) advance(now, attempt, hello);
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

SessionKeys ChannelTable::State::keys_of(const Attempt& attempt, bool is_lane) const {
  const bool is_client = attempt.role == HandshakeRole::client;
  KeyContext context;
  context.context = config_.context;
  context.suite = attempt.handshake->suite();
  context.client_id = is_client ? config_.self : *attempt.claimed;
  context.server_id = is_client ? *attempt.claimed : config_.self;
  const Spi own = is_lane ? lane_of(attempt.own.spi()) : attempt.own.spi();
  const Spi remote = is_lane ? lane_of(attempt.remote->spi()) : attempt.remote->spi();
  context.client_spi = is_client ? own : remote;
  context.server_spi = is_client ? remote : own;
  return attempt.handshake->export_keys(digest(context));
}

bool ChannelTable::State::complete(TimePoint now, Attempt& attempt) {
  const PeerIdentity& identity = attempt.handshake->peer();
  const NodeId peer = identity.id;
  if (peer != *attempt.claimed || (attempt.expected && peer != *attempt.expected)) {
    fail_attempt(now, attempt, Ending::wrong_peer, "found " + to_short_string(peer));
    return false;
  }
  if (!is_still_trusted(identity)) {
    fail_attempt(now, attempt, Ending::revoked, "revoked during the handshake");
    return false;
  }
  if (attempt.is_rekey) {
    complete_rekey(now, attempt);
    return true;
  }
  std::vector<OpenFailed> overtaken = settle_rivals(attempt, peer);
  // Another address than the one that was asked is followed when it has answered a challenge.
  if (attempt.allowance) {
    attempt.carrier = *attempt.asked;
    attempt.allowance.reset();
  }
  replace_older(now, peer, attempt.carrier);
  if (channels_.size() >= config_.limits.channels) {
    fail_attempt(now, attempt, Ending::exhausted, "too many channels");
    for (OpenFailed& failed : overtaken)
      emit(std::move(failed));
    return false;
  }

  const ChannelId id{++last_channel_};
  Channel& channel = channels_[id];
  channel.id = id;
  channel.peer = peer;
  channel.peer_key = identity.key;
  channel.peer_user = identity.user;
  channel.carrier = attempt.carrier;
  channel.last_payload = now;
  channel.statistics.last_received = now;
  channel.statistics.last_sent = now;
  const AeadSuite suite = attempt.handshake->suite();
  rotate(now, channel, make_session(attempt), attempt.role);
  attempt.channel = id;
  attempt.give_up = now + config_.limits.give_up;
  const auto tag = attempt.tag;
  if (attempt.asked) asked_.erase(*attempt.asked);
  if (attempt.role == HandshakeRole::client) {
    set_stage(now, attempt, Attempt::Stage::confirming);
    channel.unconfirmed = attempt.own.spi();
  } else {
    set_stage(now, attempt, Attempt::Stage::lingering);
    attempt.handshake.reset();
    attempt.retransmit.reset();
    attempt.confirm_due = true;
    channel.lingering = attempt.own.spi();
  }
  schedule(attempt);
  touch(attempt);
  counters_.add("channel_opened");
  emit(Opened{id, channel.carrier, peer, tag, suite});
  for (OpenFailed& failed : overtaken)
    emit(std::move(failed));

  const Carrier from = attempt.carrier;
  const auto parked = std::exchange(attempt.parked, {});
  parked_ -= parked.size();
  for (const Bytes& packet : parked)
    handle_sealed(now, from, packet);
  return true;
}

/// Of several attempts at one peer the first that is authenticated wins: one over the same carrier
/// ends, and our question under another of the peer's endpoints is answered by this channel.
std::vector<ChannelTable::OpenFailed> ChannelTable::State::settle_rivals(Attempt& attempt, const NodeId& peer) {
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
  std::vector<OpenFailed> overtaken;
  for (const Spi spi : losers) {
    const Attempt& loser = attempts_.at(spi);
    if (!attempt.tag) {
      attempt.tag = loser.tag;
    } else if (loser.tag) {
      overtaken.push_back({loser.asked.value_or(loser.carrier), *loser.tag, Ending::overtaken, {}});
    }
    remove_attempt(spi);
  }
  return overtaken;
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
  half_open_.remove(spi);
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
  if (const auto stalls = stalls_at(attempt); stalls && now >= *stalls) return begin_again(now, attempt);
  if (attempt.retransmit && now >= *attempt.retransmit) {
    attempt.retransmit.reset();
    resend(now, attempt);
    attempt.interval = std::min(2 * attempt.interval, config_.limits.retransmit_longest);
  }
  schedule(attempt);
}

std::optional<TimePoint> ChannelTable::State::stalls_at(const Attempt& attempt) const {
  if (!attempt.asked || attempt.is_rekey || attempt.stage != Attempt::Stage::running) return std::nullopt;
  // The other end, for which we are a stranger, has given up before.
  return attempt.progress_at + config_.limits.half_open_life + config_.limits.retransmit_longest;
}

void ChannelTable::State::begin_again(TimePoint now, const Attempt& attempt) {
  counters_.add("handshake_begun_again");
  const Carrier carrier = *attempt.asked;
  const auto tag = attempt.tag;
  const auto expected = attempt.expected;
  const TimePoint give_up = attempt.give_up;
  remove_attempt(attempt.own.spi());
  Attempt& again = ask(now, carrier, expected);
  again.tag = tag;
  again.give_up = give_up;
  schedule(again);
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

}  // namespace ipop::crypto
