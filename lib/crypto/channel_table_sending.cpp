// ChannelTable::State: what an attempt sends, and when again.

#include <algorithm>

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {
namespace {

// A responder that restarted does not know its old cookie: every third repetition asks for a new one.
constexpr unsigned opens_per_init = 3;

}  // namespace

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
  transmit(attempt, std::move(packet));
}

void ChannelTable::State::send_open(TimePoint /*now*/, Attempt& attempt) {
  OpenMessage open;
  open.opener = attempt.own;
  open.opener_id = config_.self;
  open.cookie = attempt.cookie;
  open.data = to_bytes(attempt.stream.take_first().data);
  Bytes packet;
  encode(tag_, open, packet);
  transmit(attempt, std::move(packet));
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
  transmit(attempt, std::move(packet));
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
  TimePoint when = attempt.give_up;
  if (attempt.retransmit) when = std::min(when, *attempt.retransmit);
  if (const auto stalls = stalls_at(attempt)) when = std::min(when, *stalls);
  attempt_deadlines_.set(attempt.own.spi(), when);
}

}  // namespace ipop::crypto
