#include "overlay/carrier.hpp"

#include <array>

namespace ipop::overlay {
namespace {

constexpr std::uint8_t kind_ipv4 = 1;
constexpr std::uint8_t kind_ipv6 = 2;
constexpr std::uint8_t kind_relay = 3;

// Behind the octet of the kind: the whole IPv4 address, of which a /24; an IPv6 /64, of which a /48; a relay and
// its peer, of which the relay: it stands for all whose packets it brings.
constexpr crypto::Carrier::Prefixes prefixes_ipv4{.source = 1 + 4, .network = 1 + 3};
constexpr crypto::Carrier::Prefixes prefixes_ipv6{.source = 1 + 8, .network = 1 + 6};
constexpr crypto::Carrier::Prefixes prefixes_relay{.source = 1 + 2 * NodeId::size, .network = 1 + NodeId::size};

/// Octets of a carrier without an allocation: every datagram makes one.
class Octets {
 public:
  void add(std::byte octet) { octets_[size_++] = octet; }
  void add(std::uint8_t octet) { add(std::byte{octet}); }
  void add(ByteSpan more) {
    for (const std::byte octet : more)
      add(octet);
  }
  [[nodiscard]] crypto::Carrier carrier(crypto::Carrier::Transport transport,
                                        crypto::Carrier::Prefixes prefixes) const {
    return crypto::Carrier(transport, ByteSpan(octets_).first(size_), prefixes);
  }

 private:
  std::array<std::byte, crypto::Carrier::capacity> octets_{};
  std::size_t size_ = 0;
};

}  // namespace

crypto::Carrier to_carrier(const LinkCarrier& carrier) {
  using Transport = crypto::Carrier::Transport;
  Octets out;
  if (const auto* path = std::get_if<RelayPath>(&carrier)) {
    out.add(kind_relay);
    out.add(ByteSpan(path->relay.octets()));
    out.add(ByteSpan(path->peer.octets()));
    return out.carrier(Transport::relay, prefixes_relay);
  }
  const auto& endpoint = std::get<net::Endpoint>(carrier);
  const auto* ipv4 = std::get_if<net::Ipv4Address>(&endpoint.address);
  if (ipv4 != nullptr) {
    out.add(kind_ipv4);
    for (unsigned shift = 32; shift > 0; shift -= 8)
      out.add(static_cast<std::uint8_t>(ipv4->value() >> (shift - 8)));
  } else {
    out.add(kind_ipv6);
    out.add(ByteSpan(std::get<net::Ipv6Address>(endpoint.address).octets));
  }
  out.add(static_cast<std::uint8_t>(endpoint.port >> 8U));
  out.add(static_cast<std::uint8_t>(endpoint.port & 0xffU));
  return out.carrier(Transport::endpoint, ipv4 != nullptr ? prefixes_ipv4 : prefixes_ipv6);
}

std::optional<LinkCarrier> from_carrier(const crypto::Carrier& carrier) {
  ByteReader in(carrier.octets());
  LinkCarrier out;
  switch (in.read<std::uint8_t>()) {
    case kind_ipv4: {
      net::Endpoint endpoint;
      endpoint.address = net::Ipv4Address(in.read<std::uint32_t>());
      endpoint.port = in.read<std::uint16_t>();
      out = endpoint;
      break;
    }
    case kind_ipv6: {
      net::Endpoint endpoint;
      endpoint.address = net::Ipv6Address{in.take_array<16>()};
      endpoint.port = in.read<std::uint16_t>();
      out = endpoint;
      break;
    }
    case kind_relay: {
      const NodeId relay(in.take_array<NodeId::size>());
      const NodeId peer(in.take_array<NodeId::size>());
      out = RelayPath{relay, peer};
      break;
    }
    default: return std::nullopt;
  }
  if (!in.done()) return std::nullopt;
  return out;
}

}  // namespace ipop::overlay
