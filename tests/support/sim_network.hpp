#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "support/sim_nat.hpp"
#include "support/sim_path.hpp"

namespace ipop::test_support {

/// What the network asks of a host. Implement it over any machine: pass the input on, and give out
/// what the machine wants sent.
class SimHost {
 public:
  using Outgoing = std::vector<std::pair<net::Endpoint, Bytes>>;

  SimHost() = default;
  SimHost(const SimHost&) = delete;
  SimHost& operator=(const SimHost&) = delete;
  virtual ~SimHost() = default;

  virtual void handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets) = 0;
  virtual void handle_timeout(TimePoint now) = 0;
  /// Called after every input: drains the machine. Outputs that are no datagrams stay with the host.
  virtual Outgoing take_outgoing(TimePoint now) = 0;
  [[nodiscard]] virtual std::optional<TimePoint> poll_timeout() const = 0;
  /// What must hold after every step and does not, in words; empty when all is well.
  [[nodiscard]] virtual std::string broken_invariant() const { return {}; }
};

using SiteId = StrongId<struct SiteTag, std::uint32_t>;
using HostId = StrongId<struct HostTag, std::uint32_t>;

/// Hosts at sites, each site behind a NAT or public; one virtual clock, one seed.
///
/// Datagrams take the latency between their sites, may be lost, and never come twice. The same seed
/// and the same calls give the same run: compare `trace_hash()`.
class SimNetwork {
 public:
  struct Config {
    Duration latency = 50ms;       ///< one way, between two sites
    double latency_spread = 0.0;   ///< each datagram: latency * (1 +- spread)
    Duration lan_latency = 200us;  ///< one way, inside a site
    double loss = 0.0;             ///< between sites, 0 to 1
    bool looks_at_hosts = true;    ///< for a broken invariant after every step, which takes longer than the step
  };

  explicit SimNetwork(std::uint64_t seed) : SimNetwork(seed, Config{}) {}
  SimNetwork(std::uint64_t seed, Config config);
  SimNetwork(const SimNetwork&) = delete;  // its events name this network
  SimNetwork& operator=(const SimNetwork&) = delete;

  /// Every host of a public site has an address that all others reach.
  SiteId add_public_site();
  SiteId add_nat_site(NatConfig nat);
  /// The host gets the next address of its site; `port` is its only port.
  HostId add_host(SiteId site, SimHost& host, std::uint16_t port = 4000);
  /// Where the host itself believes to be: behind a NAT this is private.
  [[nodiscard]] net::Endpoint local_endpoint(HostId host) const;
  /// The machine behind `host` is replaced (a restart) or removed (null).
  void replace(HostId host, SimHost* machine);
  /// The host gets another address in its site, as after a new underlay lease.
  void renumber(HostId host);
  SimNat& nat(SiteId site);
  [[nodiscard]] bool is_public(SiteId site) const { return sites_.at(site.value).is_public; }

  /// Datagrams between hosts for which `blocked(a, b)` is true are lost; null lets all pass.
  void set_blocked(std::function<bool(HostId, HostId)> blocked) { blocked_ = std::move(blocked); }
  void set_loss(double loss) { config_.loss = loss; }
  /// Datagrams from `from` to `to` take `path` from now on; the other direction has a path of its own.
  void set_path(HostId from, HostId to, const SimPath& path) { paths_[{from, to}] = path; }
  /// What leaves the host's site takes its turn on a line of so many octets a second, with a buffer of so many
  /// octets before it.
  void set_uplink(HostId host, std::uint64_t octets_a_second, std::size_t buffer) {
    uplinks_[host] = {octets_a_second, buffer, {}};
  }
  /// Every datagram's path where set_path said nothing else; each direction of a pair keeps its own count.
  void set_every_path(const SimPath& path);

