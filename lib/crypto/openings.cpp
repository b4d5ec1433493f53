#include "crypto/openings.hpp"

#include <algorithm>
#include <cassert>

namespace ipop::crypto {

Openings::Openings(const ChannelTable::Config& config, const Admission& admission, SpiTable& spis, Rng& rng,
                   Counters& counters)
    : config_(config),
      admission_(admission),
      spis_(spis),
      counters_(counters),
      tag_(tag_of(config.context)),
      strangers_(config.self, rng),
      half_open_(config.limits.half_open) {}

void Openings::open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected, std::uint64_t tag,
                    std::size_t channels) {
  if (expected && *expected == config_.self) {
    return outputs_.push(OpenFailed{carrier, tag, Ending::refused, "this node itself"});
  }
  if (const auto known = asked_.find(carrier); known != asked_.end()) {
    Opening& opening = openings_.at(known->second);
    opening.tag = tag;
    opening.give_up = now + config_.limits.give_up;
    if (expected) opening.expected = expected;
    if (expected && opening.claimed && *opening.claimed != *expected) {
      return fail(now, opening, Ending::wrong_peer, "found " + to_short_string(*opening.claimed));
    }
    return schedule(opening);
  }
  // The peer may have been faster: its handshake over this carrier becomes ours.
  const auto theirs = std::ranges::find_if(openings_, [&](const auto& entry) {
    const Opening& opening = entry.second;
    return opening.is_half_open() && opening.path.carrier() == carrier && (!expected || opening.claimed == expected);
  });
  if (theirs != openings_.end()) {
    Opening& opening = theirs->second;
    half_open_.remove(opening.own());
    opening.give_up = now + config_.limits.give_up;
    opening.path.ask();
    opening.tag = tag;
    opening.expected = expected;
    asked_.emplace(carrier, opening.own());
    return schedule(opening);
  }
  if (channels + asked_.size() >= config_.limits.channels) {
    return outputs_.push(OpenFailed{carrier, tag, Ending::exhausted, "too many channels"});
  }
  ask(now, carrier, expected).tag = tag;
}

void Openings::probe(TimePoint now, const Carrier& carrier, const NodeId& peer) {
  ask(now, carrier, peer);
}

Opening& Openings::ask(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected) {
  Opening& opening = add(now, carrier, true);
  opening.expected = expected;
  asked_.emplace(carrier, opening.own());
  send_init(opening);
  restart_timer(now, opening);
  return opening;
}

Opening& Openings::add(TimePoint now, const Carrier& carrier, bool is_ours) {
  const SessionId own = spis_.draw();
  const HandshakeExchange::Pace pace{config_.limits.retransmit_first, config_.limits.retransmit_longest};
  Opening fresh{.exchange = HandshakeExchange(own, pace), .path = HandshakePath(carrier, is_ours)};
  Opening& opening = openings_.emplace(own.spi(), std::move(fresh)).first->second;
  opening.born = now;
  opening.progress_at = now;
  opening.give_up = now + config_.limits.give_up;
  schedule(opening);
  return opening;
}

void Openings::cancel(const Carrier& carrier) {
  const auto known = asked_.find(carrier);
  if (known != asked_.end()) remove(known->second);
}

void Openings::nudge(TimePoint /*now*/, const Carrier& carrier) {
  const auto known = asked_.find(carrier);
  if (known == asked_.end()) return;
  Opening& opening = openings_.at(known->second);
  if (opening.stage == Stage::init) send_init(opening);
  if (opening.stage == Stage::opening) send_open(opening);
}

void Openings::accept(TimePoint now, Spi own) {
  Opening& opening = openings_.at(own);
  opening.give_up = now + config_.limits.give_up;
  if (opening.path.asked()) asked_.erase(*opening.path.asked());
  if (opening.exchange.role() == HandshakeRole::client) {
    set_stage(now, opening, Stage::confirming);
  } else {
    set_stage(now, opening, Stage::lingering);
    opening.exchange.put_away();
    opening.confirm_due = true;
  }
  schedule(opening);
  touch(opening);
}

void Openings::refuse(TimePoint now, Spi own, Ending why, const std::string& detail) {
  fail(now, openings_.at(own), why, detail);
}

void Openings::handle_moved(Spi own, const Carrier& carrier) {
  const auto it = openings_.find(own);
  if (it != openings_.end()) it->second.path.move(carrier);
}

void Openings::forget(Spi own) {
  remove(own);
}

void Openings::end_all(TimePoint now) {
  std::vector<Spi> ending;
  for (const auto& [own, opening] : openings_) {
    if (!opening.is_done()) ending.push_back(own);
  }
  for (const Spi own : ending)
    fail(now, openings_.at(own), Ending::revoked, "this node changed its group");
}

void Openings::drop_all() {
  openings_.clear();
  asked_.clear();
  by_remote_.clear();
  deadlines_.clear_all();
  dirty_.clear();
  outputs_.clear();
  half_open_.clear();
  strangers_.void_cookies();
}

bool Openings::expects(Spi own, const Carrier& from) const {
  const auto it = openings_.find(own);
  return it != openings_.end() && it->second.stage == Stage::running && it->second.path.carrier() == from;
}

void Openings::bind(TimePoint now, Opening& opening, const SessionId& remote, const NodeId& claimed) {
  opening.exchange.bind(remote);
  opening.claimed = claimed;
  by_remote_.insert_or_assign({claimed, remote}, opening.own());
  set_stage(now, opening, Stage::running);
  note_progress(now, opening);
}

