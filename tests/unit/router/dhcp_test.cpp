#include "dhcp_requests.hpp"
#include "router/dhcp_server.hpp"

// What a client gets for what it asks (RFC 2131, 4.3).

using namespace ipop;
using namespace ipop::test;
using net::DhcpCode;
using net::DhcpMessageType;

TEST_CASE("DISCOVER: the OFFER has the held address and the network's options, from memory") {
  Pair pair;
  const auto before = pair.bench.asked;
  const auto offer = pair.bench.dhcp(discover(0xabcd));
  REQUIRE(offer);
  CHECK(offer->type() == DhcpMessageType::offer);
  const auto& message = offer->message;
  CHECK(message.xid == 0xabcd);
  CHECK(message.op == net::BootpOperation::reply);
  CHECK(message.yiaddr == own);
  CHECK(message.ciaddr.is_unspecified());
  CHECK(message.siaddr == server);
  CHECK(message.chaddr == client_mac);
  CHECK(message.options.get_address(DhcpCode::server_identifier) == server);
  CHECK(message.options.get_address(DhcpCode::subnet_mask) == net::Ipv4Address(255, 128, 0, 0));
  CHECK(message.options.get_address(DhcpCode::broadcast_address) == net::Ipv4Address(10, 255, 255, 255));
  CHECK(message.options.get_u16(DhcpCode::interface_mtu) == 1400);
  CHECK(message.options.get_text(DhcpCode::domain_name) == "ipop");
  CHECK(message.options.get_addresses(DhcpCode::domain_name_server) == std::vector{server});
  CHECK(message.options.has(DhcpCode::ip_address_lease_time));
  CHECK(pair.bench.asked == before);
}

TEST_CASE("DISCOVER: option 50 is preferred when the address is free, and in range") {
  Pair pair;
  const net::Ipv4Address wished(10, 200, 1, 2);
  auto message = discover();
  message.options.set_address(DhcpCode::requested_ip_address, wished);
  const auto offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(offer->message.yiaddr == wished);
  CHECK(pair.bench.router().lease()->address == wished);
  REQUIRE(pair.bench.lost.size() == 1);
  CHECK(pair.bench.lost[0].address == own);
  // The address given up is free for others.
  CHECK(pair.bench.ring.get(dht::RecordKind::lease, router::record_name(own)).outcome == dht::Outcome::not_found);
}

TEST_CASE("DISCOVER: option 50 that another node holds, or out of range, gives the held address") {
  Pair pair;
  auto message = discover();
  message.options.set_address(DhcpCode::requested_ip_address, other);
  auto offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(offer->message.yiaddr == own);
  message.options.set_address(DhcpCode::requested_ip_address, net::Ipv4Address(192, 168, 0, 4));
  offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(offer->message.yiaddr == own);
}

TEST_CASE("timing: a DISCOVER whose wish hangs in the DHT is answered with the held address within 1 s") {
  Pair pair;
  pair.bench.answers_itself = false;
  auto message = discover();
  message.options.set_address(DhcpCode::requested_ip_address, net::Ipv4Address(10, 200, 1, 2));
  CHECK_FALSE(pair.bench.dhcp(message));
  CHECK_FALSE(pair.bench.dhcp(message));  // a retransmission with the same xid is the same question
  CHECK(pair.bench.creates.size() == 1);
  pair.bench.pass(1s);
  const auto offer = pair.bench.last_dhcp();
  REQUIRE(offer);
  CHECK(offer->message.yiaddr == own);
  // Granted too late, the wish is released and the offer stays good.
  pair.bench.answer_dht();
  CHECK(pair.bench.router().lease()->address == own);
  const auto ack = pair.bench.dhcp(selecting(own));
  REQUIRE(ack);
  CHECK(ack->type() == DhcpMessageType::ack);
}

TEST_CASE(
    "timing: the lease is claimed before the client asks; a DISCOVER before the ring is joined is answered then") {
  FakeDht ring;
  Bench bench(ring, "self", Bench::with_lease());
  CHECK_FALSE(bench.dhcp(discover(5)));
  CHECK_FALSE(bench.dhcp(discover(5)));
  CHECK(bench.count("dhcp_discover_before_lease") == 2);
  bench.forget();
  bench.join();
  const auto offer = bench.last_dhcp();  // one, though the client asked twice with one xid
  REQUIRE(offer);
  CHECK(offer->message.xid == 5);
  CHECK(offer->message.yiaddr == own);
}

