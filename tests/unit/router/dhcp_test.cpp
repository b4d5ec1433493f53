#include <algorithm>

#include "router/dhcp_server.hpp"
#include "router_fixture.hpp"

// Each case is a row of the table in the field notes, 5.1 (RFC 2131, RFC 2132).

using namespace ipop;
using namespace ipop::test;
using net::DhcpCode;
using net::DhcpMessageType;

namespace {

net::DhcpMessage discover(std::uint32_t xid = 1) {
  return dhcp_message(DhcpMessageType::discover, xid);
}

net::DhcpMessage selecting(net::Ipv4Address address, net::Ipv4Address chosen = server) {
  auto message = dhcp_message(DhcpMessageType::request, 2);
  message.options.set_address(DhcpCode::server_identifier, chosen);
  message.options.set_address(DhcpCode::requested_ip_address, address);
  return message;
}

net::DhcpMessage init_reboot(net::Ipv4Address address) {
  auto message = dhcp_message(DhcpMessageType::request, 3);
  message.options.set_address(DhcpCode::requested_ip_address, address);
  return message;
}

net::DhcpMessage renewing(net::Ipv4Address address) {
  auto message = dhcp_message(DhcpMessageType::request, 4);
  message.ciaddr = address;
  return message;
}

net::DhcpMessage decline(net::Ipv4Address address) {
  auto message = dhcp_message(DhcpMessageType::decline, 5);
  message.options.set_address(DhcpCode::requested_ip_address, address);
  message.options.set_address(DhcpCode::server_identifier, server);
  return message;
}

net::DhcpMessage release(net::Ipv4Address address) {
  auto message = dhcp_message(DhcpMessageType::release, 6);
  message.ciaddr = address;
  message.options.set_address(DhcpCode::server_identifier, server);
  return message;
}

}  // namespace

TEST_CASE("parse: a DHCP message that is no request, is broken, relayed or from an unlearned MAC gets no answer") {
  Pair pair;
  Bench& bench = pair.bench;
  auto reply = discover();
  reply.op = net::BootpOperation::reply;
  CHECK_FALSE(bench.dhcp(reply));
  CHECK(bench.count("drop_dhcp_not_request") == 1);

  auto relayed = discover();
  relayed.giaddr = net::Ipv4Address(10, 1, 1, 1);
  CHECK_FALSE(bench.dhcp(relayed));
  CHECK(bench.count("drop_dhcp_relayed") == 1);

  Bytes foreign = dhcp_frame(discover());
  foreign[11] = std::byte{0x55};  // sent by another MAC than chaddr
  FakeDht ring;
  Bench fresh(ring, "self", Bench::with_lease());
  fresh.join();
  fresh.give(foreign);
  CHECK_FALSE(fresh.last_dhcp());
  CHECK(fresh.count("drop_dhcp_unknown_mac") == 1);

  net::DhcpMessage untyped = discover();
  untyped.options.erase(DhcpCode::dhcp_message_type);
  CHECK_FALSE(bench.dhcp(untyped));
  CHECK(bench.count("drop_dhcp_no_type") == 1);

  const Bytes good = dhcp_frame(discover());
  const auto spoil = [&](std::size_t at, std::byte value) {
    // Behind the IP and UDP headers; without a UDP checksum, so that DHCP itself is looked at.
    Bytes frame = good;
    frame[14 + 20 + 6] = frame[14 + 20 + 7] = std::byte{0};
    frame[14 + 28 + at] = value;
    bench.give(frame);
    CHECK_FALSE(bench.last_dhcp());
  };
  spoil(1, std::byte{6});       // htype
  spoil(2, std::byte{8});       // hlen
  spoil(236, std::byte{0x64});  // cookie
  spoil(241, std::byte{200});   // a length past the end
  CHECK(bench.count("drop_dhcp_malformed") == 4);
  Bytes bad_sum = good;
  bad_sum[14 + 28 + 4] ^= std::byte{1};
  bench.give(bad_sum);
  CHECK(bench.count("drop_dhcp_udp") == 1);
}

