#include <cassert>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// After so many handshakes without an answer the peer is gone.
constexpr unsigned max_rekey_failures = 3;

}  // namespace

void ChannelTable::State::start_rekey(TimePoint now, Channel& channel) {
  counters_.add("channel_rekey");
  Attempt& attempt = add_rekey_attempt(now, channel, std::nullopt);
  schedule(channel);
  static_cast<void>(start_as(now, attempt, channel.peer));
}

void ChannelTable::State::handle_rekey_frame(TimePoint now, Channel& channel, const FrameMessage& frame) {
  if (const auto known = by_remote_.find({channel.peer, frame.sender}); known != by_remote_.end()) {
    Attempt& attempt = attempts_.at(known->second);
    if (!attempt.is_rekey || attempt.channel != channel.id) return counters_.add("drop_rekey_frame");
    return feed(now, attempt, channel.carrier, frame);
  }
  if (channel.rekey) {
    Attempt& attempt = attempts_.at(*channel.rekey);
    const bool is_ours = frame.receiver.is_zero() || frame.receiver == attempt.own;
    if (!is_ours || attempt.stage != Attempt::Stage::running) return counters_.add("drop_rekey_frame");
    if (!attempt.remote) {
      bind(now, attempt, frame.sender, channel.peer);
      return feed(now, attempt, channel.carrier, frame);
    }
    // The peer began anew: it has forgotten the attempt that ours was bound to.
    if (!frame.receiver.is_zero()) return counters_.add("drop_rekey_frame");
    remove_attempt(*channel.rekey);
    channel.rekey.reset();
  }
  if (!frame.receiver.is_zero()) return counters_.add("drop_rekey_frame");
  Attempt& attempt = add_rekey_attempt(now, channel, frame.sender);
  schedule(channel);
  if (!start_as(now, attempt, channel.peer)) return;
  feed(now, attempt, channel.carrier, frame);
}

Attempt& ChannelTable::State::add_rekey_attempt(TimePoint now, Channel& channel, std::optional<SessionId> remote) {
  Attempt& attempt = add_attempt(now);
  attempt.is_rekey = true;
  attempt.channel = channel.id;
  attempt.carrier = channel.carrier;
  attempt.expected = channel.peer;
  attempt.claimed = channel.peer;
  if (remote) {
    bind(now, attempt, *remote, channel.peer);
  } else {
    set_stage(now, attempt, Attempt::Stage::running);
  }
  channel.rekey = attempt.own.spi();
  return attempt;
}

void ChannelTable::State::complete_rekey(TimePoint now, Attempt& attempt) {
  Channel& channel = channels_.at(*attempt.channel);
  auto session = make_session(attempt);
  const auto parked = std::exchange(attempt.parked, {});
  parked_ -= parked.size();
  attempt.give_up = now + config_.limits.give_up;
  if (attempt.role == HandshakeRole::client) {
    // The server may not have our last flight yet: the old keys send until it has used the new ones.
    receivers_[session->receive_at()] = &channel;
    channel.next = std::move(session);
    channel.unconfirmed = attempt.own.spi();
    set_stage(now, attempt, Attempt::Stage::confirming);
  } else {
    channel.rekey.reset();
    if (channel.lingering) remove_attempt(*channel.lingering);
    channel.lingering = attempt.own.spi();
    rotate(now, channel, std::move(session), attempt.role);
    set_stage(now, attempt, Attempt::Stage::lingering);
    attempt.handshake.reset();
    attempt.retransmit.reset();
    attempt.confirm_due = true;
  }
  schedule(attempt);
  touch(attempt);
  const Carrier from = channel.carrier;
  for (const Bytes& packet : parked)
    handle_sealed(now, from, packet);
}

void ChannelTable::State::fail_rekey(TimePoint now, Attempt& attempt, Ending why) {
  const ChannelId id = *attempt.channel;
  remove_attempt(attempt.own.spi());
  const auto it = channels_.find(id);
  if (it == channels_.end()) return;
  Channel& channel = it->second;
  channel.rekey.reset();
  if (channel.next) {
    drop_session(channel.next);
    channel.unconfirmed.reset();
  }
  // A peer that can't prove itself again (its certificate has expired) must not stay on old keys.
  if (why != Ending::timed_out || ++channel.rekey_failures >= max_rekey_failures) {
    send_inner(now, channel, InnerMessage::close, {});
    return end_channel(channel, why);
  }
  channel.rekey_at = now + config_.limits.give_up;
  schedule(channel);
}

void ChannelTable::State::rotate(TimePoint now, Channel& channel, std::unique_ptr<Session> session,
                                 HandshakeRole role) {
  drop_session(channel.previous);
  receivers_[session->receive_at()] = &channel;
  channel.previous = std::move(channel.current);
  channel.previous_until = now + config_.limits.old_keys_live;
  channel.current = std::move(session);
  channel.rekey_failures = 0;
  // The client comes first, so that both ends do not start at the same moment.
  const Duration life = config_.limits.rekey_after;
  channel.rekey_at = now + (role == HandshakeRole::client ? life : life + life / 10);
  schedule(channel);
}

void ChannelTable::State::confirm(TimePoint now, Channel& channel) {
  const Spi spi = *channel.unconfirmed;
  channel.unconfirmed.reset();
  remove_attempt(spi);
  if (!channel.next || channel.next->receive_at() != spi) return;
  channel.rekey.reset();
  rotate(now, channel, std::move(channel.next), HandshakeRole::client);
}

}  // namespace ipop::crypto
