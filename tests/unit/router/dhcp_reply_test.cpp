#include <algorithm>

#include "dhcp_requests.hpp"
#include "router/dhcp_server.hpp"

// What is read of a request, and how a reply is made: packet, destination, options (RFC 2131, 4.1; RFC 2132).

using namespace ipop;
using namespace ipop::test;
using net::DhcpCode;
using net::DhcpMessageType;

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

TEST_CASE("26: who is not the machine itself is told what any bridge passes, unless more was set") {
  for (const bool is_own : {true, false}) {
    for (const std::uint16_t guest_mtu : std::initializer_list<std::uint16_t>{1400, 8900}) {
      FakeDht ring;
      auto config = Bench::with_lease();
      config.mtu = 8900;
      config.guest_mtu = guest_mtu;
      config.tap_mac = is_own ? client_mac : net::MacAddress::broadcast();
      Bench bench(ring, "self", config);
      bench.join();
      const auto told = bench.dhcp(discover())->message.options.get_u16(DhcpCode::interface_mtu);
      CHECK(told == (is_own ? 8900 : guest_mtu));
    }
  }
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
