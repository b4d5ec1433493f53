// ChannelTable::State: a peer that shows itself elsewhere (RFC 9000, 8.2 and 9.3).

#include "crypto/channel_table_state.hpp"

namespace ipop::crypto {

void ChannelTable::State::note_elsewhere(TimePoint now, Channel& channel, const Carrier& from, bool is_newest,
                                         std::size_t octets) {
  if (!may_follow(channel.carrier, from)) return counters_.add("channel_move_refused");
  // Copies and late packets tell nothing about where the peer is.
  if (is_newest && (!channel.elsewhere || channel.elsewhere->carrier() != from)) {
    channel.elsewhere.emplace(now, from, rng_);
  }
  if (!channel.elsewhere || channel.elsewhere->carrier() != from) return;
  channel.elsewhere->note_received(octets);
  ask_elsewhere(now, channel);
}

void ChannelTable::State::ask_elsewhere(TimePoint now, Channel& channel) {
  if (!channel.elsewhere) return;
  Elsewhere& elsewhere = *channel.elsewhere;
  if (elsewhere.is_over(now)) {
    counters_.add("channel_move_not_confirmed");
    channel.elsewhere.reset();
  } else if (elsewhere.asks(now, Session::overhead + 2 + Elsewhere::challenge_size)) {
    send_inner_to(now, channel, elsewhere.carrier(), InnerMessage::path_challenge, elsewhere.challenge());
  }
  schedule(channel);
}

void ChannelTable::State::handle_path_challenge(TimePoint now, Channel& channel, const Carrier& from, ByteSpan body) {
  if (body.size() != Elsewhere::challenge_size) return counters_.add("drop_channel_inner_malformed");
  // Back the way that it came: that way is the question.
  send_inner_to(now, channel, from, InnerMessage::path_response, body);
}

void ChannelTable::State::handle_path_response(Channel& channel, ByteSpan body) {
  if (!channel.elsewhere || !channel.elsewhere->is_answer(body)) return counters_.add("drop_path_response");
  const Carrier carrier = channel.elsewhere->carrier();
  set_carrier(channel, carrier);
  counters_.add("channel_moved");
  outputs_.emit(Moved{channel.id, carrier});
}

void ChannelTable::State::set_carrier(Channel& channel, const Carrier& carrier) {
  channel.carrier = carrier;
  channel.elsewhere.reset();
  if (channel.opening) openings_.handle_moved(*channel.opening, carrier);
}

}  // namespace ipop::crypto
