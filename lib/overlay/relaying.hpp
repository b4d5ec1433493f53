#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/link_message.hpp"
#include "overlay/relay_lending.hpp"
#include "overlay/relay_queue.hpp"
#include "overlay/relay_rate.hpp"

namespace ipop::overlay {

/// What this node does for pairs of others that have it as the member between: it passes their packets on, as many as
/// its line bears, lends what workers may pass on beside it, and tells the pairs what it held back and all peers how
/// loaded it is.
class Relaying {
 public:
  /// To the peer, over a direct path. `measure`: the round trip of that path is wanted at once.
  struct Pass {
    NodeId source{};
    NodeId destination{};
    std::vector<Bytes> packets{};
    bool has_data = false;  ///< not all of them are control
    bool measure = false;
  };
  /// Packets of this pair were passed on: workers may do more of it, as far as lend() allows.
  struct Passed {
    NodeId source{};
    NodeId destination{};
  };
  struct Tell {
    NodeId peer{};
    LinkMessage message{};
  };
  /// load() is another.
  struct LoadChanged {};
  using Output = std::variant<Pass, Passed, Tell, LoadChanged>;

  /// How often the load that this node tells of itself may change: that goes to every peer.
  static constexpr Duration load_interval = 5s;

  /// As RelayRate's.
  Relaying(unsigned share, std::uint64_t most) : rate_(share, most) {}

  /// Relayed payloads that came over the link to `source`, heads included. `is_direct(peer)`: there is a direct path.
  void handle_payloads(TimePoint now, const NodeId& source, std::vector<Bytes> payloads,
                       const std::function<bool(const NodeId&)>& is_direct);
  /// Workers passed so many octets on by what was lent.
  void handle_passed(TimePoint now, std::uint64_t packets, std::uint64_t octets);
  /// This node sent so much over its links, for itself or for others.
  void handle_sent(TimePoint now, std::size_t octets) { rate_.handle_sent(now, octets); }
  /// Of a direct link; `relaying`: data of others goes over it at present.
  void handle_round_trip(TimePoint now, const NodeId& peer, Duration measured, bool relaying) {
    rate_.handle_round_trip(now, peer, measured, relaying);
  }
  /// Data of others went over a link lately; `latest`: when last.
  [[nodiscard]] static bool is_relaying(TimePoint now, TimePoint latest) {
    return latest != TimePoint{} && latest + RelayRate::measure_lives > now;
  }
  void handle_timeout(TimePoint now);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  /// Octets that may go from one to the other beside this machine for RelayLending::lent_for; 0: none.
  std::uint64_t lend(TimePoint now, const NodeId& source, const NodeId& destination);
  /// Looks at the load, no more often than load_interval.
  void look_at_load(TimePoint now);
  /// As in Status.
  [[nodiscard]] std::uint8_t load() const { return told_load_; }
  /// When it may be less; none while there is none.
  [[nodiscard]] std::optional<TimePoint> next_load() const;
  [[nodiscard]] Counters counters() const;

 private:
  void pass_on(TimePoint now);
  void tell_pairs(TimePoint now);

  RelayRate rate_;
  RelayQueue queue_;
  RelayLending lending_;
  std::uint64_t rest_ = RelayRate::first;  ///< octets a second that the queue has, as of the last look
  std::optional<TimePoint> tells_at_;      ///< when the ends of pairs learn that packets waited
  std::uint8_t told_load_ = 0;
  TimePoint load_looked_at_{};
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
