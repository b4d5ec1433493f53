#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "crypto/admission.hpp"
#include "crypto/agreement.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/deadline_queue.hpp"
#include "crypto/spi_table.hpp"

namespace ipop::crypto {

/// New keys for channels that stand: when they are due, the handshake inside the channel, and what becomes of a peer
/// that can't prove itself again. One handshake a channel; strangers never get here. docs/wire/channel.md
class Rekeyings {
 public:
  using Ending = ChannelTable::Ending;

  /// The body of a frame, to be sealed with the keys in use.
  struct SendFrame {
    ChannelId channel{};
    Bytes body{};
  };
  /// The peer sends its last flight again: it has to learn that we have the new keys.
  struct Confirm {
    ChannelId channel{};
  };
  /// New keys. A server sends with them at once; a client when the peer has used them: handle_confirmed().
  struct Renewed {
    ChannelId channel{};
    Agreement agreement{};
  };
  /// The peer did not answer: keys that were renewed and not confirmed are void. It is tried again.
  struct Abandoned {
    ChannelId channel{};
  };
  /// The channel has to end: its peer is gone, or no longer who it was.
  struct Lost {
    ChannelId channel{};
    Ending why{};
  };
  using Output = std::variant<SendFrame, Confirm, Renewed, Abandoned, Lost>;

  /// All references outlive it.
  Rekeyings(const ChannelTable::Config& config, const Admission& admission, SpiTable& spis, Counters& counters)
      : config_(config), admission_(admission), spis_(spis), counters_(counters) {}

  /// A channel with keys of this moment, for which we had this role.
  void add(TimePoint now, ChannelId id, const NodeId& peer, HandshakeRole role);
  /// The channel has ended.
  void remove(ChannelId id);
  /// So many packets have been sealed under one of the channel's keys.
  void handle_sealed(TimePoint now, ChannelId id, std::uint64_t packets);
  /// A frame that came over the channel.
  void handle_frame(TimePoint now, ChannelId id, const FrameMessage& frame);
  /// The peer has used the keys that were renewed.
  void handle_confirmed(TimePoint now, ChannelId id);
  void drop_all();

  void handle_timeout(TimePoint now);
  /// At the end of a batch of inputs: what they made ready is sent.
  void flush(TimePoint now);
  [[nodiscard]] bool has_unsent() const { return !dirty_.empty(); }
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return deadlines_.next(); }

 private:
  struct Running {
    HandshakeExchange exchange;
    TimePoint give_up{};
    bool is_confirming = false;  ///< we are the client and done: the last flight goes out until the peer uses the keys
  };
  /// A server's end: a repeated last flight is answered with a confirm.
  struct Lingering {
    SessionId remote{};
    TimePoint until{};
  };
  struct Rekeying {
    NodeId peer{};
    TimePoint due{};
    unsigned failures = 0;
    std::unique_ptr<Running> running{};
    std::unique_ptr<Lingering> lingering{};
    bool is_dirty = false;     ///< waits for the end of the input to send
    bool confirm_due = false;  ///< the peer must learn that we have the keys
  };

  /// Each may end what runs.
  void start(TimePoint now, ChannelId id, Rekeying& rekeying, std::optional<SessionId> remote);
  void feed(TimePoint now, ChannelId id, Rekeying& rekeying, const FrameMessage& frame);
  void go_on(TimePoint now, ChannelId id, Rekeying& rekeying, HandshakeExchange::Progress progress);
  void complete(TimePoint now, ChannelId id, Rekeying& rekeying);
  void fail(TimePoint now, ChannelId id, Rekeying& rekeying, Ending why);

  void end_running(Rekeying& rekeying);
  void note_new_keys(TimePoint now, Rekeying& rekeying, HandshakeRole role);
  void send_frames(ChannelId id, const std::vector<FrameMessage>& frames);
  void flush_one(TimePoint now, ChannelId id, Rekeying& rekeying);
  void touch(ChannelId id, Rekeying& rekeying);
  void run_timer(TimePoint now, ChannelId id, Rekeying& rekeying);
  void schedule(ChannelId id, const Rekeying& rekeying);

  const ChannelTable::Config& config_;
  const Admission& admission_;
  SpiTable& spis_;
  Counters& counters_;
  std::map<ChannelId, Rekeying> rekeyings_;
  DeadlineQueue<ChannelId> deadlines_;
  std::vector<ChannelId> dirty_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::crypto
