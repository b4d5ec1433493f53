#include "overlay/carrier.hpp"

#include <array>

#include "base/machine.hpp"

namespace ipop::overlay {
namespace {

constexpr std::uint8_t kind_ipv4 = 1;
constexpr std::uint8_t kind_ipv6 = 2;
constexpr std::uint8_t kind_relay = 3;

/// Octets of a carrier without an allocation: every datagram makes one.
class Octets {
 public:
  void add(std::byte octet) { octets_[size_++] = octet; }
  void add(std::uint8_t octet) { add(std::byte{octet}); }
  void add(ByteSpan more) {
    for (const std::byte octet : more)
      add(octet);
  }
  [[nodiscard]] crypto::Carrier carrier() const { return crypto::Carrier(ByteSpan(octets_).first(size_)); }

 private:
  std::array<std::byte, crypto::Carrier::capacity> octets_{};
  std::size_t size_ = 0;
};

}  // namespace

crypto::Carrier to_carrier(const LinkCarrier& carrier) {
  Octets out;
  std::visit(Overloaded{[&](const net::Endpoint& endpoint) {
                          std::visit(Overloaded{[&](const net::Ipv4Address& address) {
                                                  out.add(kind_ipv4);
                                                  for (unsigned shift = 32; shift > 0; shift -= 8)
                                                    out.add(static_cast<std::uint8_t>(address.value() >> (shift - 8)));
                                                },
                                                [&](const net::Ipv6Address& address) {
                                                  out.add(kind_ipv6);
                                                  out.add(ByteSpan(address.octets));
                                                }},
                                     endpoint.address);
                          out.add(static_cast<std::uint8_t>(endpoint.port >> 8U));
                          out.add(static_cast<std::uint8_t>(endpoint.port & 0xffU));
                        },
                        [&](const RelayPath& path) {
                          out.add(kind_relay);
                          out.add(ByteSpan(path.relay.octets()));
                          out.add(ByteSpan(path.peer.octets()));
                        }},
             carrier);
  return out.carrier();
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
