#include "router/mss_clamp.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"
#include "net/checksum.hpp"
#include "net/ipv4.hpp"

using namespace ipop;
using namespace ipop::router;

namespace {

/// A segment from 10.0.0.1 to 10.0.0.2 with these flags and options (a multiple of 4 octets).
Bytes tcp_packet(unsigned flags, const Bytes& options, const Bytes& data = {}) {
  Bytes segment(20);
  segment[1] = std::byte{80};
  segment[12] = static_cast<std::byte>((20 + options.size()) / 4 << 4U);
  segment[13] = static_cast<std::byte>(flags);
  append(segment, options);
  append(segment, data);
  const net::Ipv4Address from(10, 0, 0, 1);
  const net::Ipv4Address to(10, 0, 0, 2);
  Bytes pseudo;
  ByteWriter out(pseudo);
  out.write(from.value());
  out.write(to.value());
  out.write(std::uint16_t{6});
  out.write(static_cast<std::uint16_t>(segment.size()));
  append(pseudo, segment);
  const std::uint16_t checksum = net::internet_checksum(pseudo);
  segment[16] = static_cast<std::byte>(checksum >> 8U);
  segment[17] = static_cast<std::byte>(checksum & 0xffU);
  net::Ipv4Packet packet;
  packet.header.protocol = net::IpProtocol::tcp;
  packet.header.source = from;
  packet.header.destination = to;
  packet.payload = segment;
  Bytes octets;
  net::encode(packet, octets);
  return octets;
}

bool has_right_checksum(ByteSpan packet) {
  const auto decoded = net::decode_ipv4(packet);
  Bytes pseudo;
  ByteWriter out(pseudo);
  out.write(decoded->header.source.value());
  out.write(decoded->header.destination.value());
  out.write(std::uint16_t{6});
  out.write(static_cast<std::uint16_t>(decoded->payload.size()));
  append(pseudo, decoded->payload);
  return net::internet_checksum(pseudo) == 0;
}

Bytes octets_of(std::initializer_list<unsigned> values) {
  Bytes out;
  for (const unsigned value : values)
    out.push_back(static_cast<std::byte>(value));
  return out;
}

constexpr unsigned syn = 0x02;
constexpr unsigned syn_ack = 0x12;
constexpr unsigned ack = 0x10;

}  // namespace

TEST_CASE("the segment size of a SYN is brought down to what fits, wherever the option stands") {
  const Bytes plain = octets_of({2, 4, 5, 0xb4});
  const Bytes behind = octets_of({1, 1, 4, 2, 2, 4, 5, 0xb4});
  const Bytes odd = octets_of({1, 2, 4, 5, 0xb4, 4, 2, 0});
  for (const unsigned flags : {syn, syn_ack}) {
    for (const Bytes& options : {plain, behind, odd}) {
      const Bytes packet = tcp_packet(flags, options, Bytes(5, std::byte{9}));
      REQUIRE(has_right_checksum(packet));
      const auto clamped = clamp_segment_size(packet, 1204);
      REQUIRE(clamped);
      CHECK(has_right_checksum(*clamped));
      Bytes wanted = options;
      for (std::size_t i = 0; i + 1 < wanted.size(); ++i) {
        if (wanted[i] == std::byte{5} && wanted[i + 1] == std::byte{0xb4}) {
          wanted[i] = std::byte{1164 >> 8};
          wanted[i + 1] = std::byte{1164 & 0xff};
          break;
        }
      }
      CHECK(*clamped == tcp_packet(flags, wanted, Bytes(5, std::byte{9})));
    }
  }
}

TEST_CASE("nothing else is changed") {
  const Bytes size = octets_of({2, 4, 5, 0xb4});
  CHECK_FALSE(clamp_segment_size(tcp_packet(ack, size), 1204));
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, octets_of({2, 4, 4, 0x8c})), 1204));  // 1164
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, octets_of({1, 1, 1, 0})), 1204));
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, octets_of({2, 3, 5, 0})), 1204));
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, octets_of({2, 9, 5, 0xb4})), 1204));
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, octets_of({2, 0, 5, 0xb4})), 1204));
  CHECK_FALSE(clamp_segment_size(tcp_packet(syn, size), 40));
  CHECK_FALSE(clamp_segment_size({}, 1204));
}

TEST_CASE("no octets of a segment harm whoever clamps it") {
  SeededRng rng(3);
  for (int i = 0; i < 20000; ++i) {
    Bytes packet = tcp_packet(syn, octets_of({1, 2, 4, 5, 0xb4, 4, 2, 0}));
    const std::size_t at = 32 + static_cast<std::size_t>(rng.below(packet.size() - 32));
    packet[at] = static_cast<std::byte>(rng.below(256));
    packet.resize(20 + static_cast<std::size_t>(rng.below(packet.size() - 19)));
    static_cast<void>(clamp_segment_size(packet, 1204));
  }
}
