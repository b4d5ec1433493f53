#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "dataplane/worker.hpp"
#include "packets.hpp"

namespace ipop::dataplane::test {

inline const net::MacAddress own_mac({std::byte{0xfe}, std::byte{0xfd}, std::byte{0}, std::byte{0}, std::byte{0},
                                      std::byte{0}});
inline const net::MacAddress guest_mac({std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                                        std::byte{9}});
inline const net::Ipv4Address left_address(10, 128, 0, 1);
inline const net::Ipv4Address right_address(10, 128, 0, 2);
inline const net::Endpoint right_endpoint{net::Ipv4Address(192, 0, 2, 2), 5000};
inline const net::Endpoint left_endpoint{net::Ipv4Address(192, 0, 2, 1), 5000};
inline constexpr crypto::Spi left_spi{0x1001};
inline constexpr crypto::Spi right_spi{0x2001};

inline crypto::Lanes first_lane(crypto::Spi lane) {
  return {crypto::session_of(lane), 1};
}

inline NodeId node(std::uint8_t first) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(first);
  return NodeId(octets);
}

inline Bytes frame_of(ByteSpan packet, std::uint16_t type = 0x0800, const net::MacAddress& to = own_mac) {
  Bytes out;
  append(out, to.octets());
  append(out, guest_mac.octets());
  ByteWriter(out).write(type);
  append(out, packet);
  return out;
}

inline Bytes octets_of(const net::JoinedFrame& frame) {
  Bytes out;
  for (const ByteSpan piece : frame.packet)
    append(out, piece);
  return out;
}

/// Two nodes' workers; packets of the left one's guest go to the right one's.
struct Pair {
  std::unique_ptr<crypto::AeadFactory> aeads = crypto::make_openssl_aead_factory();
  TimePoint now = TimePoint{} + 1h;
  Worker left{{own_mac, {true, false}}, *aeads};
  Worker right{{own_mac, {true, false}}, *aeads};
  InstallFlow flow{left_address, right_address, first_lane(left_spi), right_endpoint, 1400, true, now + 1s};
  InstallSource source{node(1), left_address, right_address, guest_mac, true, now + 1s};

  Pair() {
    crypto::SessionKeys keys;
    keys.send.key.fill(std::byte{1});
    keys.receive.key.fill(std::byte{2});
    left.handle_order(InstallLane{left_spi, right_spi, keys, node(2)});
    right.handle_order(InstallLane{right_spi, left_spi, {keys.receive, keys.send}, node(1)});
    left.handle_order(flow);
    right.handle_order(source);
  }

  std::vector<Bytes> wire;  // of the last call of send()
  Worker::Outcome send(const net::VnetHeader& header, ByteSpan packet) {
    frame_ = frame_of(packet);
    const net::TapFrame frame{header, frame_};
    const auto outcome = left.handle_frames(now, {&frame, 1});
    wire.clear();
    runs = outcome.sends.size();
    for (const net::Datagrams& run : outcome.sends) {
      CHECK(run.other == right_endpoint);
      for (std::size_t at = 0; at < run.octets.size(); at += run.segment)
        wire.push_back(to_bytes(run.octets.subspan(at, std::min(run.segment, run.octets.size() - at))));
    }
    return outcome;
  }
  /// As UDP_GRO would join them.
  Worker::Outcome receive(const std::vector<Bytes>& datagrams) {
    joined_.clear();
    for (const Bytes& datagram : datagrams)
      append(joined_, datagram);
    const net::Datagrams all{left_endpoint, joined_, datagrams.front().size()};
    Worker::Place place;
    const auto outcome = right.handle_datagrams(now, {&all, 1}, place);
    CHECK(place.run == 1);
    return outcome;
  }
  std::size_t runs = 0;

 private:
  Bytes frame_;
  Bytes joined_;
};

/// The same two with a member between: their own lane, and one each with him.
struct Relayed {
  static constexpr crypto::Spi left_relay{0x3001};
  static constexpr crypto::Spi relay_left{0x4001};
  static constexpr crypto::Spi right_relay{0x5003};
  static constexpr crypto::Spi relay_right{0x6001};
  const net::Endpoint relay_endpoint{net::Ipv4Address(192, 0, 2, 9), 5000};

  Pair pair;
  Worker relay{{own_mac, {}}, *pair.aeads};
  InstallPass pass{node(1),      node(2), first_lane(relay_right), right_endpoint, std::make_shared<Loan>(1'000'000),
                   pair.now + 1s};

  Relayed() {
    install(pair.left, left_relay, relay, relay_left, node(1), 3);
    install(relay, relay_right, pair.right, right_relay, node(9), 4, node(2));
    pair.flow.relay = first_lane(left_relay);
    pair.flow.to = relay_endpoint;
    pair.left.handle_order(pair.flow);
    relay.handle_order(pass);
  }

  Worker::Outcome send(const net::TapFrame& frame) {
    const auto sent = pair.left.handle_frames(pair.now, {&frame, 1});
    return give(relay, sent.sends, left_endpoint, to_relay_);
  }
  Worker::Outcome arrive(std::span<const net::Datagrams> from_relay) {
    return give(pair.right, from_relay, relay_endpoint, to_right_);
  }

 private:
  static void install(Worker& a, crypto::Spi at_a, Worker& b, crypto::Spi at_b, const NodeId& a_id, unsigned key,
                      const NodeId& b_id = node(9)) {
    crypto::SessionKeys keys;
    keys.send.key.fill(static_cast<std::byte>(key));
    keys.receive.key.fill(static_cast<std::byte>(key + 100));
    a.handle_order(InstallLane{at_a, at_b, keys, b_id});
    b.handle_order(InstallLane{at_b, at_a, {keys.receive, keys.send}, a_id});
  }
  /// Copies what was sent, as the network does.
  Worker::Outcome give(Worker& to, std::span<const net::Datagrams> sent, const net::Endpoint& from, Bytes& octets) {
    std::size_t used = 0;
    std::size_t count = 0;
    for (const net::Datagrams& run : sent) {
      std::ranges::copy(run.octets, octets.begin() + static_cast<std::ptrdiff_t>(used));
      arriving_[count++] = {from, std::span(octets).subspan(used, run.octets.size()), run.segment};
      used += run.octets.size();
    }
    Worker::Place place;
    return to.handle_datagrams(pair.now, std::span(arriving_).first(count), place);
  }

  Bytes to_relay_ = Bytes(1 << 20);
  Bytes to_right_ = Bytes(1 << 20);
  std::array<net::Datagrams, 64> arriving_{};
};

inline PacketShape shape_of(std::size_t payload, unsigned protocol = ip::tcp) {
  SeededRng rng(payload);
  PacketShape shape;
  shape.protocol = protocol;
  shape.source = left_address;
  shape.destination = right_address;
  shape.payload = random_octets(rng, payload);
  return shape;
}

}  // namespace ipop::dataplane::test