TEST_CASE("parse: option 53 may stand anywhere, in the file field too (option 52)") {
  Pair pair;
  auto message = dhcp_message(DhcpMessageType::discover);
  message.options.erase(DhcpCode::dhcp_message_type);
  message.options.set_text(DhcpCode::host_name, std::string(200, 'h'));
  message.options.set_text(DhcpCode::vendor_class_identifier, std::string(120, 'v'));
  message.options.set_message_type(DhcpMessageType::discover);
  CHECK(pair.bench.dhcp(message));
}

TEST_CASE("client key: option 61 is echoed (RFC 6842), and is absent where the client sent none") {
  Pair pair;
  auto message = discover();
  const Bytes id = test::from_hex("ff 0000000a 0001000132951c8b02000000000a");
  message.options.set(DhcpCode::client_identifier, id);
  const auto offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(equal(*offer->message.options.find(DhcpCode::client_identifier), id));
  CHECK(router::client_key(message) == id);
  const auto plain = pair.bench.dhcp(discover(9));
  REQUIRE(plain);
  CHECK_FALSE(plain->message.options.has(DhcpCode::client_identifier));
  CHECK(router::client_key(discover()) == to_bytes(client_mac.octets()));
}

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

TEST_CASE("NAK: broadcast at L2 and L3 with options 53, 54, 56 and the echoed 61 only") {
  Pair pair;
  auto request = init_reboot(net::Ipv4Address(192, 168, 1, 20));
  request.options.set(DhcpCode::client_identifier, from_hex("01020000000 00a"));
  request.ciaddr = {};
  const auto nak = pair.bench.dhcp(request);
  REQUIRE(nak);
  CHECK(nak->ethernet.destination == net::MacAddress::broadcast());
  CHECK(nak->ip.destination == everybody);
  CHECK(nak->message.yiaddr.is_unspecified());
  CHECK(nak->message.ciaddr.is_unspecified());
  CHECK(nak->message.siaddr.is_unspecified());
  std::vector<DhcpCode> codes;
  for (const auto& option : nak->message.options.all())
    codes.push_back(option.code);
  std::ranges::sort(codes);
  CHECK(codes == std::vector{DhcpCode::dhcp_message_type, DhcpCode::server_identifier, DhcpCode::message,
                             DhcpCode::client_identifier});
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

TEST_CASE("destination: without ciaddr a reply is broadcast, with the broadcast flag and without") {
  Pair pair;
  for (const bool flag : {true, false}) {
    auto message = discover();
    message.broadcast = flag;
    const auto offer = pair.bench.dhcp(message);
    REQUIRE(offer);
    CHECK(offer->ethernet.destination == net::MacAddress::broadcast());
    CHECK(offer->ethernet.source == router::server_mac);
    CHECK(offer->ip.destination == everybody);
    CHECK(offer->message.broadcast == flag);
  }
}

TEST_CASE("packet: right checksums, sane IP id and TTL, 300 octets at least, ports 67 to 68") {
  Pair pair;
  const auto first = pair.bench.dhcp(discover(1));
  const auto second = pair.bench.dhcp(discover(2));
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->size >= 300);
  CHECK(first->ip.time_to_live == 64);
  CHECK(first->ip.source == server);
  CHECK(first->ip.identification != second->ip.identification);
  CHECK(first->udp.source_port == 67);
  CHECK(first->udp.destination_port == 68);
  const Bytes& frame = pair.bench.frames.back();
  const bool has_checksum = frame[14 + 20 + 6] != std::byte{0} || frame[14 + 20 + 7] != std::byte{0};
  CHECK(has_checksum);
}

TEST_CASE("packet: option 57 bounds the size, option 55 orders what is in it") {
  Pair pair;
  auto message = discover();
  message.options.set_u16(DhcpCode::maximum_dhcp_message_size, 576);
  message.options.set(DhcpCode::parameter_request_list, from_hex("0f 1a 01"));
  auto offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(offer->size <= 576 - 28);
  std::vector<DhcpCode> codes;
  for (const auto& option : offer->message.options.all())
    codes.push_back(option.code);
  const auto place = [&](DhcpCode code) { return std::ranges::find(codes, code) - codes.begin(); };
  CHECK(place(DhcpCode::domain_name) < place(DhcpCode::interface_mtu));
  CHECK(place(DhcpCode::interface_mtu) < place(DhcpCode::subnet_mask));
  CHECK(place(DhcpCode::subnet_mask) < place(DhcpCode::broadcast_address));
}

