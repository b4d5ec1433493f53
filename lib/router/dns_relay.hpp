#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/dns_message.hpp"
#include "net/dns_transport.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::router {

/// What a node answers for: its domain, and the reverse names of its virtual network.
struct DnsZone {
  net::DnsName domain{};
  net::Ipv4Prefix prefix{};

  /// True for the domain, what is below it, and names of in-addr.arpa that lie in the prefix.
  [[nodiscard]] bool covers(const net::DnsName& name) const;
  friend bool operator==(const DnsZone&, const DnsZone&) = default;
};

/// The queries of a name server that runs beside a node: names of the node's zone are asked there,
/// others of the servers of the host, or refused.
///
/// A forwarded query carries a random id, and an answer counts only from the server that was asked,
/// with that id and question (RFC 5452, 9). A server that is silent or fails makes way for the next.
/// What can't be answered in time gets SERVFAIL. A query that is under way already is not forwarded a second time: its
/// client waits for the same answer (RFC 5452, 5), so that two servers that ask each other do not go round.
class DnsRelay {
 public:
  static constexpr std::size_t most_waiting = 256;  ///< queries under way; more are answered SERVFAIL
  static constexpr std::size_t most_clients = 64;   ///< of one of them; likewise

  /// What becomes of names outside the zone.
  enum class Elsewhere { refuse, forward };

  struct AskNode {  ///< answered by handle_node_answer or handle_node_failure
    std::uint64_t number = 0;
    Bytes query{};
  };
  struct Forward {  ///< takes the place of an earlier one of the same number
    std::uint64_t number = 0;
    net::Endpoint server{};
    net::DnsTransport transport = net::DnsTransport::udp;
    Bytes query{};
  };
  struct EndForward {  ///< nothing more is expected under this number
    std::uint64_t number = 0;
  };
  struct Answer {
    std::uint64_t tag = 0;
    Bytes message{};
  };
  using Output = std::variant<AskNode, Forward, EndForward, Answer>;

  /// `rng` outlives the machine.
  DnsRelay(Elsewhere elsewhere, Rng& rng) : elsewhere_(elsewhere), rng_(rng) {}

  void handle_zone(DnsZone zone) { zone_ = std::move(zone); }
  /// For queries from here on, in the order in which they are tried.
  void handle_servers(std::vector<net::Endpoint> servers) { servers_ = std::move(servers); }
  /// Whether names outside the zone can be asked for at all.
  [[nodiscard]] bool has_servers() const { return !servers_.empty(); }
  /// A query in wire octets; its answer carries `tag`. False: it is no query and gets no answer.
  bool handle_query(TimePoint now, std::uint64_t tag, net::DnsTransport transport, ByteSpan query);
  void handle_node_answer(std::uint64_t number, ByteSpan message);
  /// The node can't be reached or does not answer this.
  void handle_node_failure(std::uint64_t number);
  void handle_server_answer(TimePoint now, std::uint64_t number, const net::Endpoint& from, ByteSpan message);
  /// The server can't be reached.
  void handle_server_failure(TimePoint now, std::uint64_t number);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// `dns_*`, `drop_dns_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Client {
    std::uint64_t tag = 0;
    std::uint16_t id = 0;  // of its query
  };
  struct Waiting {
    std::vector<Client> clients{};
    Bytes query{};
    TimePoint ends{};
    // Of a forwarded one:
    std::vector<net::Endpoint> servers{};
    net::DnsTransport transport = net::DnsTransport::udp;
    std::size_t tries = 0;  // 0: the node is asked
    std::uint16_t id = 0;
  };

  /// False: the same query is not under way.
  bool join(std::uint64_t tag, net::DnsTransport transport, ByteSpan query, const net::DnsMessage& decoded);
  void try_next(TimePoint now, std::uint64_t number, Waiting& waiting);
  void answer(std::uint64_t number, Bytes message);
  void fail(std::uint64_t number);
  void respond(std::uint64_t tag, const net::DnsMessage& query, net::DnsRcode rcode);

  Elsewhere elsewhere_;
  Rng& rng_;
  std::optional<DnsZone> zone_;
  std::vector<net::Endpoint> servers_;
  std::map<std::uint64_t, Waiting> waiting_;
  std::uint64_t next_number_ = 1;
  OutputQueue<Output> outputs_;
  Counters counters_;
};

}  // namespace ipop::router
