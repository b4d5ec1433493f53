#include "support/traffic_kinds.hpp"

#include <variant>

#include "base/machine.hpp"
#include "crypto/session.hpp"
#include "dht/message.hpp"
#include "overlay/connect_to_me.hpp"
#include "overlay/link_message.hpp"
#include "overlay/packet.hpp"

namespace ipop::test_support {
namespace {

using Kind = TrafficKind;

Kind kind_of_handshake(ByteSpan datagram) {
  // docs/wire/channel.md: zero 4, version 1, type 1.
  constexpr std::size_t type_at = 5;
  if (datagram.size() <= type_at) return Kind::other;
  switch (std::to_integer<unsigned>(datagram[type_at])) {
    case 1: return Kind::init;
    case 5: return Kind::channel_close;
    default: return Kind::handshake;
  }
}

/// Behind a first octet of zero.
Kind kind_of_channel_message(ByteSpan plaintext) {
  if (plaintext.size() < 2) return Kind::other;
  return std::to_integer<unsigned>(plaintext[1]) == 2 ? Kind::channel_close : Kind::handshake;
}

Kind kind_of_link_message(ByteSpan plaintext) {
  const auto message = overlay::decode_link_message(plaintext);
  if (!message) return Kind::other;
  return std::visit(Overloaded{
                        [](const overlay::Status&) { return Kind::status; },
                        [](const overlay::StatusAck&) { return Kind::status; },
                        [](const overlay::Ping&) { return Kind::ping; },
                        [](const overlay::Pong&) { return Kind::ping; },
                        [](const overlay::Probe&) { return Kind::proof; },
                        [](const overlay::ProbeEcho&) { return Kind::proof; },
                        [](const overlay::Carried&) { return Kind::proof; },
                        [](const overlay::Close&) { return Kind::link_close; },
                        [](const overlay::ListNumber&) { return Kind::revocation; },
                        [](const overlay::ListRequest&) { return Kind::revocation; },
                        [](const overlay::ListPiece&) { return Kind::revocation; },
                        [](const auto&) { return Kind::other; },
                    },
                    *message);
}

Kind kind_of_dht_message(ByteSpan payload) {
  const auto message = dht::decode_message(payload);
  if (!message) return Kind::other;
  return std::visit(Overloaded{
                        [](const dht::StoreRequest&) { return Kind::lease; },
                        [](const dht::StoreAnswer&) { return Kind::lease; },
                        [](const dht::GetRequest&) { return Kind::look_up; },
                        [](const dht::GetAnswer&) { return Kind::look_up; },
                        [](const dht::Handover&) { return Kind::hand_over; },
                        [](const dht::HandoverAnswer&) { return Kind::hand_over; },
                        [](const auto&) { return Kind::watch; },
                    },
                    *message);
}

Kind kind_of_request(const overlay::RoutedPacket& packet) {
  const auto message = overlay::decode_connect_to_me(packet.payload);
  if (!message) return Kind::other;
  if (message->kind != overlay::ConnectToMe::Kind::request) return Kind::answer;
  if (message->roles == overlay::only(overlay::Role::shortcut)) return Kind::ask_shortcut;
  if (packet.mode == overlay::RouteMode::nearest) return Kind::own_place;
  return message->roles.test(overlay::index_of(overlay::Role::near)) ? Kind::ask_near : Kind::ask_other;
}

Kind kind_of_routed(ByteSpan octets) {
  const auto packet = overlay::decode_routed_packet(octets);
  if (!packet) return Kind::other;
  switch (packet->type) {
    case overlay::PacketType::connect_to_me: return kind_of_request(*packet);
    case overlay::PacketType::dht: return kind_of_dht_message(packet->payload);
    case overlay::PacketType::channel:
    case overlay::PacketType::query: return Kind::end_to_end;
  }
  return Kind::other;
}

}  // namespace

std::string_view to_string(TrafficKind kind) {
  switch (kind) {
    case Kind::init: return "init";
    case Kind::handshake: return "handshake";
    case Kind::channel_close: return "channel_close";
    case Kind::status: return "status";
    case Kind::ping: return "ping";
    case Kind::proof: return "proof";
    case Kind::link_close: return "link_close";
    case Kind::revocation: return "revocation";
    case Kind::own_place: return "own_place";
    case Kind::ask_near: return "ask_near";
    case Kind::ask_shortcut: return "ask_shortcut";
    case Kind::ask_other: return "ask_other";
    case Kind::answer: return "answer";
    case Kind::lease: return "lease";
    case Kind::look_up: return "look_up";
    case Kind::hand_over: return "hand_over";
    case Kind::watch: return "watch";
    case Kind::end_to_end: return "end_to_end";
    case Kind::data: return "data";
    case Kind::other:
    case Kind::count_: break;
  }
  return "other";
}

TrafficKind kind_of(ByteSpan datagram) {
  constexpr std::size_t spi_size = 4;
  constexpr std::size_t head = spi_size + 8;
  constexpr std::size_t tag = 16;
  if (datagram.size() < head) return Kind::other;
  if (ByteReader(datagram).read<std::uint32_t>() == 0) return kind_of_handshake(datagram);
  if (datagram.size() <= head + tag) return Kind::other;
  const ByteSpan plaintext = datagram.subspan(head, datagram.size() - head - tag);
  if (plaintext.front() == std::byte{0}) return kind_of_channel_message(plaintext);
  if (overlay::is_ip_packet(plaintext.front())) return Kind::data;
  switch (static_cast<overlay::LinkPayload>(plaintext.front())) {
    case overlay::LinkPayload::link_message: return kind_of_link_message(plaintext);
    case overlay::LinkPayload::routed: return kind_of_routed(plaintext.subspan(1));
    case overlay::LinkPayload::relayed:
    case overlay::LinkPayload::relayed_control:
    case overlay::LinkPayload::relayed_final: {
      const auto relayed = overlay::decode_relayed(plaintext);
      return relayed ? kind_of(relayed->inner) : Kind::other;
    }
    case overlay::LinkPayload::part: break;
  }
  return Kind::other;
}

}  // namespace ipop::test_support
