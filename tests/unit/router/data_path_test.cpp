#include <algorithm>

#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

const net::Ipv4Address third(10, 130, 0, 4);

net::EthernetHeader header_of(const Bytes& frame) {
  const auto decoded = net::decode_ethernet(frame);
  REQUIRE(decoded);
  return decoded->header;
}

Bytes payload_of(const Bytes& frame) {
  return {frame.begin() + 14, frame.end()};
}

}  // namespace

TEST_CASE("consecutive packets to one peer leave as one output, in order, without the Ethernet header") {
  Pair pair;
  pair.bench.ring.put(make_lease_record(make_key("third"), third));
  pair.bench.give({ip_frame(make_ping(own, other)), ip_frame(make_ping(own, third))});  // resolved now
  const std::vector<Bytes> packets = {make_ping(own, other, 1), make_ping(own, other, 2), make_ping(own, third, 3),
                                      make_ping(own, other, 4)};
  std::vector<Bytes> frames;
  for (const Bytes& packet : packets)
    frames.push_back(ip_frame(packet));
  pair.bench.give(frames);
  REQUIRE(pair.bench.sent.size() == 3);
  CHECK(pair.bench.sent[0].to == pair.peer);
  CHECK(pair.bench.sent[0].packets == std::vector<Bytes>{packets[0], packets[1]});
  CHECK(pair.bench.sent[1].packets == std::vector<Bytes>{packets[2]});
  CHECK(pair.bench.sent[2].packets == std::vector<Bytes>{packets[3]});
}

TEST_CASE("the virtual network is one hop: the TTL stays, and Ethernet padding does not travel") {
  Pair pair;
  const Bytes packet = make_ping(own, other);
  Bytes padded = ip_frame(packet);
  padded.resize(padded.size() + 18);
  pair.bench.give(padded);
  REQUIRE(pair.bench.sent.size() == 1);
  CHECK(pair.bench.sent[0].packets[0] == packet);
}

TEST_CASE("packets for an address that is not known wait for the DHT, then leave in order") {
  Pair pair;
  pair.bench.answers_itself = false;
  pair.bench.give({ip_frame(make_ping(own, other, 1)), ip_frame(make_ping(own, other, 2))});
  CHECK(pair.bench.sent.empty());
  CHECK(pair.bench.gets.size() == 1);
  pair.bench.answer_dht();
  REQUIRE(pair.bench.sent.size() == 1);
  CHECK(pair.bench.sent[0].packets == std::vector<Bytes>{make_ping(own, other, 1), make_ping(own, other, 2)});
}

TEST_CASE("parked packets are bounded in number and time") {
  Pair pair;
  pair.bench.answers_itself = false;
  for (std::uint16_t i = 0; i < 70; ++i)
    pair.bench.give(ip_frame(make_ping(own, other, i)));
  CHECK(pair.bench.count("drop_ip_parked_full") == 6);
  for (std::uint8_t host = 1; host <= 20; ++host) {
    for (std::uint16_t i = 0; i < 64; ++i)
      pair.bench.give(ip_frame(make_ping(own, net::Ipv4Address(10, 132, 0, host), i)));
  }
  CHECK(pair.bench.count("drop_ip_parked_full") == 6 + 64 * 21 - 1024);
  pair.bench.pass(3s);
  CHECK(pair.bench.count("drop_ip_unresolved") == 1024);
  pair.bench.answer_dht();
  CHECK(pair.bench.sent.empty());
}

