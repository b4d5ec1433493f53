#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "crypto/channel_table.hpp"
#include "net/endpoint.hpp"
#include "overlay/link_message.hpp"
#include "overlay/link_table.hpp"

namespace ipop::overlay {

/// Finds out whether the peer behind each path lives (keep-alives), whether the path carries data (probes of the size
/// of data), how long its round trip is, and where its other end sees this node. It answers the same questions of
/// peers.
///
/// It changes nothing of a Link but Path::liveness, Path::proof and Path::round_trip.
class PathChecks {
 public:
  struct Send {
    NodeId peer{};
    crypto::ChannelId channel{};
    LinkMessage message{};
  };
  /// Something is to go over the path in use, so that NATs stay open: ping() if there is nothing else.
  struct KeepAlive {
    NodeId peer{};
    crypto::ChannelId channel{};
  };
  /// Data came back, or the peer had some.
  struct Proven {
    NodeId peer{};
    crypto::ChannelId channel{};
  };
  /// The path in use carries nothing at present.
  struct Failing {
    NodeId peer{};
  };
  /// A path never carried anything.
  struct Unproven {
    NodeId peer{};
    crypto::ChannelId channel{};
  };
  /// A ping of a path of the link is late.
  struct Suspect {
    NodeId peer{};
  };
  struct Dead {
    NodeId peer{};
    std::vector<crypto::ChannelId> channels{};
  };
  struct RoundTrip {
    NodeId peer{};
    crypto::ChannelId channel{};
    bool is_direct = true;
    Duration measured{};
  };
  /// The peer at `endpoint` sees this node there.
  struct Observed {
    NodeId peer{};
    net::Endpoint endpoint{};
    net::Endpoint observed{};
  };
  using Output = std::variant<Send, KeepAlive, Proven, Failing, Unproven, Suspect, Dead, RoundTrip, Observed>;

  /// `mtu`: octets of the largest packet that the interface behind this node takes.
  explicit PathChecks(std::uint16_t mtu) : mtu_(mtu) {}

  void ping(TimePoint now, const NodeId& peer, Path& path);
  void probe(TimePoint now, const NodeId& peer, Path& path);
  /// Every path is pinged with the next check.
  static void ask_all(TimePoint now, LinkTable& links);

  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Ping& ping);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Pong& pong);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Probe& probe);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const ProbeEcho& echo);
  void handle_message(TimePoint now, Link& link, crypto::ChannelId channel, const Carried& carried);

  /// What is due of the proofs of one link, and of the keep-alives; the outputs of the first come before the second.
  void check_proofs(TimePoint now, Link& link);
  void check_liveness(TimePoint now, Link& link);
  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void measured(Link& link, Path& path, Duration round_trip);
  void observed(const Link& link, const Path& path, const std::optional<net::Endpoint>& observed);

  std::uint16_t mtu_;
  Counters counters_;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::overlay
