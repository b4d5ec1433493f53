#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace ipop::test_support {

/// RFC 4787, 4.1 (mapping) and 5 (filtering).
enum class NatRule { endpoint_independent, address_dependent, address_and_port_dependent };

struct NatConfig {
  NatRule mapping = NatRule::endpoint_independent;
  NatRule filtering = NatRule::address_and_port_dependent;
  Duration mapping_timeout = 120s;  ///< REQ-5: at least two minutes; many home gateways have 30 s
  bool hairpin = false;             ///< REQ-9
  /// A mapping gets another port after so many datagrams from inside, in mid-stream.
  std::optional<std::uint64_t> rebinds_after{};
  bool preserve_port = false;  ///< tries the internal port first, as Linux does
};

/// The common kinds, under their old names where people know them.
NatConfig full_cone();
NatConfig port_restricted_cone();  ///< Linux MASQUERADE
NatConfig symmetric();             ///< Linux MASQUERADE --random-fully

/// The UDP side of one NAT: mappings and filters with expiry.
class SimNat {
 public:
  SimNat(NatConfig config, net::Ipv4Address external, std::uint64_t seed);

  /// A datagram from inside: the source that the outside sees. Opens or refreshes the mapping.
  net::Endpoint outbound(TimePoint now, const net::Endpoint& internal, const net::Endpoint& destination);
  /// A datagram from outside for `external`: who gets it inside, if mapping and filter let it in.
  std::optional<net::Endpoint> inbound(TimePoint now, const net::Endpoint& external, const net::Endpoint& source);
  /// Forgets all mappings, as a reboot does.
  void reset();

  [[nodiscard]] const NatConfig& config() const { return config_; }
  [[nodiscard]] net::Ipv4Address external_address() const { return external_; }

 private:
  struct MappingKey {
    net::Endpoint internal{};
    net::Endpoint destination{};  ///< only as much of it as the mapping rule looks at
    friend auto operator<=>(const MappingKey&, const MappingKey&) = default;
  };
  struct MappingState {
    net::Endpoint internal{};
    MappingKey key{};
    TimePoint expires{};
    std::map<net::Endpoint, TimePoint> contacted{};
    std::uint64_t sent = 0;
  };

  static net::Endpoint reduce(const net::Endpoint& endpoint, NatRule rule);
  std::uint16_t free_port(TimePoint now, std::uint16_t wanted);

  NatConfig config_;
  net::Ipv4Address external_;
  SeededRng rng_;
  std::map<MappingKey, std::uint16_t> by_key_;
  std::map<std::uint16_t, MappingState> by_port_;
};

}  // namespace ipop::test_support