TEST_CASE("timing: without a last lease the address that the client asks for is claimed first") {
  FakeDht ring;
  Bench bench(ring);
  auto message = discover();
  message.options.set_address(DhcpCode::requested_ip_address, net::Ipv4Address(10, 140, 2, 3));
  CHECK_FALSE(bench.dhcp(message));
  bench.join();
  CHECK(bench.router().lease()->address == net::Ipv4Address(10, 140, 2, 3));
}

TEST_CASE("REQUEST selecting: another server's choice gets silence, ours an ACK or a NAK") {
  Pair pair;
  CHECK_FALSE(pair.bench.dhcp(selecting(own, net::Ipv4Address(192, 168, 1, 1))));
  CHECK(pair.bench.count("dhcp_other_server_chosen") == 1);
  const auto ack = pair.bench.dhcp(selecting(own));
  REQUIRE(ack);
  CHECK(ack->type() == DhcpMessageType::ack);
  CHECK(ack->message.yiaddr == own);
  const auto nak = pair.bench.dhcp(selecting(other));
  REQUIRE(nak);
  CHECK(nak->type() == DhcpMessageType::nak);
}

TEST_CASE("REQUEST init-reboot: the held address gets an ACK, another network a NAK") {
  Pair pair;
  const auto ack = pair.bench.dhcp(init_reboot(own));
  REQUIRE(ack);
  CHECK(ack->type() == DhcpMessageType::ack);
  for (const net::Ipv4Address wrong : {net::Ipv4Address(192, 168, 1, 20), server, net::Ipv4Address(10, 128, 0, 0),
                                       net::Ipv4Address(10, 255, 255, 255)}) {
    const auto nak = pair.bench.dhcp(init_reboot(wrong));
    REQUIRE(nak);
    CHECK(nak->type() == DhcpMessageType::nak);
  }
}

TEST_CASE("REQUEST init-reboot: an address not held is claimed in the DHT, then acknowledged") {
  Pair pair;
  const net::Ipv4Address wanted(10, 150, 4, 5);
  const auto ack = pair.bench.dhcp(init_reboot(wanted));
  REQUIRE(ack);
  CHECK(ack->type() == DhcpMessageType::ack);
  CHECK(ack->message.yiaddr == wanted);
  CHECK(pair.bench.router().lease()->address == wanted);
}

TEST_CASE("REQUEST init-reboot: an address that another node holds gets a NAK from the DHT's answer") {
  Pair pair;
  const auto nak = pair.bench.dhcp(init_reboot(other));
  REQUIRE(nak);
  CHECK(nak->type() == DhcpMessageType::nak);
  CHECK(pair.bench.router().lease()->address == own);
}

TEST_CASE("REQUEST init-reboot: silence while the DHT has no majority") {
  Pair pair;
  pair.bench.ring.reachable = false;
  CHECK_FALSE(pair.bench.dhcp(init_reboot(net::Ipv4Address(10, 150, 4, 5))));
  pair.bench.pass(20s);
  CHECK_FALSE(pair.bench.last_dhcp());
}

TEST_CASE("REQUEST init-reboot: claims of a client's choice are at most one in 10 s") {
  Pair pair;
  REQUIRE(pair.bench.dhcp(init_reboot(net::Ipv4Address(10, 150, 4, 5))));
  CHECK_FALSE(pair.bench.dhcp(init_reboot(net::Ipv4Address(10, 150, 4, 6))));
  CHECK(pair.bench.count("drop_dhcp_busy") == 1);
  pair.bench.pass(10s);
  CHECK(pair.bench.dhcp(init_reboot(net::Ipv4Address(10, 150, 4, 6))));
}

TEST_CASE("REQUEST renewing: an ACK to ciaddr; rebinding: the same for a broadcast request") {
  Pair pair;
  pair.bench.configure();
  const auto renewed = pair.bench.dhcp(renewing(own), own, server);
  REQUIRE(renewed);
  CHECK(renewed->type() == DhcpMessageType::ack);
  CHECK(renewed->message.ciaddr == own);
  CHECK(renewed->message.yiaddr == own);
  CHECK(renewed->ip.destination == own);
  CHECK(renewed->ethernet.destination == client_mac);
  const auto rebound = pair.bench.dhcp(renewing(own), own, everybody);
  REQUIRE(rebound);
  CHECK(rebound->type() == DhcpMessageType::ack);
  CHECK(rebound->ip.destination == own);
}

