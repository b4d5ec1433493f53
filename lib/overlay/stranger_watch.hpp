#pragma once

#include <optional>
#include <variant>

#include "base/expiring_map.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace ipop::overlay {

/// Finds out whether strangers get in: a peer has opened a channel from an address that this node had sent
/// nothing to. What a NAT or a firewall lets in as an answer proves nothing.
class StrangerWatch {
 public:
  /// No filter remembers for longer whom we wrote to (RFC 4787, REQ-5: two minutes at the least; days are
  /// for TCP).
  static constexpr Duration contact_lives = 600s;
  static constexpr std::size_t max_contacts = 4096;
  /// A handshake takes no longer.
  static constexpr Duration stranger_lives = 30s;
  static constexpr std::size_t max_strangers = 256;

  StrangerWatch() : contacts_(max_contacts), strangers_(max_strangers) {}

  /// A datagram goes to `to`; `asked`: on our own account, and not as the answer to one from there.
  void handle_sent(TimePoint now, const net::Endpoint& to, bool asked);
  /// A peer at `from` opened a channel that we did not ask for; true when that is news.
  bool handle_opened(TimePoint now, const net::Endpoint& from);
  /// This node's own address changed.
  void clear();

  [[nodiscard]] bool got_in() const { return got_in_; }

 private:
  using Address = std::variant<net::Ipv4Address, net::Ipv6Address>;

  ExpiringMap<Address, TimePoint> contacts_;  ///< when last
  ExpiringMap<net::Endpoint, std::monostate> strangers_;
  std::optional<net::Endpoint> latest_;  ///< consecutive datagrams mostly go to one
  TimePoint latest_at_{};
  bool got_in_ = false;
};

}  // namespace ipop::overlay
