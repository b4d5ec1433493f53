#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"
#include "pings/ping_log.hpp"

namespace ipop::pings {

/// Pings every target pings_a_run times (ICMP echo, RFC 792) and matches the replies.
///
/// Targets are taken in an order drawn by chance, so that members that begin together do not all ask
/// the same one first; many are in flight at once, at most `per_second` are sent in a second. A reply
/// counts when address, identifier, sequence number and the 64 bits of chance in its data are those of a
/// request that was sent; everything else is counted and dropped.
class PingProber {
 public:
  struct Settings {
    unsigned per_second = 50;  ///< 1 to 1000: a thousand members take a minute, at 5 kB/s
    Duration pause = 1s;       ///< between two requests to one target, at least
    Duration wait = 30s;       ///< for the reply to a request; at most max_round_trip
  };
  struct Send {
    net::Ipv4Address to{};
    Bytes message{};  ///< the ICMP message, checksum included
  };
  using Output = Send;
  struct Tally {
    net::Ipv4Address address{};
    unsigned received = 0;
    std::optional<RoundTrips> round_trips{};
  };

  /// Every request of a run has a sequence number of its own.
  static constexpr std::size_t max_targets = 20'000;
  /// As ping(8) sends: 64 octets of ICMP.
  static constexpr std::size_t data_octets = 56;

  /// `targets` are at most max_targets, each there once; `identifier` is the socket's. The first request
  /// is due at `now`; `rng` is only used in the constructor.
  PingProber(TimePoint now, const std::vector<net::Ipv4Address>& targets, std::uint16_t identifier,
             const Settings& settings, Rng& rng);

  /// An ICMP message that came from `from`.
  void handle_message(TimePoint now, net::Ipv4Address from, ByteSpan message);
  void handle_timeout(TimePoint now);
  std::optional<Output> poll_output() { return outputs_.poll(); }
  /// None once all replies are there or their time is over.
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] bool done() const { return !poll_timeout(); }
  /// In the order of `targets`.
  [[nodiscard]] std::vector<Tally> tallies() const;
  [[nodiscard]] std::size_t sent() const { return sent_; }
  [[nodiscard]] std::size_t received() const { return received_; }
  [[nodiscard]] std::size_t planned() const { return targets_.size() * pings_a_run; }
  /// `drop_ping_malformed` (no ICMP echo), `drop_ping_foreign` (a request, or a reply to somebody else's),
  /// `drop_ping_late`, `drop_ping_repeated`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Request {
    std::optional<TimePoint> sent{};
    std::optional<Duration> round_trip{};
    std::uint64_t token = 0;
  };
  struct Due {
    TimePoint not_before{};
    std::size_t target = 0;
    unsigned number = 0;  ///< of the requests to this target
  };

  void send(TimePoint now, const Due& due);

  std::vector<net::Ipv4Address> targets_;
  std::uint16_t identifier_;
  Settings settings_;
  std::vector<Request> requests_;  ///< by sequence number
  std::deque<Due> due_;            ///< by time
  TimePoint next_send_;
  TimePoint last_end_;  ///< of the wait for the last reply
  bool over_ = false;   ///< that wait is over
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  OutputQueue<Output> outputs_;
  Counters counters_;
};

}  // namespace ipop::pings
