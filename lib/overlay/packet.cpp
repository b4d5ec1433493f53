#include "overlay/packet.hpp"

#include <algorithm>
#include <cassert>

namespace ipop::overlay {

Result<RoutedPacket> decode_routed_packet(ByteSpan octets) {
  ByteReader in(octets);
  const auto type = in.read<std::uint8_t>();
  const auto mode = in.read<std::uint8_t>();
  RoutedPacket packet;
  packet.hops = in.read<std::uint8_t>();
  packet.ttl = in.read<std::uint8_t>();
  packet.question = in.read<std::uint64_t>();
  packet.source = NodeId(in.take_array<NodeId::size>());
  packet.destination = NodeId(in.take_array<NodeId::size>());
  if (!in.ok()) return {Errc::truncated, "routed packet"};
  packet.payload = to_bytes(in.take_rest());
  if (type < static_cast<std::uint8_t>(PacketType::connect_to_me) ||
      type > static_cast<std::uint8_t>(PacketType::query))
    return {Errc::unsupported, "type of a routed packet"};
  if (mode > static_cast<std::uint8_t>(RouteMode::back)) return {Errc::unsupported, "mode of a routed packet"};
  packet.type = static_cast<PacketType>(type);
  packet.mode = static_cast<RouteMode>(mode);
  return packet;
}

void encode(const RoutedPacket& packet, Bytes& out) {
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(packet.type));
  writer.write(static_cast<std::uint8_t>(packet.mode));
  writer.write(packet.hops);
  writer.write(packet.ttl);
  writer.write(packet.question);
  writer.write(packet.source.octets());
  writer.write(packet.destination.octets());
  writer.write(packet.payload);
}

Result<RelayedView> decode_relayed(ByteSpan payload) {
  ByteReader in(payload);
  RelayedView view;
  view.kind = static_cast<LinkPayload>(in.read<std::uint8_t>());
  view.other = NodeId(in.take_array<NodeId::size>());
  if (!in.ok() || in.remaining() == 0) return {Errc::truncated, "relayed packet"};
  if (!is_to_pass_on(payload.front()) && view.kind != LinkPayload::relayed_final)
    return {Errc::unsupported, "kind of a relayed packet"};
  view.inner = in.take_rest();
  return view;
}

void encode_relayed(LinkPayload kind, const NodeId& other, ByteSpan inner, Bytes& out) {
  ByteWriter writer(out);
  writer.write(static_cast<std::uint8_t>(kind));
  writer.write(other.octets());
  writer.write(inner);
}

void rewrite_relayed(Bytes& payload, const NodeId& source) {
  assert(payload.size() > RelayedView::header_size);
  payload.front() = static_cast<std::byte>(LinkPayload::relayed_final);
  std::ranges::copy(source.octets(), payload.begin() + 1);
}

}  // namespace ipop::overlay