void Openings::set_stage(TimePoint now, Opening& opening, Stage stage) {
  const bool before = opening.is_half_open();
  opening.stage = stage;
  const bool after = opening.is_half_open();
  if (after && !before) half_open_.add(now, opening.own(), opening.path.carrier());
  if (before && !after) half_open_.give_back(opening.own());
}

bool Openings::crowd_out(TimePoint now, Spi newest) {
  while (const auto loser = half_open_.one_too_many(now)) {
    counters_.add("half_open_crowded_out");
    remove(*loser);
  }
  return openings_.contains(newest);
}

bool Openings::begin(TimePoint now, Opening& opening, const NodeId& peer) {
  const Spi own = opening.own();
  opening.claimed = peer;
  touch(opening);
  go_on(now, opening, opening.exchange.begin(role_towards(config_.self, peer)));
  return openings_.contains(own);
}

void Openings::feed(TimePoint now, Opening& opening, const Carrier& from, const FrameMessage& frame) {
  if (opening.stage == Stage::lingering) {
    opening.confirm_due = true;
    return touch(opening);
  }
  const auto heard = opening.exchange.hear(frame);
  if (heard == HandshakeExchange::Heard::refused) return counters_.add("drop_frame_refused");
  if (heard == HandshakeExchange::Heard::news) {
    // Only what is new moves the attempt: a copy of an old frame from elsewhere does not.
    opening.path.follow(from, FrameMessage::head_size + frame.data.size());
    note_progress(now, opening);
    restart_timer(now, opening);
  }
  touch(opening);
  go_on(now, opening, opening.exchange.advance(admission_.handshakes()));
}

void Openings::go_on(TimePoint now, Opening& opening, HandshakeExchange::Progress progress) {
  using Progress = HandshakeExchange::Progress;
  if (progress == Progress::wants_handshake) {
    half_open_.set_working(opening.own());
    if (!crowd_out(now, opening.own())) return;
    progress = opening.exchange.take_up(admission_.begin(now, opening.exchange.role()));
  }
  switch (progress) {
    case Progress::waits:
    case Progress::wants_handshake: return;
    case Progress::nonsense: return fail(now, opening, Ending::refused, "no client hello");
    case Progress::failed:
      // The alert tells the peer why; it is not repeated.
      if (opening.exchange.remote()) flush_one(now, opening);
      return fail(now, opening, Ending::refused, std::string(opening.exchange.failure()));
    case Progress::done:
      if (opening.stage == Stage::running) complete(now, opening);
  }
}

void Openings::complete(TimePoint now, Opening& opening) {
  const PeerIdentity& identity = opening.exchange.handshake().peer();
  const NodeId peer = identity.id;
  if (peer != *opening.claimed || (opening.expected && peer != *opening.expected)) {
    return fail(now, opening, Ending::wrong_peer, "found " + to_short_string(peer));
  }
  if (!admission_.admits(identity)) {
    return fail(now, opening, Ending::revoked, "revoked during the handshake");
  }
  std::vector<OpenFailed> overtaken = take_over_rivals(opening, peer);
  opening.path.conclude();
  outputs_.push(Done{agreement_of(opening.exchange, config_), opening.path.carrier(), opening.tag});
  for (OpenFailed& failed : overtaken)
    outputs_.push(std::move(failed));
}

/// Of several attempts at one peer the first that is authenticated wins: one over the same carrier
/// ends, and our question under another of the peer's endpoints is answered by this channel.
std::vector<Openings::OpenFailed> Openings::take_over_rivals(Opening& opening, const NodeId& peer) {
  std::vector<Spi> losers;
  for (const auto& [own, rival] : openings_) {
    if (rival.is_rival_of(opening, peer)) losers.push_back(own);
  }
  if (!opening.path.asked() && losers.empty()) {
    const auto renamed =
        std::ranges::find_if(openings_, [&](const auto& entry) { return entry.second.is_answered_by(opening, peer); });
    if (renamed != openings_.end()) losers.push_back(renamed->first);
  }
  std::vector<OpenFailed> overtaken;
  for (const Spi own : losers) {
    const Opening& loser = openings_.at(own);
    if (!opening.tag) {
      opening.tag = loser.tag;
    } else if (loser.tag) {
      overtaken.push_back({loser.path.name(), *loser.tag, Ending::overtaken, {}});
    }
    remove(own);
  }
  return overtaken;
}

void Openings::fail(TimePoint /*now*/, Opening& opening, Ending why, const std::string& detail) {
  counters_.add("handshake_failed");
  if (opening.stage == Stage::confirming) return outputs_.push(Unconfirmed{opening.own(), why});
  const auto tag = opening.tag;
  const Carrier carrier = opening.path.name();
  remove(opening.own());
  if (tag) outputs_.push(OpenFailed{carrier, *tag, why, detail});
}

void Openings::remove(Spi own) {
  const auto it = openings_.find(own);
  if (it == openings_.end()) return;
  const Opening& opening = it->second;
  half_open_.remove(own);
  if (opening.path.asked()) {
    const auto asked = asked_.find(*opening.path.asked());
    if (asked != asked_.end() && asked->second == own) asked_.erase(asked);
  }
  if (opening.exchange.remote()) {
    const auto known = by_remote_.find({*opening.claimed, *opening.exchange.remote()});
    if (known != by_remote_.end() && known->second == own) by_remote_.erase(known);
  }
  // The channel has the SPI of one that is done.
  if (!opening.is_done()) spis_.release(own);
  deadlines_.clear(own);
  openings_.erase(it);
}

}  // namespace ipop::crypto