TEST_CASE("packets for an address that nobody holds are dropped, and the client is told once") {
  Pair pair;
  pair.bench.give({ip_frame(make_ping(own, third, 1)), ip_frame(make_ping(own, third, 2))});
  CHECK(pair.bench.sent.empty());
  CHECK(pair.bench.count("drop_ip_nobody") == 2);
  REQUIRE(pair.bench.frames.size() == 1);
  const auto ip = net::decode_ipv4(ByteSpan(pair.bench.frames[0]).subspan(14));
  REQUIRE(ip);
  const auto report = net::decode_icmp_unreachable(ip->payload);
  REQUIRE(report);
  CHECK(report->code == net::UnreachableCode::host);
  pair.bench.give(ip_frame(make_ping(own, third, 3)));
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("a link is wanted at most once in 10 s of traffic to a peer") {
  Pair pair;
  for (std::uint16_t i = 0; i < 50; ++i) {
    pair.bench.give(ip_frame(make_ping(own, other, i)));
    CHECK(pair.bench.links.size() == (i == 0 ? 1 : 0));
  }
  pair.bench.pass(10s);
  pair.bench.give(ip_frame(make_ping(own, other)));
  CHECK(pair.bench.links.size() == 1);
}

TEST_CASE("a batch of a peer's packets becomes one write to the client's MAC, from the fake MAC") {
  Pair pair;
  pair.bench.configure();
  pair.bench.give_packets(pair.peer, {make_ping(other, own, 1), make_ping(other, own, 2)});
  CHECK(pair.bench.writes == 1);
  REQUIRE(pair.bench.frames.size() == 2);
  CHECK(header_of(pair.bench.frames[0]) == net::EthernetHeader{client_mac, router::server_mac, net::EtherType::ipv4});
  CHECK(payload_of(pair.bench.frames[1]) == make_ping(other, own, 2));
}

TEST_CASE("a peer's packets wait until its lease is verified, and a stranger's never arrive") {
  Pair pair;
  pair.bench.configure();
  pair.bench.answers_itself = false;
  const NodeId stranger = id_of(make_key("stranger"));
  pair.bench.give_packets(pair.peer, {make_ping(other, own, 1)});
  CHECK(pair.bench.frames.empty());
  pair.bench.router().handle_packets(pair.bench.now, stranger, std::vector<Bytes>{make_ping(other, own, 2)});
  pair.bench.drain();
  pair.bench.answer_dht();
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(payload_of(pair.bench.frames[0]) == make_ping(other, own, 1));
  CHECK(pair.bench.count("drop_peer_source_not_leased") == 1);
}

TEST_CASE("S7: a source address that is leased to another node, or to nobody, is dropped and counted") {
  Pair pair;
  const NodeId stranger = id_of(make_key("stranger"));
  pair.bench.give_packets(stranger, {make_ping(other, own)});
  pair.bench.give_packets(stranger, {make_ping(other, own)});
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.count("drop_peer_source_not_leased") == 2);
  pair.bench.give_packets(stranger, {make_ping(third, own)});
  pair.bench.give_packets(stranger, {make_ping(third, own)});
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.count("drop_peer_source_not_leased") == 4);
}

