#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "daemon/hand.hpp"
#include "daemon/hand_thread.hpp"
#include "dataplane/worker.hpp"
#include "io/event_loop.hpp"
#include "io/mailbox.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"
#include "node/node.hpp"

namespace ipop::daemon {

/// All hands of a node: the first one in the daemon's own loop, the others in threads of theirs. Orders and packets go
/// to the hand whose they are; what the hands leave to the node, and what went over their lanes, comes out together.
class Hands {
 public:
  struct Handlers {
    /// Valid during the call.
    std::function<void(const dataplane::Worker::ForNode& rest)> on_rest;
    std::function<void(std::span<const dataplane::Worker::Traffic> traffic)> on_traffic;
  };

  /// As many as are wanted and the port has doors for. `loop`, `port` and `tap` outlive them; no TAP: null. Error:
  /// errno.
  static Result<std::unique_ptr<Hands>> make(io::EventLoop& loop, io::UdpPort& port, io::TapDevice* tap,
                                             unsigned wanted, std::string_view cipher, Handlers handlers);

  Result<void> start();
  /// All before any is gone: they hand packets to one another.
  void stop();
  void give_order(const dataplane::Order& order);
  void give_lane_packets(node::Node::LanePackets packets);
  /// What the first hand did not report yet.
  void report(TimePoint now) { first_->report(now); }

  [[nodiscard]] unsigned count() const { return static_cast<unsigned>(others_.size() + 1); }
  [[nodiscard]] Counters counters() const;

 private:
  Hands(io::EventLoop& loop, Handlers handlers);
  void give_handed(unsigned hand, Hand::Handed handed);
  [[nodiscard]] HandThread::Post post();
  void take_letters();
  void take_letter(HandThread::Told& letter);

  Handlers handlers_;
  std::optional<Hand> first_;
  io::Mailbox<HandThread::Told> told_;  // by the others
  std::vector<std::unique_ptr<HandThread>> others_;
  std::vector<Counters> counted_;  // by the others; the first: what they could not take of ours
};

}  // namespace ipop::daemon