TEST_CASE("NAK: on the next REQUEST when the DHT says that another node owns the address") {
  Pair pair;
  pair.bench.configure();
  auto rival = make_lease_record(pair.peer_key, own, WallTime{wall.seconds - 5000});
  pair.bench.ring.put(rival);
  pair.bench.change_ring();
  pair.bench.pass(6s);
  REQUIRE(pair.bench.lost.size() == 1);
  REQUIRE(pair.bench.held.size() == 1);
  CHECK(pair.bench.logged("address lost"));
  const auto nak = pair.bench.dhcp(renewing(own), own, server);
  REQUIRE(nak);
  CHECK(nak->type() == DhcpMessageType::nak);
  CHECK(nak->ip.destination == everybody);
  // The client starts over and gets the new address.
  const auto offer = pair.bench.dhcp(discover(77));
  REQUIRE(offer);
  CHECK(offer->message.yiaddr == pair.bench.router().lease()->address);
  CHECK(offer->message.yiaddr != own);
}

TEST_CASE("RELEASE: no reply; the DHT entry is left to lapse unless a client comes back") {
  Pair pair;
  pair.bench.configure();
  CHECK_FALSE(pair.bench.dhcp(release(own), own, server));
  CHECK(pair.bench.count("dhcp_release") == 1);
  const auto before = pair.bench.asked;
  pair.bench.pass(23h);
  CHECK(pair.bench.asked == before);
  CHECK(pair.bench.router().lease());
  SUBCASE("nobody comes") {
    pair.bench.pass(2h);
    CHECK_FALSE(pair.bench.router().lease());
    REQUIRE(pair.bench.lost.size() == 1);
    CHECK(pair.bench.lost[0].why == "released");
  }
  SUBCASE("a client comes") {
    const auto offer = pair.bench.dhcp(discover());
    REQUIRE(offer);
    CHECK(offer->message.yiaddr == own);
    pair.bench.pass(2h);
    CHECK(pair.bench.router().lease()->address == own);
  }
  SUBCASE("a client comes after the lease has ended") {
    pair.bench.pass(2h);
    const auto offer = pair.bench.dhcp(discover());
    REQUIRE(offer);
    CHECK(offer->message.yiaddr == own);
  }
}

TEST_CASE("RELEASE: a stranger's is counted and ignored") {
  Pair pair;
  pair.bench.configure();
  auto message = release(own);
  message.chaddr = make_mac(0x66);
  CHECK_FALSE(pair.bench.dhcp(message));
  CHECK(pair.bench.count("drop_dhcp_release") == 1);
}

TEST_CASE("DECLINE: no reply; the address is quarantined and another one claimed at once") {
  Pair pair;
  pair.bench.configure();
  CHECK_FALSE(pair.bench.dhcp(decline(own)));
  REQUIRE(pair.bench.lost.size() == 1);
  REQUIRE(pair.bench.held.size() == 1);
  const auto next = pair.bench.router().lease()->address;
  CHECK(next != own);
  // Not even when the client asks for it.
  pair.bench.pass(20s);
  const auto nak = pair.bench.dhcp(init_reboot(own));
  REQUIRE(nak);
  CHECK(nak->type() == DhcpMessageType::nak);
  // The record stays with us until it ends, so no other node gets an address that clashes.
  CHECK(pair.bench.ring.get(dht::RecordKind::lease, router::record_name(own)).outcome == dht::Outcome::done);
}

TEST_CASE("DECLINE: three addresses at most are given up; a stranger's is ignored") {
  Pair pair;
  for (int i = 0; i < 6; ++i) {
    pair.bench.configure();
    pair.bench.dhcp(decline(pair.bench.router().lease()->address));
  }
  CHECK(pair.bench.count("dhcp_decline") == 6);
  CHECK(pair.bench.count("drop_dhcp_decline_limit") == 3);
  auto stranger = decline(pair.bench.router().lease()->address);
  stranger.chaddr = make_mac(0x66);
  pair.bench.dhcp(stranger);
  CHECK(pair.bench.count("drop_dhcp_decline") == 1);
}

