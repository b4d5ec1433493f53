#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "crypto/basis.hpp"
#include "crypto/carrier.hpp"
#include "crypto/half_open.hpp"
#include "crypto/handshake.hpp"
#include "crypto/session.hpp"

namespace ipop::crypto {

/// Names a channel for as long as it lives; rekeying does not change it.
using ChannelId = StrongId<struct ChannelTag, std::uint32_t>;

/// All secure channels of one kind (links, or end-to-end sessions) of one node, as one machine:
/// address validation by cookie, handshake in acknowledged frames, sealed packets, replay window,
/// rekeying, idle close. docs/wire/channel.md draws the messages.
///
/// What it never does: it knows no ring, opens no socket and trusts no octet before the tag.
class ChannelTable {
 public:
  struct Limits {
    HalfOpen::Limits half_open{};  ///< handshakes of peers that we did not ask for
    Duration half_open_life = 5s;  ///< of such a one, from what came last
    std::size_t channels = 4096;
    Duration retransmit_first = 250ms;  ///< doubles up to retransmit_longest
    Duration retransmit_longest = 2s;
    Duration give_up = 20s;  ///< an attempt that we opened, and any handshake
    Duration rekey_after = std::chrono::minutes(60);
    std::uint64_t rekey_packets = std::uint64_t{1} << 28U;
    Duration idle_close = std::chrono::minutes(15);
    Duration old_keys_live = 30s;  ///< after a rekey
  };
  struct Config {
    NodeId self{};
    /// Separates groups and kinds of channels: mixed into cookie and keys, its first 8 octets
    /// stand in every handshake message.
    Bytes context{};
    Limits limits{};
    unsigned hands = 0;  ///< the owner's that seal and open packets of data by themselves: 0, 1, 2, 4 or 8
  };

  /// Why a channel or an attempt ended.
  enum class Ending {
    closed_by_us,
    closed_by_peer,
    idle,
    timed_out,
    refused,
    wrong_peer,
    exhausted,
    revoked,
    overtaken,
  };

  /// What payloads are for, told with what carries them: data may be delayed behind control.
  enum class Content : std::uint8_t { control, data };

  struct Transmit {  ///< packets for one carrier, in order
    Carrier to{};
    std::vector<Bytes> packets{};
    Content content = Content::control;
  };
  struct Opened {  ///< authenticated both ways; may be sealed to at once
    ChannelId id{};
    Carrier carrier{};
    NodeId peer{};
    std::optional<std::uint64_t> attempt{};  ///< the tag given to open(), if we asked for it
    AeadSuite suite = AeadSuite::aes_128_gcm;
  };
  struct Moved {  ///< authenticated packets come from another carrier (NAT rebinding, roaming)
    ChannelId id{};
    Carrier carrier{};
  };
  struct Received {  ///< authenticated, not replayed, in the order of arrival
    ChannelId id{};
    std::vector<Bytes> payloads{};
  };
  struct Closed {
    ChannelId id{};
    NodeId peer{};
    Ending why{};
  };
  /// Every tag ends in one Opened or OpenFailed, unless it is replaced, cancelled or dropped with all.
  /// `overtaken`: another attempt found the same peer at the same carrier first.
  struct OpenFailed {
    Carrier carrier{};
    std::uint64_t attempt = 0;
    Ending why{};
    std::string detail{};  ///< for the journal; escaped
  };
  /// Keys of a session, with an SPI and counters of their own, that the table gives away and never uses. The owner
  /// takes what arrives under `receive_at` from then on.
  struct LaneOpened {
    Spi receive_at{};
    Spi send_to{};
    SessionKeys keys{};
    NodeId peer{};
  };
  struct LaneClosed {  ///< never to be used again
    Spi receive_at{};
  };
  using Output = std::variant<Transmit, Opened, Moved, Received, Closed, OpenFailed, LaneOpened, LaneClosed>;

  struct Incoming {
    Carrier from{};
    ByteSpan packet{};
  };