  /// Shown every datagram that a host sends from here on, whatever becomes of it.
  void set_tap(std::function<void(ByteSpan)> tap) { tap_ = std::move(tap); }
  /// From here on what is sent to this address is counted, whoever is there, and at whatever port.
  void count_sent_to(const net::Ipv4Address& address) { counted_[address] = {}; }
  struct Traffic {
    std::uint64_t datagrams = 0;
    std::uint64_t octets = 0;
  };
  [[nodiscard]] Traffic sent_to(const net::Ipv4Address& address) const { return counted_.at(address); }

  /// After the owner gave the host's machine an input of its own: drains and re-arms it.
  void drain(HostId host);

  [[nodiscard]] TimePoint now() const { return now_; }
  /// Runs all that happens up to and including `until`; the clock then stands there.
  void run_until(TimePoint until);
  void run_for(Duration time) { run_until(now_ + time); }
  /// Runs until `done()` (asked every 10 ms) or `limit` from now; true when it was done.
  bool run_until_done(const std::function<bool()>& done, Duration limit);
  /// Calls `action` at `when` (not before now).
  void at(TimePoint when, std::function<void()> action);

  [[nodiscard]] std::uint64_t trace_hash() const { return trace_hash_; }
  [[nodiscard]] std::uint64_t datagrams_sent() const { return sent_; }
  [[nodiscard]] std::uint64_t datagrams_delivered() const { return delivered_; }
  [[nodiscard]] std::uint64_t octets_sent() const { return octets_; }

 private:
  struct Site {
    bool is_public = true;
    std::unique_ptr<SimNat> nat{};
    std::uint32_t next_host = 1;
    std::map<net::Endpoint, HostId> hosts{};  ///< by the address inside
  };
  struct Host {
    SiteId site{};
    SimHost* machine = nullptr;
    net::Endpoint local{};
    std::optional<TimePoint> armed{};
    TimePoint last_timeout{};
    unsigned timeouts_now = 0;
  };
  struct Event {
    TimePoint when{};
    std::uint64_t order = 0;   ///< events of one instant happen in the order of their making
    std::uint32_t action = 0;  ///< in actions_: the queue moves small values only
    friend bool operator>(const Event& a, const Event& b) {
      return std::pair(a.when, a.order) > std::pair(b.when, b.order);
    }
  };

  struct Uplink {
    std::uint64_t octets_a_second = 0;
    std::size_t buffer = 0;
    TimePoint free_at{};
  };
  /// How long a datagram waits for the line and is on it; nothing when the buffer is full.
  std::optional<Duration> time_on_uplink(HostId from, std::size_t octets);
  void send(HostId from, const net::Endpoint& to, Bytes octets);
  void deliver(HostId to, const net::Endpoint& from, ByteSpan octets);
  void arm(HostId host);
  /// False when the way between the two hosts swallows the datagram.
  bool passes(HostId from, HostId to, ByteSpan octets);
  bool step(TimePoint until);
  net::Endpoint next_address(SiteId site, std::uint16_t port);
  void mix(std::uint64_t value);

  Config config_;
  SeededRng rng_;
  TimePoint now_{};
  std::vector<Site> sites_;
  std::vector<Host> hosts_;
  std::map<net::Endpoint, HostId> public_hosts_;
  std::map<net::Ipv4Address, SiteId> nats_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::function<void()>> actions_;
  std::vector<std::uint32_t> free_actions_;
  std::uint64_t next_order_ = 0;
  std::function<bool(HostId, HostId)> blocked_;
  std::map<std::pair<HostId, HostId>, SimPath> paths_;  ///< by direction
  std::optional<SimPath> every_path_;
  std::map<HostId, Uplink> uplinks_;
  std::map<net::Ipv4Address, Traffic> counted_;
  std::function<void(ByteSpan)> tap_;
  std::uint64_t trace_hash_ = 0xcbf29ce484222325U;
  std::uint64_t sent_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t octets_ = 0;
};

}  // namespace ipop::test_support
