#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "daemon/hand.hpp"
#include "io/loop_thread.hpp"
#include "io/mailbox.hpp"

namespace ipop::daemon {

/// A hand in a thread of its own, with doors of the port and a queue of the TAP that nobody else touches. What it is
/// told and what it tells are letters.
class HandThread {
 public:
  using Handed = Hand::Handed;
  struct Rest {  ///< dataplane::Worker::ForNode
    std::vector<Bytes> frames{};
    std::vector<std::pair<net::Endpoint, Bytes>> datagrams{};
    std::vector<std::pair<crypto::Spi, Bytes>> opened{};
  };
  struct Report {
    std::size_t hand = 0;
    std::vector<dataplane::Worker::Traffic> traffic{};
    Counters counters{};  ///< since the start, of worker, port and TAP
  };
  using Told = std::variant<Rest, Handed, Report>;
  /// So much waits for one thread at the most, four of the largest batches; what comes beyond is dropped as by any
  /// queue that is full.
  static constexpr std::size_t most_waiting = 2U << 20U;
  /// What a letter takes of memory.
  [[nodiscard]] static std::size_t octets_of(const Handed& letter);
  [[nodiscard]] static std::size_t octets_of(const Rest& letter);
  using Order = std::variant<dataplane::Order, Handed>;
  static std::vector<std::pair<unsigned, Handed>> sorted_by_hand(std::span<const dataplane::Worker::ForHand> packets);
  /// Where letters for the owner and for other hands go; called in the hand's thread.
  struct Post {
    // False: it was not kept, since too much waits already.
    std::function<bool(Told)> to_owner;
    std::function<bool(unsigned hand, Handed)> to_hand;
  };

  HandThread(io::UdpPort port, std::optional<io::TapDevice> tap, const dataplane::Worker::Config& config,
             std::string_view cipher, Post post);

  /// Error: errno.
  Result<void> start();
  /// Nothing is posted any more. Before that no other hand may be gone.
  void stop() { thread_.stop(); }
  /// From any thread.
  void give(dataplane::Order order) { inbox_.put(Order(std::move(order))); }
  /// False: it was not kept.
  [[nodiscard]] bool give(Handed handed);

 private:
  void take_letters();
  void tell(const dataplane::Worker::ForNode& rest);
  void report(std::vector<dataplane::Worker::Traffic> traffic);

  unsigned number_;
  io::UdpPort port_;
  std::optional<io::TapDevice> tap_;
  Post post_;
  Counters lost_;  // letters that nobody took
  io::LoopThread thread_;
  Hand hand_;
  io::Mailbox<Order> inbox_;
};

}  // namespace ipop::daemon