  /// All but the configuration outlive the table. `basis` knows the time of day before the first handshake.
  ChannelTable(Config config, const Basis& basis, HandshakeFactory& handshakes, AeadFactory& aeads, Rng& rng);
  ChannelTable(ChannelTable&&) noexcept;
  ChannelTable& operator=(ChannelTable&&) noexcept;
  ChannelTable(const ChannelTable&) = delete;
  ChannelTable& operator=(const ChannelTable&) = delete;
  ~ChannelTable();

  /// The basis has another trust store. Channels and attempts whose peer it revokes end at once, new keys on their way
  /// included; if it is another group's, all of them end.
  void handle_trust_changed(TimePoint now);

  /// Starts to open a channel over `carrier`; first packet at once, then repeated. With `expected`
  /// another peer at the other end fails the attempt (`wrong_peer`). `attempt` is the caller's name
  /// for it, returned in Opened or OpenFailed. A second open over the same carrier replaces the
  /// first's tag and keeps its state.
  void open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected, std::uint64_t attempt);
  /// Gives the attempt that was opened over `carrier` up, without an output.
  void cancel(const Carrier& carrier);
  /// Sends the first packet of a running attempt again now (hole punching keeps its own pace).
  void nudge(TimePoint now, const Carrier& carrier);

  void handle_packets(TimePoint now, std::span<const Incoming> packets);
  void handle_timeout(TimePoint now);

  /// Seals each payload into a packet of its own: one Transmit. A payload is not empty and its first
  /// octet is not zero (the caller's duty). Errors: not_found; exhausted (2^32 packets under one key:
  /// what still fitted is sent and the channel ends).
  Result<void> seal(TimePoint now, ChannelId id, std::span<const ByteSpan> payloads,
                    Content content = Content::control);
  /// Data comes over the channel: the peer may send it over lanes, if the owner has hands for them. Says so at most
  /// once a second, and not while it does.
  void offer_lanes(TimePoint now, ChannelId id);
  /// The lanes to send on: the peer has offered them under the keys in use.
  [[nodiscard]] std::optional<Lanes> lanes_to(ChannelId id) const;
  /// Something came over the channel's lanes lately.
  [[nodiscard]] bool hears_lanes(TimePoint now, ChannelId id) const;
  /// Packets that came over a lane and that the owner's other hand has no use for: Received, as if they had come over
  /// the channel itself.
  void handle_opened(TimePoint now, Spi lane, std::span<const ByteSpan> packets);
  struct LaneTraffic {
    Spi lane{};
    std::uint64_t packets_sent = 0;
    std::uint64_t octets_sent = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t octets_received = 0;
    std::uint64_t sealed_in_all = 0;  ///< packets under the lane's key
    std::optional<Carrier> from{};    ///< of the newest packet
  };
  /// What went over a lane since the last time; nothing for a lane that is not known (any more).
  std::optional<ChannelId> handle_traffic(TimePoint now, const LaneTraffic& traffic);
  /// Tells the peer (authenticated) and forgets the channel; no Closed is given out.
  void close(TimePoint now, ChannelId id);
  /// Sets where the channel's packets go.
  void move(ChannelId id, const Carrier& carrier);
  /// Drops every channel and attempt without a word, and what was not polled yet: after a suspend or clone no counter
  /// may be used again. The only outputs are LaneClosed.
  void drop_all();

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  struct Statistics {
    TimePoint last_received{};  ///< authenticated
    TimePoint last_sent{};
    std::uint64_t packets_sent = 0;
    std::uint64_t packets_received = 0;
    std::uint64_t octets_sent = 0;  ///< of payload
    std::uint64_t octets_received = 0;
  };
  [[nodiscard]] std::optional<Statistics> statistics(ChannelId id) const;
  [[nodiscard]] std::size_t size() const;
  /// Handshakes of strangers that are under way, and how many of them hold a TLS object.
  [[nodiscard]] std::size_t half_open() const;
  [[nodiscard]] std::size_t half_open_working() const;
  [[nodiscard]] const Counters& counters() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

std::string_view to_string(ChannelTable::Ending ending);

}  // namespace ipop::crypto
