#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/cookie.hpp"
#include "crypto/frame_stream.hpp"
#include "crypto/handshake.hpp"
#include "crypto/handshake_frame.hpp"
#include "crypto/path_allowance.hpp"

namespace ipop::crypto {

/// One handshake from this side: opened by us, by the peer, or inside a channel to renew its keys.
struct Attempt {
  enum class Stage {
    init,        ///< INIT goes out until a cookie comes
    opening,     ///< OPEN goes out until a frame comes
    running,     ///< both session ids are known (or, while rekeying, ours went out)
    confirming,  ///< we are the client and done; the last flight goes out until the peer uses the keys
    lingering,   ///< we are the server and done; a repeated last flight is answered with a confirm
  };

  SessionId own{};
  std::optional<SessionId> remote{};
  Stage stage = Stage::init;
  Carrier carrier{};  ///< where packets go; follows the peer
  /// While the peer answers from another address than the one that was asked: what may be sent there.
  std::optional<PathAllowance> allowance{};
  std::optional<Carrier> asked{};  ///< the carrier given to open(); none when the peer asked
  std::optional<std::uint64_t> tag{};
  std::optional<NodeId> expected{};
  std::optional<NodeId> claimed{};     ///< who the peer says it is; decides the roles
  std::optional<ChannelId> channel{};  ///< being rekeyed, or made by this attempt
  bool is_rekey = false;

  Cookie cookie{};
  HandshakeRole role = HandshakeRole::client;
  /// Of a server none before the client's hello is whole, which gathers in `hello`.
  std::unique_ptr<Handshake> handshake{};
  Bytes hello{};
  FrameStream stream{};
  std::vector<Bytes> parked{};  ///< sealed packets that overtook the end of the handshake

  Duration interval{};
  std::optional<TimePoint> retransmit{};
  unsigned repeats = 0;  ///< of OPEN
  TimePoint born{};
  TimePoint progress_at{};  ///< when something new came
  TimePoint give_up{};

  bool is_dirty = false;     ///< waits for the end of the input to send
  bool ack_due = false;      ///< frames came that nothing else acknowledges
  bool confirm_due = false;  ///< the peer must learn that we have the keys

  /// Not authenticated yet.
  [[nodiscard]] bool is_open_ended() const {
    return stage == Stage::init || stage == Stage::opening || stage == Stage::running;
  }
  /// Counts against the bound on handshakes that we did not ask for.
  [[nodiscard]] bool is_half_open() const { return !asked && !is_rekey && stage == Stage::running; }
};

}  // namespace ipop::crypto
