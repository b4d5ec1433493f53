#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/frame_stream.hpp"
#include "crypto/handshake.hpp"
#include "crypto/handshake_frame.hpp"

namespace ipop::crypto {

/// Who is TLS client between the two.
inline HandshakeRole role_towards(const NodeId& self, const NodeId& peer) {
  return self < peer ? HandshakeRole::client : HandshakeRole::server;
}

/// One handshake as frames that are acknowledged and sent again: what both ends say, and how far it has come. Where
/// frames travel, who may begin and what the end means, its owner knows.
class HandshakeExchange {
 public:
  /// How long an answer is awaited before everything is said again.
  struct Pace {
    Duration first{};
    Duration longest{};
  };
  enum class Progress {
    waits,            ///< for the peer
    wants_handshake,  ///< take_up() is next: what the peer said first is whole, or we speak first
    nonsense,         ///< what the peer says is not how a handshake begins
    failed,           ///< failure() says why; what is still to be sent tells the peer
    done,             ///< also for whatever the peer says behind the end
  };

  HandshakeExchange(SessionId own, Pace pace) : own_(own), pace_(pace) {}

  [[nodiscard]] const SessionId& own() const { return own_; }
  /// The peer's id of this exchange; nothing before it is known.
  [[nodiscard]] const std::optional<SessionId>& remote() const { return remote_; }
  void bind(const SessionId& remote) { remote_ = remote; }

  /// As soon as it is known who the peer is.
  Progress begin(HandshakeRole role) {
    role_ = role;
    return role == HandshakeRole::client ? Progress::wants_handshake : Progress::waits;
  }
  [[nodiscard]] HandshakeRole role() const { return role_; }
  Progress take_up(std::unique_ptr<Handshake> handshake);

  enum class Heard { refused, nothing_new, news };
  Heard hear(const FrameMessage& frame);
  /// What was heard goes into the handshake.
  Progress advance(const HandshakeFactory& handshakes);
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Only when done, until it is put away.
  [[nodiscard]] const Handshake& handshake() const { return *handshake_; }
  /// Nothing more will be said: only its ids are left.
  void put_away();

  /// The first piece of our octets, for the message that opens.
  [[nodiscard]] Bytes take_first() { return to_bytes(stream_.take_first().data); }
  /// What was not sent before; one without data when there is only something to acknowledge, or when the peer does
  /// not know of this exchange.
  [[nodiscard]] std::vector<FrameMessage> take_unsent();
  /// What was sent and not acknowledged.
  [[nodiscard]] std::vector<FrameMessage> unacknowledged();

  /// Something was said: its answer is awaited from the start.
  void restart_timer(TimePoint now);
  void stop_timer() { again_at_.reset(); }
  /// When everything is to be said again.
  [[nodiscard]] const std::optional<TimePoint>& again_at() const { return again_at_; }
  /// It was said again: the next answer is awaited for twice as long.
  void note_repeated(TimePoint now);

 private:
  Progress run(ByteSpan octets);
  [[nodiscard]] FrameMessage frame(const FrameStream::Piece& piece);
  [[nodiscard]] std::vector<FrameMessage> frames(const std::vector<FrameStream::Piece>& pieces);

  SessionId own_;
  std::optional<SessionId> remote_{};
  HandshakeRole role_ = HandshakeRole::client;
  /// Of a server none before the client's hello is whole, which gathers in `hello_`.
  std::unique_ptr<Handshake> handshake_{};
  Bytes hello_{};
  FrameStream stream_{};
  bool ack_due_ = false;  // frames came that nothing else acknowledges
  std::string failure_{};
  Pace pace_;
  Duration wait_{};
  std::optional<TimePoint> again_at_{};
};

}  // namespace ipop::crypto
