// Openings: what comes and goes, and when again.

#include <algorithm>
#include <cassert>

#include "crypto/openings.hpp"

namespace ipop::crypto {
namespace {

// A responder that restarted does not know its old cookie: every third repetition asks for a new one.
constexpr unsigned opens_per_init = 3;

/// OPEN stands for the first frame.
FrameMessage frame_of(const OpenMessage& open) {
  FrameMessage out;
  out.sender = open.opener;
  out.data = open.data;
  return out;
}

}  // namespace

void Openings::handle_init(TimePoint now, const Carrier& from, const InitMessage& init) {
  const auto answer = strangers_.answer(now, from, init);
  if (!answer) return counters_.add("drop_init_rate");
  Bytes packet;
  encode(tag_, *answer, packet);
  assert(packet.size() <= InitMessage::size);
  outputs_.push(Send{from, std::move(packet)});
}

void Openings::handle_cookie(TimePoint now, const Carrier& from, const CookieMessage& cookie) {
  const auto it = openings_.find(cookie.opener.spi());
  if (it == openings_.end() || it->second.exchange.own() != cookie.opener) return counters_.add("drop_cookie_unknown");
  Opening& opening = it->second;
  const bool is_first = opening.stage == Stage::init;
  // Late cookies answer repeated questions.
  if (!is_first && opening.stage != Stage::opening) return counters_.add("drop_cookie_late");
  if (cookie.responder_id == config_.self) {
    return fail(now, opening, Ending::refused, "this node itself answers there");
  }
  if (opening.expected && *opening.expected != cookie.responder_id) {
    return fail(now, opening, Ending::wrong_peer, "found " + to_short_string(cookie.responder_id));
  }
  if (!is_first && opening.claimed != cookie.responder_id) return counters_.add("drop_cookie_late");
  // The echoed session id proves that the sender saw our packet.
  opening.path.follow(from, CookieMessage::size);
  opening.cookie = cookie.cookie;
  if (!is_first) return;
  set_stage(now, opening, Stage::opening);
  static_cast<void>(begin(now, opening, cookie.responder_id));
}

void Openings::handle_open(TimePoint now, const Carrier& from, const OpenMessage& open, std::size_t channels) {
  if (!strangers_.has_good_cookie(now, from, open)) return counters_.add("drop_open_cookie");
  if (open.opener_id == config_.self) return counters_.add("drop_open_from_self");

  if (const auto known = by_remote_.find({open.opener_id, open.opener}); known != by_remote_.end()) {
    Opening& opening = openings_.at(known->second);
    if (opening.stage == Stage::running) opening.path.move(from);  // the cookie vouches for it
    return feed(now, opening, from, frame_of(open));
  }
  // Both sides opened at once over the same carrier: one handshake serves both.
  if (const auto ours = asked_.find(from); ours != asked_.end()) {
    Opening& opening = openings_.at(ours->second);
    if (opening.is_free_for(open.opener_id)) {
      const bool is_begun = opening.stage == Stage::opening;
      bind(now, opening, open.opener, open.opener_id);
      opening.path.move(from);
      if (!is_begun && !begin(now, opening, open.opener_id)) return;
      return feed(now, opening, from, frame_of(open));
    }
  }
  admit(now, from, open, channels);
}

void Openings::admit(TimePoint now, const Carrier& from, const OpenMessage& open, std::size_t channels) {
  if (channels >= config_.limits.channels) return counters_.add("drop_open_channels");
  if (!strangers_.may_begin(now, from)) return counters_.add("drop_open_rate");
  Opening& opening = add(now, from, false);
  bind(now, opening, open.opener, open.opener_id);
  if (!crowd_out(now, opening.own())) return;
  if (begin(now, opening, open.opener_id)) feed(now, opening, from, frame_of(open));
}

void Openings::handle_frame(TimePoint now, const Carrier& from, const FrameMessage& frame) {
  const auto it = openings_.find(frame.receiver.spi());
  if (it == openings_.end() || it->second.exchange.own() != frame.receiver) return counters_.add("drop_frame_unknown");
  Opening& opening = it->second;
  if (opening.stage == Stage::init) return counters_.add("drop_frame_unexpected");
  if (!opening.exchange.remote()) bind(now, opening, frame.sender, *opening.claimed);
  if (*opening.exchange.remote() != frame.sender) return counters_.add("drop_frame_session");
  feed(now, opening, from, frame);
}

void Openings::send(Opening& opening, Bytes packet) {
  const Carrier& to = opening.path.next(packet.size());
  outputs_.push(Send{to, std::move(packet)});
}

void Openings::send_init(Opening& opening) {
  Bytes packet;
  encode(tag_, InitMessage{opening.exchange.own(), config_.self}, packet);
  send(opening, std::move(packet));
}

void Openings::send_open(Opening& opening) {
  OpenMessage open;
  open.opener = opening.exchange.own();
  open.opener_id = config_.self;
  open.cookie = opening.cookie;
  open.data = opening.exchange.take_first();
  Bytes packet;
  encode(tag_, open, packet);
  send(opening, std::move(packet));
}

void Openings::send_frames(Opening& opening, const std::vector<FrameMessage>& frames) {
  for (const FrameMessage& frame : frames) {
    Bytes packet;
    encode(tag_, frame, packet);
    send(opening, std::move(packet));
  }
}

void Openings::resend(TimePoint now, Opening& opening) {
  switch (opening.stage) {
    case Stage::init: send_init(opening); break;
    case Stage::opening:
      send_open(opening);
      if (++opening.repeats % opens_per_init == 0) send_init(opening);
      break;
    case Stage::running:
    case Stage::confirming: {
      const auto frames = opening.exchange.unacknowledged();
      send_frames(opening, frames);
      if (frames.empty()) return opening.exchange.stop_timer();
      break;
    }
    case Stage::lingering: return opening.exchange.stop_timer();
  }
  opening.exchange.note_repeated(now);
}

void Openings::touch(Opening& opening) {
  if (opening.is_dirty) return;
  opening.is_dirty = true;
  dirty_.push_back(opening.own());
}

void Openings::flush(TimePoint now) {
  const auto dirty = std::exchange(dirty_, {});
  for (const Spi own : dirty) {
    const auto it = openings_.find(own);
    if (it == openings_.end() || !it->second.is_dirty) continue;
    it->second.is_dirty = false;
    flush_one(now, it->second);
  }
}

/// Sends what an input made ready: a confirm, new octets, or at least what was received.
void Openings::flush_one(TimePoint now, Opening& opening) {
  if (std::exchange(opening.confirm_due, false)) return outputs_.push(Confirm{opening.own()});
  if (opening.stage == Stage::opening) {
    send_open(opening);
    return restart_timer(now, opening);
  }
  if (opening.stage != Stage::running && opening.stage != Stage::confirming) return;
  const auto frames = opening.exchange.take_unsent();
  send_frames(opening, frames);
  if (std::ranges::any_of(frames, [](const FrameMessage& frame) { return !frame.data.empty(); })) {
    restart_timer(now, opening);
  }
}

void Openings::note_progress(TimePoint now, Opening& opening) {
  opening.note_progress(now, config_.limits);
  schedule(opening);
}

void Openings::restart_timer(TimePoint now, Opening& opening) {
  opening.exchange.restart_timer(now);
  schedule(opening);
}

void Openings::schedule(const Opening& opening) {
  deadlines_.set(opening.own(), opening.due_at(config_.limits));
}

void Openings::handle_timeout(TimePoint now) {
  while (const auto own = deadlines_.take_due(now)) {
    const auto it = openings_.find(*own);
    if (it != openings_.end()) run_timer(now, it->second);
  }
}

void Openings::run_timer(TimePoint now, Opening& opening) {
  if (now >= opening.give_up) return expire(now, opening);
  if (const auto stalls = opening.stalls_at(config_.limits); stalls && now >= *stalls) return begin_again(now, opening);
  if (const auto again = opening.exchange.again_at(); again && now >= *again) resend(now, opening);
  schedule(opening);
}

void Openings::begin_again(TimePoint now, const Opening& opening) {
  counters_.add("handshake_begun_again");
  const Carrier carrier = *opening.path.asked();
  const auto tag = opening.tag;
  const auto expected = opening.expected;
  const TimePoint give_up = opening.give_up;
  remove(opening.own());
  Opening& again = ask(now, carrier, expected);
  again.tag = tag;
  again.give_up = give_up;
  schedule(again);
}

void Openings::expire(TimePoint now, Opening& opening) {
  switch (opening.stage) {
    case Stage::init: return fail(now, opening, Ending::timed_out, "no answer");
    case Stage::opening: return fail(now, opening, Ending::timed_out, "no answer after the cookie");
    case Stage::running: return fail(now, opening, Ending::timed_out, "handshake did not end");
    case Stage::confirming: return fail(now, opening, Ending::timed_out, "keys were not confirmed");
    case Stage::lingering: return remove(opening.own());
  }
}

}  // namespace ipop::crypto
