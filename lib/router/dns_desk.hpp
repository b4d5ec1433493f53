#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "net/mac_address.hpp"
#include "router/dns_relay.hpp"
#include "router/name_service.hpp"

namespace ipop::router {

/// Where a node takes DNS queries: who asked and how his answer gets to him; the name service answers for the group,
/// and the relay asks the servers of the host for the rest, where there are any.
class DnsDesk {
 public:
  struct TapClient {  ///< over UDP, through the interface
    net::MacAddress mac{};
    net::Ipv4Address address{};
    std::uint16_t port = 0;
  };
  struct StreamClient {  ///< over TCP, at the owner's listener
    std::uint64_t tag = 0;
  };
  struct ControlClient {  ///< over the control socket: names of the group only
    std::uint64_t tag = 0;
  };
  using Client = std::variant<TapClient, StreamClient, ControlClient>;

  struct Answer {
    Client to;
    Bytes message{};
  };
  using LookUpName = NameService::LookUpName;
  using LookUpAddress = NameService::LookUpAddress;
  using Forward = DnsRelay::Forward;
  using EndForward = DnsRelay::EndForward;
  using Output = std::variant<Answer, LookUpName, LookUpAddress, Forward, EndForward>;

  /// `judge` and `rng` outlive the desk.
  DnsDesk(NameService::Config config, const RecordJudge& judge, Rng& rng);

  void handle_query(TimePoint now, const Client& client, ByteSpan query);
  /// Those in the virtual network are left out: a query must not come back to this node's own server.
  void handle_servers(std::vector<net::Endpoint> servers);
  void handle_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message);
  void handle_server_failure(TimePoint now, std::uint64_t number);
  void handle_own(NameService::Own own) { names_.handle_own(std::move(own)); }
  void handle_name(TimePoint now, const std::string& name, dht::Outcome outcome,
                   const std::vector<dht::Record>& records);
  void handle_lease(TimePoint now, net::Ipv4Address address, const AddressResolver::Entry& entry);
  void handle_trust_changed() { names_.handle_trust_changed(); }
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] Counters counters() const;

 private:
  struct Relay {  ///< a query of the group's names that came through the relay
    std::uint64_t number = 0;
  };
  using Asker = std::variant<Client, Relay>;

  std::uint64_t remember(TimePoint now, const Asker& asker);
  void answer(TimePoint now, std::uint64_t number, Bytes message);
  void pass_values(TimePoint now);

  net::Ipv4Prefix prefix_;
  Counters counters_;  // before the name service, which counts here
  NameService names_;
  DnsRelay relay_;
  ExpiringMap<std::uint64_t, Asker> askers_;
  std::uint64_t next_query_ = 1;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<DnsDesk>);

}  // namespace ipop::router