TEST_CASE("a lease that moved to another node is noticed by the packets of its new holder") {
  Pair pair;
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  CHECK(pair.bench.frames.size() == 2);  // nobody's MAC is known: broadcast, and an ARP search
  const auto heir = make_key("heir");
  pair.bench.ring.put(make_lease_record(heir, other, wall + 10s));
  pair.bench.give_packets(id_of(heir), {make_ping(other, own)});
  CHECK(pair.bench.frames.empty());
  pair.bench.give_packets(id_of(heir), {make_ping(other, own)});
  CHECK(pair.bench.frames.size() == 1);
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("a peer that became another node is found by who only sends to it, once nothing leads to the old one") {
  Pair pair;
  pair.bench.configure();
  pair.bench.give(ip_frame(make_ping(own, other, 1)));
  const auto renewed = make_key("renewed");
  pair.bench.ring.put(make_lease_record(renewed, other, wall + 10s));
  pair.bench.pass(30s);
  pair.bench.give(ip_frame(make_ping(own, other, 2)));
  REQUIRE(pair.bench.sent.size() == 1);
  CHECK(pair.bench.sent[0].to == pair.peer);
  pair.bench.router().handle_unreached(pair.bench.now, pair.peer);
  pair.bench.give(ip_frame(make_ping(own, other, 3)));  // goes by the old entry, and asks
  pair.bench.give(ip_frame(make_ping(own, other, 4)));
  REQUIRE(pair.bench.sent.size() == 1);
  CHECK(pair.bench.sent[0].to == id_of(renewed));
}

TEST_CASE("a node that was nobody a moment ago and has a lease by now is let in") {
  Pair pair;
  pair.bench.configure();
  const auto late = make_key("late");
  pair.bench.give(ip_frame(make_ping(own, third)));  // remembers that nobody holds it
  pair.bench.ring.put(make_lease_record(late, third));
  pair.bench.give_packets(id_of(late), {make_ping(third, own)});
  CHECK(pair.bench.frames.size() == 1);
}

TEST_CASE("a peer that tries many sources makes at most four look-ups at a time") {
  Pair pair;
  pair.bench.answers_itself = false;
  std::vector<Bytes> packets;
  for (std::uint8_t i = 1; i < 200; ++i)
    packets.push_back(make_ping(net::Ipv4Address(10, 140, 0, i), own));
  pair.bench.give_packets(pair.peer, packets);
  CHECK(pair.bench.gets.size() == 4);
  CHECK(pair.bench.count("drop_peer_parked_full") == 195);
}

TEST_CASE("S9: DHCP, DNS from the server address, multicast, broadcast and IPv6 of a peer never reach the client") {
  Pair pair;
  pair.bench.configure();
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  REQUIRE(pair.bench.frames.size() == 1);  // the peer is good
  const Bytes data(300, std::byte{1});
  Bytes ipv6(60, std::byte{0});
  ipv6[0] = std::byte{0x60};
  Bytes short_udp;
  const Bytes ports = from_hex("00430044");
  short_udp = make_ip(net::IpProtocol::udp, other, own, ports, {false, true, 0});
  Bytes trailing = make_ping(other, own);
  trailing.push_back(std::byte{0});
  const std::vector<std::pair<Bytes, std::string>> forged = {
      {make_udp(other, 67, own, 68, data), "drop_peer_dhcp"},
      {make_udp(other, 68, own, 67, data), "drop_peer_dhcp"},
      {make_udp(other, 4000, own, 68, data), "drop_peer_dhcp"},
      {make_udp(server, 53, own, 40000, data), "drop_peer_from_server_address"},
      {make_udp(other, 5353, net::Ipv4Address(224, 0, 0, 251), 5353, data), "drop_peer_multicast"},
      {make_udp(other, 67, everybody, 68, data), "drop_peer_broadcast"},
      {make_ping(other, net::Ipv4Address(10, 255, 255, 255)), "drop_peer_broadcast"},
      {make_ping(other, third), "drop_peer_destination"},
      {make_ping(other, server), "drop_peer_destination"},
      {make_ping(own, own), "drop_peer_source"},
      {make_ping({}, own), "drop_peer_source"},
      {make_ping(net::Ipv4Address(192, 168, 1, 1), own), "drop_peer_source"},
      {ipv6, "drop_peer_not_ipv4"},
      {Bytes{}, "drop_peer_not_ipv4"},
      {short_udp, "drop_peer_udp_truncated"},
      {trailing, "drop_peer_length"},
  };
  for (const auto& [packet, counter] : forged) {
    const auto before = pair.bench.count(counter);
    pair.bench.give_packets(pair.peer, {packet});
    CHECK_MESSAGE(pair.bench.frames.empty(), counter);
    CHECK_MESSAGE(pair.bench.count(counter) == before + 1, counter);
  }
}

TEST_CASE("S7: what the client may not send is dropped and counted by reason") {
  Pair pair;
  pair.bench.configure();
  const Bytes ping = make_ping(own, other);
  Bytes broken = ip_frame(ping);
  broken[14] = std::byte{0x65};
  Bytes cut = ip_frame(ping);
  cut.resize(cut.size() - 1);
  const auto group = net::MacAddress::broadcast();
  const std::vector<std::pair<Bytes, std::string>> cases = {
      {ip_frame(make_ping(third, other)), "drop_ip_source"},
      {ip_frame(make_ping({}, other)), "drop_ip_source"},
      {ip_frame(make_ping(third, server)), "drop_ip_source"},
      {ip_frame(make_ping(own, net::Ipv4Address(8, 8, 8, 8))), "drop_ip_outside"},
      {ip_frame(make_ping(own, net::Ipv4Address(10, 128, 0, 0))), "drop_ip_broadcast"},
      {ip_frame(make_ping(own, net::Ipv4Address(10, 255, 255, 255))), "drop_ip_broadcast"},
      {ip_frame(make_ping(own, everybody)), "drop_ip_broadcast"},
      {ip_frame(ping, client_mac, group), "drop_ip_broadcast"},
      {ip_frame(make_ping(own, net::Ipv4Address(224, 0, 0, 1))), "drop_ip_multicast"},
      {ip_frame(make_ping(own, own)), "drop_ip_to_self"},
      {ip_frame(ping, router::server_mac), "drop_frame_echo"},
      {ip_frame(ping, client_mac, make_mac(0x99)), "drop_frame_other_mac"},
      {make_frame(group, client_mac, net::EtherType::ipv6, ping), "drop_frame_ipv6"},
      {make_frame(group, client_mac, net::EtherType::vlan, ping), "drop_frame_type"},
      {broken, "drop_ip_malformed"},
      {cut, "drop_ip_malformed"},
      {Bytes(13), "drop_frame_malformed"},
      {ip_frame(make_udp(own, 1000, server, 1000, {})), "drop_server_port"},
      {ip_frame(make_ip(net::IpProtocol::igmp, own, server, Bytes(8))), "drop_server_protocol"},
  };
  for (const auto& [frame, counter] : cases) {
    const auto before = pair.bench.count(counter);
    pair.bench.give(frame);
    CHECK_MESSAGE(pair.bench.frames.empty(), counter);
    CHECK_MESSAGE(pair.bench.sent.empty(), counter);
    CHECK_MESSAGE(pair.bench.count(counter) == before + 1, counter);
  }
}

TEST_CASE("a frame is never echoed to its source, and MACs are learned from all frames") {
  Pair pair;
  pair.bench.configure(make_mac(1));
  pair.bench.give(
      arp_frame(arp_request(net::Ipv4Address(192, 168, 0, 5), net::Ipv4Address(192, 168, 0, 6), make_mac(2))));
  CHECK(pair.bench.frames.empty());
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(header_of(pair.bench.frames[0]).destination == make_mac(1));
  // The address moved to another machine behind the bridge: the next frame of it tells.
  pair.bench.pass(5s);
  pair.bench.give(ip_frame(make_ping(own, other), make_mac(2)));
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(header_of(pair.bench.frames[0]).destination == make_mac(2));
}

TEST_CASE("without a known MAC the packet is broadcast, and ARP asks for the client once a second") {
  Pair pair;
  pair.bench.give_packets(pair.peer, {make_ping(other, own, 1), make_ping(other, own, 2)});
  REQUIRE(pair.bench.frames.size() == 3);
  const auto search = read_arp(pair.bench.frames[0]);
  REQUIRE(search);
  CHECK(search->sender_ip == server);
  CHECK(search->target_ip == own);
  CHECK(header_of(pair.bench.frames[1]).destination == net::MacAddress::broadcast());
  net::ArpPacket reply{net::ArpOperation::reply, client_mac, own, router::server_mac, server};
  pair.bench.give(arp_frame(reply));
  pair.bench.give_packets(pair.peer, {make_ping(other, own, 3)});
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(header_of(pair.bench.frames[0]).destination == client_mac);
}

TEST_CASE("a packet above the MTU with DF gives the client ICMP fragmentation needed") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.mtu = 1000;
  Bench bench(ring, "self", config);
  ring.put(make_lease_record(make_key("peer"), other));
  bench.join();
  const Bytes data(1200, std::byte{7});
  Bytes udp;
  net::encode(net::UdpDatagram{1, 2, data}, own, other, udp);
  bench.give(ip_frame(make_ip(net::IpProtocol::udp, own, other, udp, {true, false, 0})));
  CHECK(bench.sent.empty());
  CHECK(bench.count("drop_ip_too_big") == 1);
  REQUIRE(bench.frames.size() == 1);
  const auto ip = net::decode_ipv4(ByteSpan(bench.frames[0]).subspan(14));
  REQUIRE(ip);
  CHECK(ip->header.source == server);
  CHECK(ip->header.destination == own);
  const auto report = net::decode_icmp_unreachable(ip->payload);
  REQUIRE(report);
  CHECK(report->code == net::UnreachableCode::fragmentation_needed);
  CHECK(report->next_hop_mtu == 1000);
}

