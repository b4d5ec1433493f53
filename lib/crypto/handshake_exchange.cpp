#include "crypto/handshake_exchange.hpp"

#include <algorithm>
#include <utility>

namespace ipop::crypto {
namespace {

// A client hello is 193 octets, with a post-quantum share 1,400: what a stranger may make us keep before we know that
// it speaks TLS.
constexpr std::size_t max_hello = 2048;

}  // namespace

HandshakeExchange::Progress HandshakeExchange::take_up(std::unique_ptr<Handshake> handshake) {
  handshake_ = std::move(handshake);
  return run(std::exchange(hello_, {}));
}

HandshakeExchange::Heard HandshakeExchange::hear(const FrameMessage& frame) {
  bool is_news = stream_.acknowledge(frame.acknowledged);
  if (!frame.data.empty()) {
    const auto arrival = stream_.receive(frame.offset, frame.data, handshake_ ? FrameStream::capacity : max_hello);
    if (arrival == FrameStream::Arrival::refused) return Heard::refused;
    is_news = is_news || arrival == FrameStream::Arrival::progress;
    ack_due_ = true;
  }
  return is_news ? Heard::news : Heard::nothing_new;
}

HandshakeExchange::Progress HandshakeExchange::advance(const HandshakeFactory& handshakes) {
  const Bytes octets = stream_.take_received();
  if (octets.empty()) return Progress::waits;
  if (handshake_) return run(octets);
  append(hello_, octets);
  switch (handshakes.look_at(hello_)) {
    case HandshakeFactory::Beginning::incomplete: return Progress::waits;
    case HandshakeFactory::Beginning::nonsense: return Progress::nonsense;
    case HandshakeFactory::Beginning::whole: break;
  }
  return Progress::wants_handshake;
}

HandshakeExchange::Progress HandshakeExchange::run(ByteSpan octets) {
  const auto state = handshake_->advance(octets);
  const bool fits = stream_.write(handshake_->take_outgoing());
  if (!fits) {
    failure_ = "handshake is too long";
  } else if (state == Handshake::State::failed) {
    failure_ = handshake_->failure();
  } else {
    return state == Handshake::State::done ? Progress::done : Progress::waits;
  }
  return Progress::failed;
}

void HandshakeExchange::put_away() {
  handshake_.reset();
  stop_timer();
}

std::vector<FrameMessage> HandshakeExchange::take_unsent() {
  auto out = frames(stream_.take_unsent());
  if (out.empty() && (ack_due_ || !remote_)) out.push_back(frame({}));
  return out;
}

std::vector<FrameMessage> HandshakeExchange::unacknowledged() {
  auto out = frames(stream_.unacknowledged());
  // A server that renews keys has nothing to say before the client's first octets.
  if (out.empty() && !remote_) out.push_back(frame({}));
  return out;
}

FrameMessage HandshakeExchange::frame(const FrameStream::Piece& piece) {
  FrameMessage out;
  out.sender = own_;
  out.receiver = remote_.value_or(SessionId{});
  out.offset = piece.offset;
  out.acknowledged = stream_.received();
  out.data = to_bytes(piece.data);
  ack_due_ = false;
  return out;
}

std::vector<FrameMessage> HandshakeExchange::frames(const std::vector<FrameStream::Piece>& pieces) {
  std::vector<FrameMessage> out;
  out.reserve(pieces.size() + 1);
  for (const auto& piece : pieces)
    out.push_back(frame(piece));
  return out;
}

void HandshakeExchange::restart_timer(TimePoint now) {
  wait_ = pace_.first;
  again_at_.reset();
  if (!remote_ || !stream_.is_idle()) again_at_ = now + wait_;
}

void HandshakeExchange::note_repeated(TimePoint now) {
  again_at_ = now + wait_;
  wait_ = std::min(2 * wait_, pace_.longest);
}

}  // namespace ipop::crypto