TEST_CASE("lease: option 51 is half of what the DHT entry has left, T1 half and T2 seven eighths of it") {
  Pair pair;
  const auto ack = pair.bench.configure();
  const auto time = ack.message.options.get_u32(DhcpCode::ip_address_lease_time);
  REQUIRE(time);
  CHECK(*time == 43200);
  CHECK(ack.message.options.get_u32(DhcpCode::renewal_time) == 21600);
  CHECK(ack.message.options.get_u32(DhcpCode::rebinding_time) == 37800);
  pair.bench.ring.reachable = false;  // no renewal
  pair.bench.pass(20h);
  const auto later = pair.bench.dhcp(renewing(own), own, server);
  REQUIRE(later);
  CHECK(*later->message.options.get_u32(DhcpCode::ip_address_lease_time) <= 7200);
}

TEST_CASE("lease: the node renews in the DHT on its own timer, whatever the client does") {
  Pair pair;
  const auto first = pair.bench.router().lease()->expires;
  pair.bench.pass(15h);
  CHECK(pair.bench.router().lease()->expires > first);
  CHECK(pair.bench.lost.empty());
  CHECK(pair.bench.held.empty());
}

TEST_CASE("1, 3, 121: the mask makes the whole space on-link, and no router or route is ever sent") {
  Pair pair;
  auto message = discover();
  message.options.set(DhcpCode::parameter_request_list, from_hex("01 03 21 79 f9"));
  const auto offer = pair.bench.dhcp(message);
  REQUIRE(offer);
  CHECK(offer->message.options.has(DhcpCode::subnet_mask));
  CHECK_FALSE(offer->message.options.has(DhcpCode::router));
  CHECK_FALSE(offer->message.options.has(DhcpCode::classless_static_route));
  CHECK_FALSE(offer->message.options.has(static_cast<DhcpCode>(33)));
  CHECK_FALSE(offer->message.options.has(static_cast<DhcpCode>(249)));
}

TEST_CASE("26: the MTU option carries the TAP's MTU") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.mtu = 1280;
  Bench bench(ring, "self", config);
  bench.join();
  CHECK(bench.dhcp(discover())->message.options.get_u16(DhcpCode::interface_mtu) == 1280);
}

TEST_CASE("6, 15, 119: server address, the configured domain, and the search list where it is asked for") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.domain = "grid.internal";
  Bench bench(ring, "self", config);
  bench.join();
  auto message = discover();
  CHECK_FALSE(bench.dhcp(message)->message.options.has(DhcpCode::domain_search));
  message.options.set(DhcpCode::parameter_request_list, from_hex("77"));
  const auto offer = bench.dhcp(message);
  CHECK(offer->message.options.get_text(DhcpCode::domain_name) == "grid.internal");
  CHECK(equal(*offer->message.options.find(DhcpCode::domain_search), from_hex("046772696408696e7465726e616c00")));
}

TEST_CASE("clients: the DISCOVERs that udhcpc and dhcpcd really send are answered") {
  for (const char* capture : {"frame_udhcpc_discover", "frame_dhcpcd_discover"}) {
    Pair pair;
    pair.bench.give(test::read_vector(capture));
    const auto offer = pair.bench.last_dhcp();
    REQUIRE(offer);
    CHECK(offer->type() == DhcpMessageType::offer);
    CHECK(offer->message.yiaddr == own);
    CHECK(offer->message.options.has(DhcpCode::client_identifier));
  }
}

TEST_CASE("clients: the REQUESTs by which udhcpc and dhcpcd really take an offer up are acknowledged") {
  const net::Ipv4Address offered(10, 142, 236, 103);
  for (const char* capture : {"frame_udhcpc_request", "frame_dhcpcd_request"}) {
    FakeDht ring;
    router::Router::Config config;
    config.preferred = offered;
    Bench bench(ring, "self", config);
    bench.join();
    bench.give(test::read_vector(capture));
    const auto ack = bench.last_dhcp();
    REQUIRE(ack);
    CHECK(ack->type() == DhcpMessageType::ack);
    CHECK(ack->message.yiaddr == offered);
  }
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
