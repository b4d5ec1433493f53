#include "router_fixture.hpp"

// What the node answers for others by ARP (RFC 826, RFC 5227).

using namespace ipop;
using namespace ipop::test;

namespace {

const net::ArpPacket& only_arp(const Bench& bench) {
  static net::ArpPacket packet;
  REQUIRE(bench.frames.size() == 1);
  const auto found = read_arp(bench.frames[0]);
  REQUIRE(found);
  packet = *found;
  return packet;
}

}  // namespace

TEST_CASE("an ARP probe for the client's own leased address gets no answer") {
  Pair pair;
  pair.bench.give(arp_frame(arp_request({}, own)));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.count("arp_silence") == 1);
}

TEST_CASE("an ARP probe for an address that another live node holds is answered with the fake MAC") {
  Pair pair;
  pair.bench.give(arp_frame(arp_request({}, other)));
  const auto& reply = only_arp(pair.bench);
  CHECK(reply.operation == net::ArpOperation::reply);
  CHECK(reply.sender_mac == router::server_mac);
  CHECK(reply.sender_ip == other);
  CHECK(reply.target_mac == client_mac);
}

TEST_CASE("an ARP announcement gets no answer, but teaches MAC and address") {
  Pair pair;
  // Two machines on the client's side: only what they announce tells them apart.
  pair.bench.give(
      {arp_frame(arp_request(own, own, make_mac(1))),
       arp_frame(arp_request(net::Ipv4Address(192, 168, 1, 1), net::Ipv4Address(192, 168, 1, 1), make_mac(2)))});
  CHECK(pair.bench.frames.empty());
  pair.bench.give_packets(pair.peer, {make_ping(other, own)});
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(net::decode_ethernet(pair.bench.frames[0])->header.destination == make_mac(1));
}

TEST_CASE("an ARP request for the client's own address gets no answer, from its MAC or another") {
  Pair pair;
  pair.bench.give({arp_frame(arp_request(own, own)), arp_frame(arp_request(other, own)),
                   arp_frame(arp_request(net::Ipv4Address(10, 128, 0, 200), own, make_mac(9)))});
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("an ARP request for the server address is always answered") {
  Pair pair;
  pair.bench.give(arp_frame(arp_request(own, server)));
  CHECK(only_arp(pair.bench).sender_mac == router::server_mac);
  FakeDht ring;
  Bench fresh(ring);  // no lease, not joined
  fresh.give(arp_frame(arp_request(net::Ipv4Address(169, 254, 3, 4), server)));
  CHECK(only_arp(fresh).sender_ip == server);
}

TEST_CASE("an ARP request for a leased peer address waits for the mapping, then is answered and starts the link") {
  Pair pair;
  pair.bench.answers_itself = false;
  pair.bench.give(arp_frame(arp_request(own, other)));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.links.empty());
  REQUIRE(pair.bench.gets.size() == 1);
  pair.bench.answer_dht();
  CHECK(only_arp(pair.bench).sender_ip == other);
  REQUIRE(pair.bench.links.size() == 1);
  CHECK(pair.bench.links[0] == pair.peer);
  // Known: at once, and the link is asked for at most once in ten seconds.
  pair.bench.give(arp_frame(arp_request(own, other)));
  CHECK(pair.bench.frames.size() == 1);
  CHECK(pair.bench.links.empty());
}

TEST_CASE("an ARP request for an unleased address gets no answer, and is not looked up again for 5 s") {
  Pair pair;
  const net::Ipv4Address nobody(10, 130, 1, 2);
  const auto before = pair.bench.asked;
  pair.bench.give(arp_frame(arp_request(own, nobody)));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.asked == before + 1);
  pair.bench.pass(4s);
  pair.bench.give(arp_frame(arp_request(own, nobody)));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.asked == before + 1);
  pair.bench.pass(7s);
  pair.bench.give(arp_frame(arp_request(own, nobody)));
  CHECK(pair.bench.asked == before + 2);
}

TEST_CASE("no ARP packet with the client's address and another MAC is ever sent") {
  Pair pair;
  pair.bench.configure();
  std::vector<Bytes> batch;
  for (const net::Ipv4Address sender : {net::Ipv4Address(), own, other, everybody, server}) {
    for (const net::Ipv4Address target : {own, other, server, net::Ipv4Address(10, 128, 0, 0), everybody}) {
      batch.push_back(arp_frame(arp_request(sender, target)));
      auto reply = arp_request(sender, target);
      reply.operation = net::ArpOperation::reply;
      batch.push_back(arp_frame(reply));
    }
  }
  pair.bench.give(batch);
  CHECK_FALSE(pair.bench.frames.empty());
  for (const Bytes& frame : pair.bench.frames)
    CHECK(read_arp(frame)->sender_ip != own);
}

TEST_CASE("an ARP request from 255.255.255.255 gets no answer") {
  Pair pair;
  pair.bench.give({arp_frame(arp_request(everybody, server)), arp_frame(arp_request(everybody, other))});
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("ARP for addresses that nobody can hold is not looked up") {
  Pair pair;
  const auto before = pair.bench.asked;
  for (const net::Ipv4Address target : {net::Ipv4Address(10, 128, 0, 0), net::Ipv4Address(10, 255, 255, 255),
                                        net::Ipv4Address(10, 1, 2, 3), net::Ipv4Address(10, 128, 3, 255)})
    pair.bench.give(arp_frame(arp_request(own, target)));
  CHECK(pair.bench.asked == before);
  CHECK(pair.bench.count("arp_silence") == 4);
}

TEST_CASE("broken ARP packets and those with a borrowed sender MAC are counted and dropped") {
  Pair pair;
  const Bytes whole = arp_frame(arp_request(own, server));
  for (std::size_t n = 14; n < whole.size(); ++n)
    pair.bench.give(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
  CHECK(pair.bench.count("drop_arp_malformed") == 28);
  Bytes borrowed = whole;
  borrowed[11] = std::byte{0x77};  // the frame's own source
  pair.bench.give(borrowed);
  CHECK(pair.bench.count("drop_arp_sender") == 1);
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("at most 64 ARP requests wait for the DHT") {
  Pair pair;
  pair.bench.answers_itself = false;
  for (std::uint8_t i = 1; i < 101; ++i)
    pair.bench.give(arp_frame(arp_request(own, net::Ipv4Address(10, 131, 1, i))));
  for (std::uint8_t i = 1; i < 101; ++i)
    pair.bench.ring.put(make_lease_record(pair.peer_key, net::Ipv4Address(10, 131, 1, i)));
  pair.bench.forget();
  pair.bench.answer_dht();
  CHECK(pair.bench.frames.size() == 64);
}