TEST_CASE("where a path carries less than the TAP the client is told, and told otherwise when it widens") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  ring.put(make_lease_record(make_key("peer"), other));
  bench.join();
  const NodeId peer = *crypto::node_id_of(make_key("peer").public_key());
  const Bytes data(1290, std::byte{7});
  Bytes udp;
  net::encode(net::UdpDatagram{1, 2, data}, own, other, udp);
  const Bytes frame = ip_frame(make_ip(net::IpProtocol::udp, own, other, udp, {true, false, 0}));
  bench.give(frame);
  CHECK(bench.sent.size() == 1);
  bench.router().handle_carries(peer, 1204);
  bench.sent.clear();
  bench.frames.clear();
  bench.give(frame);
  CHECK(bench.sent.empty());
  REQUIRE(bench.frames.size() == 1);
  const auto ip = net::decode_ipv4(ByteSpan(bench.frames[0]).subspan(14));
  REQUIRE(ip);
  const auto report = net::decode_icmp_unreachable(ip->payload);
  REQUIRE(report);
  CHECK(report->next_hop_mtu == 1204);
  bench.router().handle_carries(peer, 1400);
  bench.give(frame);
  CHECK(bench.sent.size() == 1);
}

TEST_CASE("where a path carries less than the TAP a connection's segments fit it, both ways") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  ring.put(make_lease_record(make_key("peer"), other));
  bench.join();
  const NodeId peer = *crypto::node_id_of(make_key("peer").public_key());
  // A SYN whose only option is a segment size of 1,460.
  Bytes syn(24);
  syn[12] = std::byte{6 << 4};
  syn[13] = std::byte{2};
  syn[20] = std::byte{2};
  syn[21] = std::byte{4};
  syn[22] = std::byte{1460 >> 8};
  syn[23] = std::byte{1460 & 0xff};
  const auto segment_size = [](ByteSpan packet) {
    const auto ip = net::decode_ipv4(packet);
    REQUIRE(ip);
    REQUIRE(ip->payload.size() == 24);
    return std::to_integer<unsigned>(ip->payload[22]) << 8U | std::to_integer<unsigned>(ip->payload[23]);
  };
  const auto both_ways = [&](unsigned expected) {
    bench.give(ip_frame(make_ip(net::IpProtocol::tcp, own, other, syn)));
    REQUIRE(bench.sent.size() == 1);
    CHECK(segment_size(bench.sent[0].packets.at(0)) == expected);
    bench.give_packets(peer, {make_ip(net::IpProtocol::tcp, other, own, syn)});
    REQUIRE(bench.frames.size() == 1);
    CHECK(segment_size(ByteSpan(bench.frames[0]).subspan(14)) == expected);
  };
  both_ways(1460);
  bench.router().handle_carries(peer, 1204);
  both_ways(1164);
}

