#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <variant>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "net/endpoint.hpp"

namespace ipop::io {

/// What a node says of itself on its LAN. 23 octets:
///
///    "IPLN" 4 | version 1 | namespace tag 8 | instance 8 | UDP port 2
///
/// The tag is the beginning of a hash of the namespace, so that the name itself is not shouted;
/// the instance is random per start and tells own announcements from others'.
struct LanAnnouncement {
  static constexpr std::size_t size = 23;
  using Tag = std::array<std::byte, 8>;

  Tag tag{};
  std::uint64_t instance = 0;
  std::uint16_t port = 0;
  friend bool operator==(const LanAnnouncement&, const LanAnnouncement&) = default;
};

/// Errors: truncated, malformed (magic, port 0), unsupported (version). Octets behind the last field are
/// a later version's and skipped.
Result<LanAnnouncement> decode_lan_announcement(ByteSpan octets);
void encode(const LanAnnouncement& announcement, Bytes& out);

/// Finds members of the same group on the same LAN, so that two machines behind one NAT link
/// without it. A machine: no socket, no clock.
///
/// It announces at the start, after the addresses changed, once in 60 s +- 20 %, and when somebody
/// unheard of announces himself (at most once a second). What it hears is a hint, like a bootstrap
/// entry: the handshake decides who is there. At most 64 neighbours are kept, and at most 16 new ones
/// a minute are reported, so that a flood on the LAN costs nothing beyond it.
class LanDiscovery {
 public:
  struct Announce {
    Bytes octets{};
  };
  struct Heard {
    net::Endpoint endpoint{};
  };
  using Output = std::variant<Announce, Heard>;

  /// `rng` outlives the machine.
  LanDiscovery(const LanAnnouncement::Tag& tag, std::uint16_t port, Rng& rng);

  void start(TimePoint now);
  /// The host's addresses changed: it may be on another LAN.
  void handle_address_change(TimePoint now);
  /// A datagram from `from`, whose port is not that of the announced node.
  void handle_datagram(TimePoint now, const net::Endpoint& from, ByteSpan octets);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const { return announce_at_; }
  /// `lan_heard`, `drop_lan_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void announce_soon(TimePoint now);
  bool may_report(TimePoint now);

  LanAnnouncement own_;
  Rng& rng_;
  std::optional<TimePoint> announce_at_;
  std::optional<TimePoint> announced_at_;
  std::map<net::Endpoint, TimePoint> neighbours_;  // and when each was heard last
  TimePoint minute_began_{};
  unsigned reported_in_minute_ = 0;
  OutputQueue<Output> outputs_;
  Counters counters_;
};

static_assert(Machine<LanDiscovery>);

}  // namespace ipop::io
