#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/counters.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "dht/dht.hpp"
#include "net/dns_message.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/address_resolver.hpp"
#include "router/lease.hpp"
#include "router/lease_record.hpp"
#include "router/record_judge.hpp"

namespace ipop::router {

/// The name server of the virtual network (RFC 1035, RFC 6891): C-names by arithmetic, chosen names
/// and their reverse from checked records of the DHT.
///
/// It is authoritative for the domain and for the reverse names of the prefix, and refuses all
/// else; what is forwarded for this machine goes through DnsRelay and not through here (S9). A chosen name counts only
/// when its record and the lease of the address in it belong to one node. Answers stay within 512 octets or what the
/// client's EDNS takes.
class NameService {
 public:
  static constexpr std::size_t most_waiting = 256;  ///< queries that wait for the DHT

  struct Config {
    net::Ipv4Prefix prefix{};
    std::string domain = "ipop";  ///< of one label or several, such as `grid.internal`
  };

  struct Answer {
    std::uint64_t tag = 0;
    Bytes message{};
  };
  struct LookUpName {  ///< answered by handle_name
    std::string name{};
  };
  struct LookUpAddress {  ///< answered by handle_lease
    net::Ipv4Address address{};
  };
  using Output = std::variant<Answer, LookUpName, LookUpAddress>;

  /// What this node holds itself; it is answered without asking.
  struct Own {
    std::optional<Lease> lease{};
    std::optional<std::string> name{};
    NodeId holder{};

    [[nodiscard]] bool has(net::Ipv4Address address) const { return lease && lease->address == address; }
  };

  /// `judge` and `counters` outlive the machine.
  NameService(Config config, const RecordJudge& judge, Counters& counters);

  void handle_own(Own own) { own_ = std::move(own); }
  /// A query in wire octets; the answer carries `tag`. False: it is no query and gets no answer.
  bool handle_query(TimePoint now, std::uint64_t tag, ByteSpan query);
  void handle_name(TimePoint now, const std::string& name, dht::Outcome outcome,
                   const std::vector<dht::Record>& records);
  void handle_lease(TimePoint now, net::Ipv4Address address, const AddressResolver::Entry& entry);
  /// Others are members from now on: everything is asked for anew when it is wanted next.
  void handle_trust_changed() {
    names_.clear();
    leases_.clear();
  }
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

 private:
  /// Why a name cannot be told yet, or cannot be told at all.
  enum class Gap { waits, absent, failed };
  struct Known {  ///< a chosen name: who has it and for how long
    CheckedName name{};
    Gap gap = Gap::absent;  ///< of an entry without a name
    bool is_there = false;
  };
  struct Found {
    net::Ipv4Address address{};
    std::uint32_t ttl = 0;
  };
  struct Waiting {
    std::uint64_t tag = 0;
    net::DnsMessage query{};
    TimePoint ends{};
  };
  struct Zone {
    net::DnsName apex{};
    bool is_reverse = false;
  };

  [[nodiscard]] std::uint32_t ttl_until(TimePoint now, WallTime expires, std::uint32_t most) const;
  [[nodiscard]] std::optional<Zone> zone_of(const net::DnsName& name) const;
  [[nodiscard]] net::DnsRecord soa_of(const net::DnsName& apex) const;
  [[nodiscard]] net::DnsName full_name(const std::string& label) const;

  /// The answer, or nothing while the DHT is asked for what is missing. `is_last`: no more waiting.
  std::optional<net::DnsMessage> answer(TimePoint now, const net::DnsMessage& query, bool is_last);
  std::optional<net::DnsMessage> answer_forward(TimePoint now, const net::DnsMessage& query, const Zone& zone,
                                                bool is_last);
  std::optional<net::DnsMessage> answer_reverse(TimePoint now, const net::DnsMessage& query, const Zone& zone,
                                                bool is_last);
  std::variant<Found, Gap> find_name(TimePoint now, const std::string& name);
  std::variant<std::string, Gap> find_chosen_name(TimePoint now, net::Ipv4Address address);
  const AddressResolver::Entry* find_lease(TimePoint now, net::Ipv4Address address);
  net::DnsMessage negative(const net::DnsMessage& query, net::DnsRcode rcode, const net::DnsName& apex);
  void answer_waiting(TimePoint now);
  void send(std::uint64_t tag, const net::DnsMessage& query, const net::DnsMessage& response);

  Config config_;
  const RecordJudge& judge_;
  Counters& counters_;
  net::DnsName domain_;
  OutputQueue<Output> outputs_;
  Own own_;
  std::vector<Waiting> waiting_;  // oldest first
  ExpiringMap<std::string, Known> names_;
  ExpiringMap<net::Ipv4Address, AddressResolver::Entry> leases_;
  ExpiringMap<std::string, std::monostate> asked_names_;
  ExpiringMap<net::Ipv4Address, std::monostate> asked_leases_;
};

}  // namespace ipop::router