TEST_CASE("a packet above the MTU without DF travels as fragments") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.mtu = 1000;
  Bench bench(ring, "self", config);
  ring.put(make_lease_record(make_key("peer"), other));
  bench.join();
  const Bytes data(2500, std::byte{7});
  bench.give(ip_frame(make_ip(net::IpProtocol::udp, own, other, data, {false, false, 0})));
  REQUIRE(bench.sent.size() == 1);
  REQUIRE(bench.sent[0].packets.size() == 3);
  Bytes joined;
  for (const Bytes& packet : bench.sent[0].packets) {
    CHECK(packet.size() <= 1000);
    const auto part = net::decode_ipv4(packet);
    REQUIRE(part);
    CHECK(part->header.fragment_offset * 8U == joined.size());
    append(joined, part->payload);
    CHECK(part->header.more_fragments == (joined.size() < data.size()));
  }
  CHECK(joined == data);
}

TEST_CASE("a fragment of a datagram that can't be is dropped where it would have to be cut") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  ring.put(make_lease_record(make_key("peer"), other));
  bench.join();
  bench.router().handle_carries(*crypto::node_id_of(make_key("peer").public_key()), 1204);
  const Bytes data(1300, std::byte{7});
  for (const std::uint16_t offset : std::initializer_list<std::uint16_t>{0x1fff, 0x1fe0, 0x1f60}) {
    bench.sent.clear();
    bench.give(ip_frame(make_ip(net::IpProtocol::udp, own, other, data, {false, true, offset})));
    CHECK(bench.sent.empty());
  }
  CHECK(bench.router().counters().get("drop_ip_too_big") == 3);
  bench.give(ip_frame(make_ip(net::IpProtocol::udp, own, other, data, {false, false, 0x1f50})));
  CHECK(bench.sent.size() == 1);
}

