#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "crypto/private_key.hpp"
#include "dht/dht.hpp"
#include "router/lease.hpp"
#include "router/lease_client.hpp"
#include "router/lease_keeper.hpp"
#include "router/record_judge.hpp"

namespace ipop::router {

/// What this node holds itself: its address and its chosen name, each by a keeper, and what the lease server says where
/// the group has one. The one owner of the lease, and of the wish for an address that nobody could be asked for yet.
class Holdings {
 public:
  struct Config {
    NodeId self{};
    net::Ipv4Prefix prefix{};
    std::optional<std::string> host_name{};       ///< a name of the member's own choice
    std::optional<net::Ipv4Address> preferred{};  ///< the last lease
    bool claim_address = true;
    Duration lease_time = std::chrono::hours(24);
    Bytes certificate{};
    std::optional<LeaseServer> server{};
  };

  enum class Kind { lease, name };
  /// What the DHT was asked for; its answer comes back with it.
  struct Ticket {
    Kind kind{};
    std::variant<LeaseKeeper::ClaimId, LeaseKeeper::LookUpId> id{};
  };
  struct Create {
    Ticket ticket{};
    dht::Record record{};
  };
  struct Get {
    Ticket ticket{};
    Bytes name{};
  };
  struct LeaseHeld {
    Lease lease{};
    bool is_new = true;  ///< false: renewed
  };
  struct LeaseLost {
    net::Ipv4Address address{};
    std::string why{};
  };
  struct AddressTaken {  ///< it was wanted, and another node holds it
    net::Ipv4Address address{};
  };
  struct NameHeld {  ///< newly
    std::string name{};
  };
  struct NameChanged {};  ///< what name() says
  using ClockOff = LeaseKeeper::ClockOff;
  struct AskLeaseServer {
    Bytes request{};
  };
  using Output = std::variant<Create, Get, LeaseHeld, LeaseLost, AddressTaken, NameHeld, NameChanged, ClockOff,
                              AskLeaseServer, LogLine>;

  /// `key` signs; it, `judge` and `rng` outlive this.
  Holdings(Config config, const crypto::PrivateKey& key, const RecordJudge& judge, Rng& rng);

  void handle_clock_set(TimePoint now);
  /// The ring can be asked: claims the address, then the name. Needs the wall time, in either order.
  void handle_joined(TimePoint now);
  void handle_ring_changed(TimePoint now);
  void handle_dht_answer(TimePoint now, const Ticket& ticket, const dht::Dht::Answer& answer);
  /// The lease server's grant as it came, or why there is none.
  void handle_grant(TimePoint now, ByteSpan grant);
  void handle_no_grant(TimePoint now, std::string why);
  void handle_timeout(TimePoint now);

  /// A client would like this address: what is claimed first, unless this node has begun or had another last time.
  void prefer(net::Ipv4Address address);
  /// Likewise; and beside one that is held: answered by LeaseHeld or AddressTaken, or not at all. False: it can't have
  /// it.
  bool want(TimePoint now, net::Ipv4Address address);
  void forget_wish(TimePoint now);
  // LeaseKeeper, for the address.
  void keep(TimePoint now);
  void let_lapse();
  bool decline(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] const std::optional<Lease>& lease() const { return lease_; }
  [[nodiscard]] const std::optional<std::string>& name() const { return name_; }
  /// A server gives out the addresses: a client gets what it gave.
  [[nodiscard]] bool is_served() const { return client_.has_value(); }
  /// Sentences for a person: what the lease server said, and that another node holds the chosen name.
  [[nodiscard]] std::optional<std::string> lease_notice() const { return client_ ? client_->notice() : std::nullopt; }
  [[nodiscard]] const std::optional<std::string>& name_notice() const { return name_notice_; }

 private:
  void start_if_ready(TimePoint now);
  void pass_values(TimePoint now);
  bool pass_from_keeper(TimePoint now, Kind kind);
  bool pass_from_client(TimePoint now);
  [[nodiscard]] LeaseKeeper& keeper(Kind kind) { return kind == Kind::lease ? lease_keeper_ : *name_keeper_; }
  [[nodiscard]] Bytes lease_value() const;
  void handle_lease_held(TimePoint now, const LeaseKeeper::Held& held);
  void handle_name_held(TimePoint now, const LeaseKeeper::Held& held);
  void handle_lost(TimePoint now, Kind kind, const LeaseKeeper::Lost& lost);
  void handle_taken(TimePoint now, Kind kind, const LeaseKeeper::Taken& taken);
  void log_refusal(TimePoint now, Kind kind, const std::string& why);
  void log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields);

  Config config_;
  const RecordJudge& judge_;
  LeaseKeeper lease_keeper_;
  std::optional<LeaseClient> client_;
  std::optional<LeaseKeeper> name_keeper_;
  std::optional<net::Ipv4Address> wish_;  // until something is claimed
  bool joined_ = false;
  std::optional<Lease> lease_;
  std::optional<std::string> name_;
  std::optional<std::string> name_notice_;
  std::optional<TimePoint> refusal_logged_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Holdings>);

}  // namespace ipop::router
