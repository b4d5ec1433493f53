#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "net/dhcp_message.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "net/mac_address.hpp"
#include "router/lease.hpp"

namespace ipop::router {

/// Answers the DHCP client behind the TAP from the lease that the node holds (RFC 2131, 4.3).
///
/// One address, so one client is bound at a time; another machine gets it when the bound one
/// has released it, has the same MAC, or does not answer ARP. At most four client ids are
/// remembered, so a flood of DISCOVERs takes nothing from an honest client (S8). It never offers a
/// router or a route: a default route through the TAP would swallow the underlay.
class DhcpServer {
 public:
  static constexpr std::size_t most_clients = 4;

  struct Config {
    net::Ipv4Prefix prefix{};
    std::string domain{};
    std::uint16_t mtu = 1400;
    std::optional<net::MacAddress> own_client{};  ///< the TAP's, for the machine's own DHCP client
    std::uint16_t guest_mtu = 1400;               ///< for others, who may be behind a bridge
    bool offer_dns = true;                        ///< false: neither a name server nor a domain to search
  };

  struct Reply {
    net::DhcpMessage message{};
    net::MacAddress to_mac{};
    net::Ipv4Address to{};
    std::size_t max_size = 576;  ///< option 57 of the client
  };
  struct WantAddress {  ///< claim it; answered by handle_lease_held or handle_address_taken
    net::Ipv4Address address{};
  };
  struct Prefers {  ///< a client that waits for a lease would like this one
    net::Ipv4Address address{};
  };
  struct ForgetWish {};  ///< the client was offered another address meanwhile
  struct InUse {};       ///< a client wants or has the lease: keep it renewed
  struct Released {};    ///< nobody uses the lease
  struct Declined {};    ///< the client found the address in use by another machine
  struct FindClient {    ///< ask by ARP whether the bound client still lives
    net::Ipv4Address address{};
  };
  using Output = std::variant<Reply, WantAddress, Prefers, ForgetWish, InUse, Released, Declined, FindClient>;

  /// `counters` outlives the machine.
  DhcpServer(Config config, Counters& counters);

  /// The node holds an address, newly or again.
  void handle_lease_held(TimePoint now, const Lease& lease);
  void handle_lease_lost(TimePoint now, net::Ipv4Address address);
  /// Another node holds an address that was wanted.
  void handle_address_taken(TimePoint now, net::Ipv4Address address);
  /// `mac` sent a frame or answered ARP.
  void handle_client_seen(TimePoint now, const net::MacAddress& mac);
  /// `is_known_mac`: the message's chaddr was learned on this TAP.
  void handle_message(TimePoint now, const net::DhcpMessage& message, bool is_known_mac);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

  [[nodiscard]] std::size_t clients() const { return clients_.size(); }

 private:
  struct Binding {
    Bytes client{};
    net::MacAddress mac{};
    TimePoint ends{};
    TimePoint seen{};
    std::optional<TimePoint> asked{};  // when ARP asked for it last because another wants the address
  };
  /// A message whose answer waits for the DHT.
  struct Waiting {
    net::DhcpMessage message{};
    net::Ipv4Address address{};
    TimePoint ends{};
  };

  void handle_discover(TimePoint now, const net::DhcpMessage& message);
  void handle_request(TimePoint now, const net::DhcpMessage& message);
  void handle_inform(TimePoint now, const net::DhcpMessage& message);
  void handle_release(TimePoint now, const net::DhcpMessage& message);
  void handle_decline(TimePoint now, const net::DhcpMessage& message);
  void request_address(TimePoint now, const net::DhcpMessage& message, net::Ipv4Address address);
  bool ask_for(TimePoint now, const net::DhcpMessage& message, net::Ipv4Address address, Duration patience);
  bool may_have(TimePoint now, const net::DhcpMessage& message);
  [[nodiscard]] bool is_for_us(const net::DhcpMessage& message) const;

  void offer(TimePoint now, const net::DhcpMessage& message);
  void acknowledge(TimePoint now, const net::DhcpMessage& message);
  void refuse(const net::DhcpMessage& message, std::string_view why);
  [[nodiscard]] net::DhcpMessage make_reply(const net::DhcpMessage& message, net::DhcpMessageType type) const;
  std::uint32_t add_lease_options(TimePoint now, net::DhcpMessage& reply) const;
  void add_network_options(const net::DhcpMessage& message, net::DhcpMessage& reply) const;
  void send(const net::DhcpMessage& message, net::DhcpMessage reply);

  Config config_;
  Counters& counters_;
  OutputQueue<Output> outputs_;
  std::optional<Lease> lease_;
  std::optional<Binding> binding_;
  std::optional<Waiting> waiting_;  // until the address that it wants is held or taken
  std::optional<TimePoint> last_asked_;
  ExpiringMap<Bytes, net::DhcpMessage> clients_;            // client id -> the last message of who waits or was offered
  ExpiringMap<net::Ipv4Address, std::monostate> not_ours_;  // lost or found taken a while ago
};

/// Whom a message is from: option 61 where the client sends it, else its hardware address.
Bytes client_key(const net::DhcpMessage& message);

}  // namespace ipop::router