TEST_CASE("the server address answers a ping") {
  Pair pair;
  pair.bench.give(ip_frame(make_ping(own, server, 9)));
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(header_of(pair.bench.frames[0]).destination == client_mac);
  const auto ip = net::decode_ipv4(ByteSpan(pair.bench.frames[0]).subspan(14));
  REQUIRE(ip);
  CHECK(ip->header.source == server);
  CHECK(ip->header.destination == own);
  const auto echo = net::decode_icmp_echo(ip->payload);
  REQUIRE(echo);
  CHECK(echo->is_reply);
  CHECK(echo->sequence_number == 9);
}

TEST_CASE("without a lease nothing passes in either direction") {
  FakeDht ring;
  ring.put(make_lease_record(make_key("peer"), other));
  Bench bench(ring);
  bench.give(ip_frame(make_ping(own, other)));
  bench.give_packets(id_of(make_key("peer")), {make_ping(other, own)});
  CHECK(bench.sent.empty());
  CHECK(bench.frames.empty());
  CHECK(bench.count("drop_ip_source") == 1);
  CHECK(bench.count("drop_peer_no_lease") == 1);
}

TEST_CASE("mappings show the own address and what is known of others, in order") {
  Pair pair;
  pair.bench.give({ip_frame(make_ping(own, other)), ip_frame(make_ping(own, third))});
  const auto rows = pair.bench.router().mappings();
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].address == own);
  CHECK(rows[0].node == id_of(pair.bench.key));
  CHECK(rows[1].address == other);
  CHECK(rows[1].node == pair.peer);
  CHECK(rows[2].address == third);
  CHECK_FALSE(rows[2].node);
}

TEST_CASE("random frames and packets only ever move counters") {
  Pair pair;
  pair.bench.configure();
  SeededRng rng(42);
  const std::vector<Bytes> seeds = {ip_frame(make_ping(own, other)), arp_frame(arp_request(own, other)),
                                    dhcp_frame(dhcp_message(net::DhcpMessageType::discover))};
  for (int i = 0; i < 3000; ++i) {
    Bytes frame = seeds[rng.below(seeds.size())];
    for (std::uint64_t n = rng.below(6); n > 0; --n)
      frame[rng.below(frame.size())] = static_cast<std::byte>(rng.next());
    frame.resize(rng.below(frame.size() + 1));
    pair.bench.give(frame);
    if (frame.size() > 14) pair.bench.give_packets(pair.peer, {payload_of(frame)});
  }
  for (const Bytes& frame : pair.bench.frames)
    CHECK(header_of(frame).source == router::server_mac);
  CHECK(pair.bench.router().mappings().size() <= 4097);
}