TEST_CASE("INFORM: an ACK to ciaddr without 51, 58, 59 and with yiaddr 0") {
  Pair pair;
  auto message = dhcp_message(DhcpMessageType::inform);
  message.ciaddr = own;
  const auto ack = pair.bench.dhcp(message, own, server);
  REQUIRE(ack);
  CHECK(ack->type() == DhcpMessageType::ack);
  CHECK(ack->ip.destination == own);
  CHECK(ack->ethernet.destination == client_mac);
  CHECK(ack->message.yiaddr.is_unspecified());
  for (const DhcpCode code : {DhcpCode::ip_address_lease_time, DhcpCode::renewal_time, DhcpCode::rebinding_time})
    CHECK_FALSE(ack->message.options.has(code));
  CHECK(ack->message.options.get_text(DhcpCode::domain_name) == "ipop");
  message.ciaddr = net::Ipv4Address(192, 168, 7, 7);
  CHECK_FALSE(pair.bench.dhcp(message));
  CHECK(pair.bench.count("drop_dhcp_inform_address") == 1);
}

TEST_CASE("lease: the node renews in the DHT on its own timer, whatever the client does") {
  Pair pair;
  const auto first = pair.bench.router().lease()->expires;
  pair.bench.pass(15h);
  CHECK(pair.bench.router().lease()->expires > first);
  CHECK(pair.bench.lost.empty());
  CHECK(pair.bench.held.empty());
}

TEST_CASE("S8: 10,000 DISCOVERs from random MACs take nothing from an honest client") {
  Pair pair;
  SeededRng rng(8);
  for (int i = 0; i < 10'000; ++i) {
    std::array<std::byte, 6> octets{};
    rng.fill(octets);
    octets[0] = std::byte{2};
    pair.bench.give(
        dhcp_frame(dhcp_message(DhcpMessageType::discover, static_cast<std::uint32_t>(i), net::MacAddress(octets))));
  }
  const auto ack = pair.bench.configure();
  CHECK(ack.message.yiaddr == own);
  CHECK(pair.bench.asked <= 1);  // the one lease that the node claimed
}

TEST_CASE("a second machine gets no address while the first answers ARP, and gets it when that is silent") {
  Pair pair;
  pair.bench.configure();
  pair.bench.pass(10s);
  CHECK_FALSE(pair.bench.dhcp(dhcp_message(DhcpMessageType::discover, 8, make_mac(0x0b))));
  REQUIRE(pair.bench.frames.size() == 1);
  const auto search = read_arp(pair.bench.frames[0]);
  REQUIRE(search);
  CHECK(search->operation == net::ArpOperation::request);
  CHECK(search->sender_ip == server);
  CHECK(search->target_ip == own);
  SUBCASE("it answers") {
    net::ArpPacket reply{net::ArpOperation::reply, client_mac, own, router::server_mac, server};
    pair.bench.give(arp_frame(reply));
    pair.bench.pass(2s);
    CHECK_FALSE(pair.bench.dhcp(dhcp_message(DhcpMessageType::discover, 9, make_mac(0x0b))));
    CHECK(pair.bench.count("drop_dhcp_address_in_use") == 2);
  }
  SUBCASE("it is silent") {
    pair.bench.pass(3s);
    CHECK(pair.bench.dhcp(dhcp_message(DhcpMessageType::discover, 9, make_mac(0x0b))));
  }
}

TEST_CASE("the same machine with another client identifier gets the address at once") {
  Pair pair;
  pair.bench.configure();
  auto message = discover(9);
  message.options.set(DhcpCode::client_identifier, from_hex("ff01020304"));
  CHECK(pair.bench.dhcp(message));
}

TEST_CASE("a SimpleNode serves no DHCP and claims nothing") {
  FakeDht ring;
  router::Router::Config config;
  config.claim_address = false;
  Bench bench(ring, "self", config);
  bench.join();
  bench.pass(60s);
  CHECK(bench.asked == 0);
  CHECK_FALSE(bench.dhcp(discover()));
  CHECK(bench.count("drop_dhcp_no_service") == 1);
}
