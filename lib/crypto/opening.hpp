#pragma once

#include <cstdint>
#include <optional>

#include "crypto/channel_table.hpp"
#include "crypto/cookie.hpp"
#include "crypto/handshake_exchange.hpp"
#include "crypto/handshake_path.hpp"

namespace ipop::crypto {

/// One first handshake, ours or a stranger's: how far it has come, whom it is with, and until when it waits. It knows
/// of no other one, and sends nothing.
struct Opening {
  enum class Stage {
    init,        ///< INIT goes out until a cookie comes
    opening,     ///< OPEN goes out until a frame comes
    running,     ///< both session ids are known
    confirming,  ///< we are the client and done; the last flight goes out until the peer uses the keys
    lingering,   ///< we are the server and done; a repeated last flight is answered with a confirm
  };

  HandshakeExchange exchange;
  HandshakePath path;
  Stage stage = Stage::init;
  std::optional<std::uint64_t> tag{};
  std::optional<NodeId> expected{};
  std::optional<NodeId> claimed{};  ///< who the peer says it is; decides the roles
  Cookie cookie{};
  unsigned repeats = 0;     ///< of OPEN
  TimePoint progress_at{};  ///< when something new came
  TimePoint born{};
  TimePoint give_up{};
  bool is_dirty = false;     ///< waits for the end of the input to send
  bool confirm_due = false;  ///< the peer must learn that we have the keys

  [[nodiscard]] Spi own() const { return exchange.own().spi(); }
  [[nodiscard]] bool is_done() const { return stage == Stage::confirming || stage == Stage::lingering; }
  /// Counts against the bound on handshakes that we did not ask for.
  [[nodiscard]] bool is_half_open() const { return !path.asked() && stage == Stage::running; }

  /// The peer's own opening can go on as this one: it is not bound to another session, nor meant for somebody else.
  [[nodiscard]] bool is_free_for(const NodeId& peer) const;
  /// It is about the same peer over the same carrier as one that has just got keys, and has none itself.
  [[nodiscard]] bool is_rival_of(const Opening& winner, const NodeId& peer) const;
  /// Our question to the peer, under another of its endpoints, that this one answers: the peer came by itself.
  [[nodiscard]] bool is_answered_by(const Opening& winner, const NodeId& peer) const;

  /// Something new came: a stranger's handshake may go on for a while, but not for ever.
  void note_progress(TimePoint now, const ChannelTable::Limits& limits);
  /// When one that we asked for begins again: the other end, for which we are a stranger, has given up before.
  [[nodiscard]] std::optional<TimePoint> stalls_at(const ChannelTable::Limits& limits) const;
  /// When time does something to it.
  [[nodiscard]] TimePoint due_at(const ChannelTable::Limits& limits) const;
};

}  // namespace ipop::crypto
