#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "dataplane/send_queue.hpp"
#include "dataplane/worker.hpp"
#include "io/event_loop.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"

namespace ipop::daemon {

/// A worker between sockets and a queue of the TAP: reads batches, and carries out what the worker makes of them.
/// All in the thread of its loop.
class Hand {
 public:
  /// For lanes of a hand, and come another way than by its doors: dataplane::Worker::handle_handed.
  struct Handed {
    dataplane::Worker::Origin origin{};
    std::vector<Bytes> packets{};
  };
  struct Handlers {
    /// Before each batch is passed on.
    std::function<void()> on_batch;
    /// What the worker leaves to the node, and packets for other hands, in this order. Valid during the call.
    std::function<void(const dataplane::Worker::ForNode& rest)> on_rest;
    std::function<void(std::span<const dataplane::Worker::ForHand> packets)> on_others;
    /// What went over the lanes, four times a second while anything comes.
    std::function<void(std::vector<dataplane::Worker::Traffic> traffic)> on_report;
  };

  /// `loop`, `port` and `tap` outlive the hand; no TAP: null. `cipher`: the name of an implementation that is to be had
  /// here, of which it makes one of its own.
  Hand(io::EventLoop& loop, io::UdpPort& port, io::TapDevice* tap, const dataplane::Worker::Config& config,
       std::string_view cipher, Handlers handlers);
  Hand(const Hand&) = delete;
  Hand& operator=(const Hand&) = delete;

  /// Begins to read.
  void start();
  void handle_order(const dataplane::Order& order) { worker_.handle_order(order); }
  /// While a batch is passed on it waits for the end.
  void handle_handed(Handed handed);
  /// Says at once what was not reported yet.
  void report(TimePoint now);
  [[nodiscard]] Counters counters() const { return worker_.counters(); }

 private:
  void read_datagrams(int socket, dataplane::StandingQueue& queue);
  void read_frames(dataplane::StandingQueue& queue);
  template <class F>
  void pass(F&& input);
  void pass_handed();
  void report_soon(TimePoint now);
  void carry_out(const dataplane::Worker::Outcome& outcome);

  io::EventLoop& loop_;
  io::UdpPort& port_;
  io::TapDevice* tap_;
  std::unique_ptr<crypto::AeadFactory> aeads_;
  dataplane::Worker worker_;
  bool is_passing_ = false;
  std::deque<Handed> handed_;
  Handlers handlers_;
  TimePoint next_report_{};
  bool is_report_due_ = false;
  io::LoopTimer report_timer_;
  std::deque<dataplane::StandingQueue> queues_;  // one for each watch
  dataplane::SendQueue sent_;
  std::vector<io::ReadWatch> watches_;
};

}  // namespace ipop::daemon
