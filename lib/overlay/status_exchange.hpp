#pragma once

#include <optional>

#include "base/machine.hpp"
#include "base/maybe_time.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "overlay/link_message.hpp"

namespace ipop::overlay {

/// What the two ends of one link tell each other of themselves. The latest status of this end goes out until the other
/// acknowledges it, changes that follow each other together; statuses that come are acknowledged together as well,
/// since an acknowledgement speaks for all before it.
class StatusExchange {
 public:
  static constexpr Duration pause = 400ms;  ///< between two statuses: changes within it travel together
  static constexpr Duration ack_waits = 250ms;
  static constexpr Duration retry_first = 1s;  ///< doubles to retry_longest
  static constexpr Duration retry_longest = 4s;

  struct Ack {
    crypto::ChannelId channel{};  ///< over which the status came
    StatusAck message{};
  };

  /// This end is like that from now on; the sequence is filled in here. `waits`: how long the peer does without it.
  void handle_own(TimePoint now, Status status, Duration waits);
  /// The link is up, or is not any more: the latest is told once more, whatever the peer has.
  void tell_again(TimePoint now);
  /// The peer's status came. True when it is newer than all before.
  bool handle_status(TimePoint now, crypto::ChannelId channel, const Status& status);
  /// A node is lost that the peer may have been told of.
  void handle_lost(const NodeId& id);
  /// The latest status names a node that is lost.
  [[nodiscard]] bool names_lost() const { return names_lost_; }
  void handle_ack(const StatusAck& ack) {
    if (ack.sequence == latest_.sequence) pending_ = false;
  }
  /// The peer started anew, and its numbers do.
  void handle_restart();

  /// What is to be sent now.
  std::optional<Status> take_status(TimePoint now);
  std::optional<Ack> take_ack(TimePoint now);
  /// When take_status() has something, or handle_own() is to be called since something waited long enough.
  [[nodiscard]] std::optional<TimePoint> status_due() const {
    return earliest(pending_ ? due_ : std::nullopt, list_due_);
  }
  [[nodiscard]] std::optional<TimePoint> ack_due() const { return ack_due_; }
  /// Something may wait, and does.
  [[nodiscard]] bool is_waiting() const { return list_due_.has_value(); }
  [[nodiscard]] bool has_waited(TimePoint now) const { return list_due_ && *list_due_ <= now; }
  /// The one that was sent last, or goes out next.
  [[nodiscard]] const Status& latest() const { return latest_; }

 private:
  Status latest_{};
  bool pending_ = false;  ///< `latest_` is not acknowledged
  unsigned tries_ = 0;
  TimePoint last_sent_{};
  MaybeTime due_;
  bool names_lost_ = false;
  MaybeTime list_due_;       ///< when what may wait is told
  std::uint32_t heard_ = 0;  ///< the peer's newest sequence
  crypto::ChannelId ack_over_{};
  MaybeTime ack_due_;
};

}  // namespace ipop::overlay
