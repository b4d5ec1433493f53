#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "crypto/admission.hpp"
#include "crypto/agreement.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/deadline_queue.hpp"
#include "crypto/half_open.hpp"
#include "crypto/opening.hpp"
#include "crypto/spi_table.hpp"
#include "crypto/strangers.hpp"

namespace ipop::crypto {

/// First handshakes: those that we ask for and those of strangers, from INIT until the peer uses the keys. Cookies and
/// limits keep strangers in bounds; of several attempts at one peer one wins.
///
/// It knows no channel: the SPI of a handshake that is done names it from then on. docs/wire/channel.md
class Openings {
 public:
  using Ending = ChannelTable::Ending;

  struct Send {
    Carrier to{};
    Bytes packet{};
  };
  /// A handshake with keys; accept() or refuse() is next.
  struct Done {
    Agreement agreement{};
    Carrier carrier{};
    std::optional<std::uint64_t> tag{};
  };
  /// The peer sends its last flight again: it has to learn that we have the keys.
  struct Confirm {
    Spi own{};
  };
  /// The peer never used the keys, or refused us behind the end: the channel has to end.
  struct Unconfirmed {
    Spi own{};
    Ending why{};
  };
  using OpenFailed = ChannelTable::OpenFailed;
  using Output = std::variant<Send, Done, Confirm, Unconfirmed, OpenFailed>;

  /// All references outlive it.
  Openings(const ChannelTable::Config& config, const Admission& admission, SpiTable& spis, Rng& rng,
           Counters& counters);

  /// ChannelTable::open(), of which there are so many `channels`.
  void open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected, std::uint64_t tag,
            std::size_t channels);
  /// The peer behind the carrier seems to have forgotten our channel: asks for a new one, for nobody.
  void probe(TimePoint now, const Carrier& carrier, const NodeId& peer);
  [[nodiscard]] bool asks(const Carrier& carrier) const { return asked_.contains(carrier); }
  void cancel(const Carrier& carrier);
  void nudge(TimePoint now, const Carrier& carrier);

  void handle_init(TimePoint now, const Carrier& from, const InitMessage& init);
  void handle_cookie(TimePoint now, const Carrier& from, const CookieMessage& cookie);
  void handle_open(TimePoint now, const Carrier& from, const OpenMessage& open, std::size_t channels);
  void handle_frame(TimePoint now, const Carrier& from, const FrameMessage& frame);

  /// There is a channel for the handshake that was Done.
  void accept(TimePoint now, Spi own);
  /// There is none.
  void refuse(TimePoint now, Spi own, Ending why, const std::string& detail);
  /// Its channel has moved.
  void handle_moved(Spi own, const Carrier& carrier);
  /// The peer has used the keys, or the channel has ended. Nothing for a handshake that is not here.
  void forget(Spi own);

  /// This node changed its group: all that are not done fail.
  void end_all(TimePoint now);
  /// Without a word; no cookie made before is good.
  void drop_all();

  void handle_timeout(TimePoint now);
  /// At the end of a batch of inputs: what they made ready is sent.
  void flush(TimePoint now);
  [[nodiscard]] bool has_unsent() const { return !dirty_.empty(); }
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return deadlines_.next(); }

  /// The handshake of this SPI runs, and its peer is there: a sealed packet may be ahead of its end.
  [[nodiscard]] bool expects(Spi own, const Carrier& from) const;
  [[nodiscard]] const HalfOpen& half_open() const { return half_open_; }

 private:
  using Stage = Opening::Stage;

  // How one begins.
  Opening& add(TimePoint now, const Carrier& carrier, bool is_ours);
  Opening& ask(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected);
  void admit(TimePoint now, const Carrier& from, const OpenMessage& open, std::size_t channels);
  void bind(TimePoint now, Opening& opening, const SessionId& remote, const NodeId& claimed);
  /// False when it ended at once: the reference is not to be used afterwards.
  [[nodiscard]] bool begin(TimePoint now, Opening& opening, const NodeId& peer);
  /// Strangers' handshakes for which there is no room give way. False when `newest` was one of them.
  [[nodiscard]] bool crowd_out(TimePoint now, Spi newest);

  // How it goes on. Each may end it: the reference is not to be used afterwards.
  void feed(TimePoint now, Opening& opening, const Carrier& from, const FrameMessage& frame);
  void go_on(TimePoint now, Opening& opening, HandshakeExchange::Progress progress);
  void complete(TimePoint now, Opening& opening);
  /// What is to be said of the rivals that had a tag of their own.
  [[nodiscard]] std::vector<OpenFailed> take_over_rivals(Opening& opening, const NodeId& peer);
  void fail(TimePoint now, Opening& opening, Ending why, const std::string& detail);
  void remove(Spi own);
  void set_stage(TimePoint now, Opening& opening, Stage stage);

  // What it says.
  void send(Opening& opening, Bytes packet);
  void send_init(Opening& opening);
  void send_open(Opening& opening);
  void send_frames(Opening& opening, const std::vector<FrameMessage>& frames);
  void resend(TimePoint now, Opening& opening);
  void flush_one(TimePoint now, Opening& opening);
  void touch(Opening& opening);

  // When.
  void note_progress(TimePoint now, Opening& opening);
  void restart_timer(TimePoint now, Opening& opening);
  void schedule(const Opening& opening);
  void run_timer(TimePoint now, Opening& opening);
  void expire(TimePoint now, Opening& opening);
  /// Under a new session, from the first message on: the peer has lost its end of the handshake.
  void begin_again(TimePoint now, const Opening& opening);

  const ChannelTable::Config& config_;
  const Admission& admission_;
  SpiTable& spis_;
  Counters& counters_;
  ContextTag tag_;
  Strangers strangers_;
  HalfOpen half_open_;

  // By their own SPI; the other maps point into this one.
  std::map<Spi, Opening> openings_;
  std::map<Carrier, Spi> asked_;
  std::map<std::pair<NodeId, SessionId>, Spi> by_remote_;
  DeadlineQueue<Spi> deadlines_;
  std::vector<Spi> dirty_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::crypto
