#include "overlay/connect_to_me.hpp"

#include <algorithm>

#include "overlay/candidates.hpp"

namespace ipop::overlay {
namespace {

constexpr std::uint8_t flag_spread = 1;

bool is_kind(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(ConnectToMe::Kind::request) &&
         kind <= static_cast<std::uint8_t>(ConnectToMe::Kind::refusal);
}

/// A list of endpoints; `what` for errors.
Result<std::vector<net::Endpoint>> decode_endpoints(ByteReader& in, std::size_t most, const char* what) {
  std::vector<net::Endpoint> out;
  const auto count = in.read<std::uint8_t>();
  if (count > most) return {Errc::too_large, what};
  for (unsigned i = 0; i < count; ++i) {
    if (in.remaining() == 0) return {Errc::truncated, what};
    const auto endpoint = net::decode_endpoint(in);
    if (!in.ok()) return {Errc::truncated, what};
    if (!endpoint) return {Errc::malformed, "family of an endpoint"};
    out.push_back(*endpoint);
  }
  return out;
}

void encode_endpoints(const std::vector<net::Endpoint>& endpoints, ByteWriter& out) {
  out.write(static_cast<std::uint8_t>(endpoints.size()));
  for (const net::Endpoint& endpoint : endpoints)
    net::encode(endpoint, out);
}

}  // namespace

Result<ConnectToMe> decode_connect_to_me(ByteSpan payload) {
  ByteReader in(payload);
  ConnectToMe message;
  const auto kind = in.read<std::uint8_t>();
  const auto flags = in.read<std::uint8_t>();
  const auto roles = in.read<std::uint8_t>();
  const auto nat = in.read<std::uint8_t>();
  message.token = in.read<std::uint64_t>();
  message.instance = in.read<std::uint64_t>();

  auto candidates = decode_endpoints(in, max_candidates, "candidates");
  if (!candidates) return candidates.error();
  message.candidates = *std::move(candidates);
  const auto neighbours = in.read<std::uint8_t>();
  if (neighbours > ConnectToMe::max_neighbours) return {Errc::too_large, "neighbours"};
  for (unsigned i = 0; i < neighbours; ++i)
    message.neighbours.emplace_back(in.take_array<NodeId::size>());
  const auto relays = in.read<std::uint8_t>();
  if (relays > ConnectToMe::max_relays) return {Errc::too_large, "relay offers"};
  for (unsigned i = 0; i < relays; ++i) {
    RelayOffer offer;
    offer.id = NodeId(in.take_array<NodeId::size>());
    offer.round_trip_ms = in.read<std::uint16_t>();
    message.relays.push_back(offer);
  }
  auto ways_in = decode_endpoints(in, ConnectToMe::max_ways_in, "ways in");
  if (!ways_in) return ways_in.error();
  message.ways_in = *std::move(ways_in);

  if (!in.ok()) return {Errc::truncated, "connect-to-me"};
  if (!in.done()) return {Errc::malformed, "octets behind connect-to-me"};
  if (!is_kind(kind)) return {Errc::unsupported, "kind of connect-to-me"};
  if ((flags & ~flag_spread) != 0) return {Errc::malformed, "flags of connect-to-me"};
  if ((roles >> message.roles.size()) != 0) return {Errc::malformed, "roles of connect-to-me"};
  if (nat > static_cast<std::uint8_t>(NatClass::address_dependent)) return {Errc::malformed, "NAT class"};
  message.kind = static_cast<ConnectToMe::Kind>(kind);
  message.spread = (flags & flag_spread) != 0;
  message.roles = Roles(roles);
  message.nat = static_cast<NatClass>(nat);
  return message;
}

void encode(const ConnectToMe& message, Bytes& octets) {
  ByteWriter out(octets);
  out.write(static_cast<std::uint8_t>(message.kind));
  out.write(message.spread ? flag_spread : std::uint8_t{0});
  out.write(static_cast<std::uint8_t>(message.roles.to_ulong()));
  out.write(static_cast<std::uint8_t>(message.nat));
  out.write(message.token);
  out.write(message.instance);
  encode_endpoints(message.candidates, out);
  out.write(static_cast<std::uint8_t>(message.neighbours.size()));
  for (const NodeId& id : message.neighbours)
    out.write(id.octets());
  out.write(static_cast<std::uint8_t>(message.relays.size()));
  for (const RelayOffer& offer : message.relays) {
    out.write(offer.id.octets());
    out.write(offer.round_trip_ms);
  }
  encode_endpoints(message.ways_in, out);
}

std::uint16_t to_offer_ms(Duration round_trip) {
  if (round_trip <= Duration::zero()) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(round_trip).count();
  return static_cast<std::uint16_t>(std::min<std::int64_t>(ms, 65535));
}

}  // namespace ipop::overlay
