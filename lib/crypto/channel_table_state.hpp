#pragma once

#include <map>
#include <utility>
#include <vector>

#include "crypto/admission.hpp"
#include "crypto/channel.hpp"
#include "crypto/channel_outputs.hpp"
#include "crypto/channel_table.hpp"
#include "crypto/deadline_queue.hpp"
#include "crypto/openings.hpp"
#include "crypto/rekeyings.hpp"
#include "crypto/spi_table.hpp"

namespace ipop::crypto {

/// What travels inside a sealed packet between the tables themselves: the first octet is zero, the
/// second one of these. The owner's payloads never begin with zero.
enum class InnerMessage : std::uint8_t {
  frame = 1,           ///< a FrameMessage's body: the handshake that renews the keys
  close = 2,           ///< the sender has forgotten the channel
  confirm = 3,         ///< the sender has the keys that seal this
  path_challenge = 4,  ///< 8 octets to be sent back the way they came
  path_response = 5,   ///< those octets
  lanes = 7,           ///< how many of this session's lanes the sender opens; 6 was one without a number
};

/// The whole plaintext of one.
Bytes encode_inner(InnerMessage type, ByteSpan body);

/// The channels that stand, between the two machines that make keys for them: Openings for strangers, Rekeyings inside
/// a channel. In six files: channel_table.cpp (life of a channel), channel_table_sealed.cpp (what goes over it),
/// channel_table_keys.cpp (what handshakes say and bring), channel_table_roaming.cpp (a peer that moves),
/// channel_table_trust.cpp (who may stay), channel_table_lanes.cpp (keys that are given away).
class ChannelTable::State {
 public:
  State(Config config, const Basis& basis, HandshakeFactory& handshakes, AeadFactory& aeads, Rng& rng);

  void handle_trust_changed(TimePoint now);
  void open(TimePoint now, const Carrier& carrier, std::optional<NodeId> expected, std::uint64_t tag);
  void cancel(const Carrier& carrier) { openings_.cancel(carrier); }
  void nudge(TimePoint now, const Carrier& carrier);
  void handle_packets(TimePoint now, std::span<const Incoming> packets);
  void handle_timeout(TimePoint now);
  Result<void> seal(TimePoint now, ChannelId id, std::span<const ByteSpan> payloads, Content content);
  void offer_lanes(TimePoint now, ChannelId id);
  [[nodiscard]] std::optional<Lanes> lanes_to(ChannelId id) const;
  [[nodiscard]] bool hears_lanes(TimePoint now, ChannelId id) const;
  void handle_opened(TimePoint now, Spi lane, std::span<const ByteSpan> packets);
  std::optional<ChannelId> handle_traffic(TimePoint now, const LaneTraffic& traffic);
  void close(TimePoint now, ChannelId id);
  void move(ChannelId id, const Carrier& carrier);
  void drop_all();
  std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::optional<Statistics> statistics(ChannelId id) const;
  [[nodiscard]] std::size_t size() const { return channels_.size(); }
  [[nodiscard]] const HalfOpen& half_open() const { return openings_.half_open(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  // Sealed packets and the life of a channel.
  void handle_sealed(TimePoint now, const Carrier& from, ByteSpan packet);
  void handle_unknown_spi(TimePoint now, const Carrier& from, Spi spi, ByteSpan packet);
  void handle_inner(TimePoint now, Channel& channel, Session& session, const Carrier& from, ByteSpan plaintext);
  void receive(TimePoint now, Channel& channel, Bytes payload);
  bool send_inner(TimePoint now, Channel& channel, InnerMessage type, ByteSpan body);
  bool send_inner_to(TimePoint now, Channel& channel, const Carrier& to, InnerMessage type, ByteSpan body);
  void note_authenticated(TimePoint now, Channel& channel, const Session& session, std::uint64_t packets);
  void end_channel(Channel& channel, Ending why);
  void remove_channel(ChannelId id);
  void run_channel_timer(TimePoint now, ChannelId id);
  void schedule(const Channel& channel);

  // Lanes.
  [[nodiscard]] std::unique_ptr<Session> make_session(const Agreement& agreement);
  void drop_session(std::unique_ptr<Session>& session);
  void lend_lanes(const Channel& channel, SessionLanes& lanes);
  void close_lanes(const Session& session);
  void tell_lanes(TimePoint now, Channel& channel);
  void handle_lanes(TimePoint now, Channel& channel, Session& session, ByteSpan body);

  // A peer that moves.
  void note_elsewhere(TimePoint now, Channel& channel, const Carrier& from, bool is_newest, std::size_t octets);
  void ask_elsewhere(TimePoint now, Channel& channel);
  void handle_path_challenge(TimePoint now, Channel& channel, const Carrier& from, ByteSpan body);
  void handle_path_response(Channel& channel, ByteSpan body);
  void set_carrier(Channel& channel, const Carrier& carrier);

  // Keys.
  void handle_handshake_packet(TimePoint now, const Carrier& from, ByteSpan packet);
  void handle_hint(TimePoint now, const Carrier& from, const HintMessage& hint);
  /// All that the two machines have put out.
  void carry_out(TimePoint now);
  void carry_out(TimePoint now, Openings::Output output);
  void carry_out(TimePoint now, Rekeyings::Output output);
  void add_channel(TimePoint now, Openings::Done done);
  void replace_older(TimePoint now, const NodeId& peer, const Carrier& carrier);
  void renew(TimePoint now, Channel& channel, const Agreement& agreement);
  void rotate(TimePoint now, Channel& channel, std::unique_ptr<Session> session);
  void confirm(TimePoint now, Channel& channel);

  // Trust.
  void end_channels_unless_trusted(TimePoint now, bool is_other_group);

  /// The end of every input.
  void flush(TimePoint now);

  Config config_;
  ContextTag tag_;
  AeadFactory& aeads_;
  Rng& rng_;
  Counters counters_;
  Admission admission_;
  SpiTable spis_;  // points into channels_
  Openings openings_;
  Rekeyings rekeyings_;
  std::optional<TimePoint> last_hint_sent_{};
  std::optional<TimePoint> last_hint_heard_{};

  std::map<ChannelId, Channel> channels_;
  DeadlineQueue<ChannelId> channel_deadlines_;
  std::uint32_t last_channel_ = 0;

  ChannelOutputs outputs_;
};

}  // namespace ipop::crypto
