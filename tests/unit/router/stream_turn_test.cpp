#include "router/stream_turn.hpp"

#include <doctest/doctest.h>

#include "net/checksum.hpp"
#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

constexpr std::uint16_t listener = 5353;

/// A segment with a right checksum: its ports, and some octets.
Bytes tcp_between(net::Ipv4Address source, std::uint16_t source_port, net::Ipv4Address destination,
                  std::uint16_t destination_port) {
  Bytes segment;
  ByteWriter out(segment);
  out.write(source_port);
  out.write(destination_port);
  append(segment, from_hex("000003e8 00000000 5018 ffff 0000 0000 0102030405"));
  net::ChecksumSum sum;
  sum.add_pseudo_header(source, destination, 6, segment.size());
  sum.add(segment);
  segment[16] = static_cast<std::byte>(sum.finish() >> 8U);
  segment[17] = static_cast<std::byte>(sum.finish() & 0xffU);
  return make_ip(net::IpProtocol::tcp, source, destination, segment);
}

std::optional<Bytes> turned(const Bytes& packet) {
  const auto decoded = net::decode_ipv4(packet);
  REQUIRE(decoded);
  return router::turn_stream(*decoded, listener);
}

}  // namespace

TEST_CASE("a packet to the name server comes back to the listener as from the server, with a right checksum") {
  CHECK(turned(tcp_between(own, 40000, server, 53)) == tcp_between(server, 40000, own, listener));
}

TEST_CASE("what the listener answers comes to the client from port 53") {
  CHECK(turned(tcp_between(own, listener, server, 40000)) == tcp_between(server, 53, own, 40000));
}

TEST_CASE("other ports, a client at port 53, other protocols, fragments and stumps are left alone") {
  CHECK_FALSE(turned(tcp_between(own, 40000, server, 80)));
  CHECK_FALSE(turned(tcp_between(own, 53, server, 53)));
  CHECK_FALSE(turned(make_udp(own, 40000, server, 53, from_hex("00112233445566778899aabbccddeeff"))));
  CHECK_FALSE(turned(make_ip(net::IpProtocol::tcp, own, server, from_hex("9c40 0035 000003e8 00000000 5002"))));
  const Bytes whole = tcp_between(own, 40000, server, 53);
  auto part = net::decode_ipv4(whole);
  REQUIRE(part);
  part->header.more_fragments = true;
  CHECK_FALSE(router::turn_stream(*part, listener));
}

TEST_CASE("a query over TCP is answered with its tag, and one of outside is asked over TCP") {
  Pair pair;
  const net::Endpoint outside{net::Ipv4Address(192, 0, 2, 53), 53};
  pair.bench.router().handle_dns_servers({outside});
  Bytes query;
  net::encode(dns_query("C128000007.ipop"), query);
  pair.bench.router().handle_dns_stream_query(pair.bench.now, 7, query);
  pair.bench.drain();
  REQUIRE(pair.bench.stream_answers.size() == 1);
  CHECK(pair.bench.stream_answers[0].tag == 7);
  const auto answer = net::decode_dns(pair.bench.stream_answers[0].message);
  REQUIRE(answer);
  CHECK(answer->answers.size() == 1);
  query.clear();
  net::encode(dns_query("outside.example"), query);
  pair.bench.router().handle_dns_stream_query(pair.bench.now, 8, query);
  pair.bench.drain();
  REQUIRE(pair.bench.forwarded.size() == 1);
  CHECK(pair.bench.forwarded[0].transport == net::DnsTransport::tcp);
}

TEST_CASE("with a listener the router turns what is for the name server's TCP") {
  Pair pair;
  pair.bench.router().handle_dns_listener(listener);
  pair.bench.give(ip_frame(tcp_between(own, 40000, server, 53)));
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(to_bytes(ByteSpan(pair.bench.frames[0]).subspan(14)) == tcp_between(server, 40000, own, listener));
}
