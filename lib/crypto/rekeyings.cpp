#include "crypto/rekeyings.hpp"

#include <algorithm>
#include <cassert>
#include <memory>
#include <utility>

namespace ipop::crypto {
namespace {

// After so many handshakes without an answer the peer is gone.
constexpr unsigned max_failures = 3;

}  // namespace

void Rekeyings::add(TimePoint now, ChannelId id, const NodeId& peer, HandshakeRole role) {
  Rekeying& rekeying = rekeyings_[id];
  rekeying.peer = peer;
  note_new_keys(now, rekeying, role);
  schedule(id, rekeying);
}

void Rekeyings::note_new_keys(TimePoint now, Rekeying& rekeying, HandshakeRole role) {
  rekeying.failures = 0;
  // The client comes first, so that both ends do not start at the same moment.
  const Duration life = config_.limits.rekey_after;
  rekeying.due = now + (role == HandshakeRole::client ? life : life + life / 10);
}

void Rekeyings::remove(ChannelId id) {
  const auto it = rekeyings_.find(id);
  if (it == rekeyings_.end()) return;
  end_running(it->second);
  deadlines_.clear(id);
  rekeyings_.erase(it);
}

/// The channel has the SPI of keys that it was given.
void Rekeyings::end_running(Rekeying& rekeying) {
  if (rekeying.running && !rekeying.running->is_confirming) spis_.release(rekeying.running->exchange.own().spi());
  rekeying.running.reset();
}

void Rekeyings::handle_sealed(TimePoint now, ChannelId id, std::uint64_t packets) {
  if (packets < config_.limits.rekey_packets) return;
  const auto it = rekeyings_.find(id);
  if (it == rekeyings_.end()) return;
  Rekeying& rekeying = it->second;
  // What failed is tried again in its own time.
  if (rekeying.running || now >= rekeying.due || rekeying.failures != 0) return;
  rekeying.due = now;
  schedule(id, rekeying);
}

void Rekeyings::handle_frame(TimePoint now, ChannelId id, const FrameMessage& frame) {
  const auto it = rekeyings_.find(id);
  if (it == rekeyings_.end()) return;
  Rekeying& rekeying = it->second;
  if (rekeying.lingering && rekeying.lingering->remote == frame.sender) {
    rekeying.confirm_due = true;
    return touch(id, rekeying);
  }
  if (rekeying.running) {
    Running& running = *rekeying.running;
    HandshakeExchange& exchange = running.exchange;
    if (exchange.remote() == frame.sender) return feed(now, id, rekeying, frame);
    const bool is_ours = frame.receiver.is_zero() || frame.receiver == exchange.own();
    if (!is_ours || running.is_confirming) return counters_.add("drop_rekey_frame");
    if (!exchange.remote()) {
      exchange.bind(frame.sender);
      return feed(now, id, rekeying, frame);
    }
    // The peer began anew: it has forgotten the handshake that ours was bound to.
    if (!frame.receiver.is_zero()) return counters_.add("drop_rekey_frame");
    end_running(rekeying);
  }
  if (!frame.receiver.is_zero()) return counters_.add("drop_rekey_frame");
  start(now, id, rekeying, frame.sender);
  if (rekeying.running) feed(now, id, rekeying, frame);
}

void Rekeyings::start(TimePoint now, ChannelId id, Rekeying& rekeying, std::optional<SessionId> remote) {
  const HandshakeExchange::Pace pace{config_.limits.retransmit_first, config_.limits.retransmit_longest};
  rekeying.running = std::make_unique<Running>(
      Running{.exchange = HandshakeExchange(spis_.draw(), pace), .give_up = now + config_.limits.give_up});
  Running& running = *rekeying.running;
  if (remote) running.exchange.bind(*remote);
  schedule(id, rekeying);
  touch(id, rekeying);
  go_on(now, id, rekeying, running.exchange.begin(role_towards(config_.self, rekeying.peer)));
}

void Rekeyings::feed(TimePoint now, ChannelId id, Rekeying& rekeying, const FrameMessage& frame) {
  HandshakeExchange& exchange = rekeying.running->exchange;
  const auto heard = exchange.hear(frame);
  if (heard == HandshakeExchange::Heard::refused) return counters_.add("drop_frame_refused");
  if (heard == HandshakeExchange::Heard::news) {
    exchange.restart_timer(now);
    schedule(id, rekeying);
  }
  touch(id, rekeying);
  go_on(now, id, rekeying, exchange.advance(admission_.handshakes()));
}

void Rekeyings::go_on(TimePoint now, ChannelId id, Rekeying& rekeying, HandshakeExchange::Progress progress) {
  using Progress = HandshakeExchange::Progress;
  Running& running = *rekeying.running;
  if (progress == Progress::wants_handshake) {
    progress = running.exchange.take_up(admission_.begin(now, running.exchange.role()));
  }
  switch (progress) {
    case Progress::waits:
    case Progress::wants_handshake: return;
    case Progress::nonsense: return fail(now, id, rekeying, Ending::refused);
    case Progress::failed:
      // The alert tells the peer why; it is not repeated.
      if (running.exchange.remote()) flush_one(now, id, rekeying);
      return fail(now, id, rekeying, Ending::refused);
    case Progress::done:
      if (!running.is_confirming) complete(now, id, rekeying);
  }
}

void Rekeyings::complete(TimePoint now, ChannelId id, Rekeying& rekeying) {
  Running& running = *rekeying.running;
  const PeerIdentity& identity = running.exchange.handshake().peer();
  if (identity.id != rekeying.peer) return fail(now, id, rekeying, Ending::wrong_peer);
  if (!admission_.admits(identity)) return fail(now, id, rekeying, Ending::revoked);
  outputs_.push(Renewed{id, agreement_of(running.exchange, config_)});
  if (running.exchange.role() == HandshakeRole::client) {
    // The server may not have our last flight yet: the old keys send until it has used the new ones.
    running.is_confirming = true;
    running.give_up = now + config_.limits.give_up;
  } else {
    rekeying.lingering =
        std::make_unique<Lingering>(Lingering{*running.exchange.remote(), now + config_.limits.give_up});
    rekeying.running.reset();
    rekeying.confirm_due = true;
    note_new_keys(now, rekeying, HandshakeRole::server);
  }
  schedule(id, rekeying);
  touch(id, rekeying);
}

void Rekeyings::handle_confirmed(TimePoint now, ChannelId id) {
  Rekeying& rekeying = rekeyings_.at(id);
  assert(rekeying.running && rekeying.running->is_confirming);
  end_running(rekeying);
  note_new_keys(now, rekeying, HandshakeRole::client);
  schedule(id, rekeying);
}

void Rekeyings::fail(TimePoint now, ChannelId id, Rekeying& rekeying, Ending why) {
  counters_.add("handshake_failed");
  end_running(rekeying);
  outputs_.push(Abandoned{id});
  // A peer that can't prove itself again (its certificate has expired) must not stay on old keys.
  if (why != Ending::timed_out || ++rekeying.failures >= max_failures) return outputs_.push(Lost{id, why});
  rekeying.due = now + config_.limits.give_up;
  schedule(id, rekeying);
}

void Rekeyings::drop_all() {
  rekeyings_.clear();
  deadlines_.clear_all();
  dirty_.clear();
  outputs_.clear();
}

void Rekeyings::send_frames(ChannelId id, const std::vector<FrameMessage>& frames) {
  for (const FrameMessage& frame : frames) {
    Bytes body;
    encode_frame_body(frame, body);
    outputs_.push(SendFrame{id, std::move(body)});
  }
}

void Rekeyings::touch(ChannelId id, Rekeying& rekeying) {
  if (rekeying.is_dirty) return;
  rekeying.is_dirty = true;
  dirty_.push_back(id);
}

void Rekeyings::flush(TimePoint now) {
  const auto dirty = std::exchange(dirty_, {});
  for (const ChannelId id : dirty) {
    const auto it = rekeyings_.find(id);
    if (it == rekeyings_.end() || !it->second.is_dirty) continue;
    it->second.is_dirty = false;
    flush_one(now, id, it->second);
  }
}

void Rekeyings::flush_one(TimePoint now, ChannelId id, Rekeying& rekeying) {
  if (std::exchange(rekeying.confirm_due, false)) return outputs_.push(Confirm{id});
  if (!rekeying.running) return;
  HandshakeExchange& exchange = rekeying.running->exchange;
  const auto frames = exchange.take_unsent();
  send_frames(id, frames);
  if (frames.empty() || (exchange.remote() && frames.front().data.empty())) return;
  exchange.restart_timer(now);
  schedule(id, rekeying);
}

void Rekeyings::schedule(ChannelId id, const Rekeying& rekeying) {
  std::optional<TimePoint> when;
  if (rekeying.lingering) when = rekeying.lingering->until;
  if (rekeying.running) {
    when = earliest(when, earliest(rekeying.running->give_up, rekeying.running->exchange.again_at()));
  } else {
    when = earliest(when, rekeying.due);
  }
  deadlines_.set(id, *when);
}

void Rekeyings::handle_timeout(TimePoint now) {
  while (const auto id = deadlines_.take_due(now)) {
    const auto it = rekeyings_.find(*id);
    if (it != rekeyings_.end()) run_timer(now, *id, it->second);
  }
}

void Rekeyings::run_timer(TimePoint now, ChannelId id, Rekeying& rekeying) {
  if (rekeying.lingering && now >= rekeying.lingering->until) rekeying.lingering.reset();
  if (!rekeying.running) {
    if (now < rekeying.due) return schedule(id, rekeying);
    counters_.add("channel_rekey");
    return start(now, id, rekeying, std::nullopt);
  }
  Running& running = *rekeying.running;
  if (now >= running.give_up) return fail(now, id, rekeying, Ending::timed_out);
  if (const auto again = running.exchange.again_at(); again && now >= *again) {
    const auto frames = running.exchange.unacknowledged();
    send_frames(id, frames);
    if (frames.empty()) {
      running.exchange.stop_timer();
    } else {
      running.exchange.note_repeated(now);
    }
  }
  schedule(id, rekeying);
}

}  // namespace ipop::crypto
