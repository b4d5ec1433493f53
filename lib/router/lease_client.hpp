#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/timer_table.hpp"
#include "base/wall_clock.hpp"
#include "crypto/hash.hpp"
#include "crypto/private_key.hpp"
#include "leasing/lease_grant.hpp"
#include "leasing/lease_request.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::router {

/// Asks the group's lease server for this node's address, and again at half of each lease (RFC 2131, 4.4.5).
///
/// It decides what to ask and when; whoever owns it carries the request to the server and the answer back, one at a
/// time. What the server says counts only by its signature.
class LeaseClient {
 public:
  struct Config {
    NodeId self{};
    std::string name_space{};
    net::Ipv4Prefix prefix{};
    std::string host_name{};  ///< may be empty
    Bytes certificate{};      ///< of the node, in a closed group
    crypto::Digest256 server{};
  };

  struct Ask {  ///< an encoded LeaseRequest; answered by handle_answer() or handle_failure()
    Bytes request{};
  };
  struct Granted {
    leasing::LeaseGrant grant{};
  };
  struct Unheard {};  ///< no lease of the server holds, and it has not answered for a while; said once
  using Output = std::variant<Ask, Granted, Unheard, LogLine>;

  /// `key` signs; it, `clock` and `rng` outlive the client.
  LeaseClient(Config config, const crypto::PrivateKey& key, const WallClock& clock, Rng& rng);

  /// The clock has been set, or the machine slept.
  void handle_clock_set(TimePoint now);
  /// Begins to ask, for `wish` if that is free; once only, and needs the wall time.
  void start(TimePoint now, std::optional<net::Ipv4Address> wish);
  /// The server's grant as it came.
  void handle_answer(TimePoint now, ByteSpan grant);
  /// There was no answer, or a refusal; `why` is for a person.
  void handle_failure(TimePoint now, std::string why);
  /// The ring has the address for somebody else: the server is asked again soon.
  void handle_taken(TimePoint now);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return timers_.next(); }

  [[nodiscard]] bool is_started() const { return started_; }
  [[nodiscard]] const std::optional<leasing::LeaseGrant>& grant() const { return grant_; }
  /// A sentence about what went wrong last; none after an answer.
  [[nodiscard]] std::optional<std::string> notice() const;

 private:
  enum class Timer {
    ask,      ///< the next request is due
    unheard,  ///< patience without any lease ends
    end,      ///< the grant ends
    count_,
  };

  void ask(TimePoint now);
  void retry(TimePoint now);
  void fail(TimePoint now, std::string why);

  Config config_;
  const crypto::PrivateKey& key_;
  const WallClock& clock_;
  Rng& rng_;
  OutputQueue<Output> outputs_;
  TimerTable<Timer> timers_;

  bool started_ = false;
  bool asking_ = false;
  std::optional<net::Ipv4Address> wish_;
  std::optional<leasing::LeaseGrant> grant_;
  bool renewal_refused_ = false;
  std::uint64_t last_sequence_ = 0;
  Duration pause_;
  std::string failure_;  // empty: the last request was answered
};

}  // namespace ipop::router
