#include <doctest/doctest.h>

#include "net/dhcp_message.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

constexpr std::size_t headers_before_dhcp = 14 + 20 + 8;

Bytes captured(const std::string& vector) {
  const Bytes frame = test::read_vector(vector);
  return {frame.begin() + headers_before_dhcp, frame.end()};
}

DhcpMessage make_offer() {
  DhcpMessage offer;
  offer.op = BootpOperation::reply;
  offer.xid = 0x3c3d416e;
  offer.broadcast = true;
  offer.yiaddr = Ipv4Address(10, 128, 0, 2);
  offer.siaddr = Ipv4Address(10, 128, 0, 1);
  offer.chaddr = MacAddress({std::byte{2}, {}, {}, {}, {}, std::byte{0x0a}});
  offer.options.set_message_type(DhcpMessageType::offer);
  offer.options.set_address(DhcpCode::server_identifier, Ipv4Address(10, 128, 0, 1));
  offer.options.set_u32(DhcpCode::ip_address_lease_time, 3600);
  offer.options.set_address(DhcpCode::subnet_mask, Ipv4Address(255, 128, 0, 0));
  offer.options.set_u16(DhcpCode::interface_mtu, 1372);
  offer.options.set_text(DhcpCode::domain_name, "ipop");
  return offer;
}

Bytes encoded(const DhcpMessage& message, std::size_t max_message_size = 576) {
  Bytes out;
  const auto written = encode(message, out, max_message_size);
  REQUIRE(written);
  return out;
}

Errc error_of(ByteSpan octets) {
  const auto message = decode_dhcp(octets);
  REQUIRE_FALSE(message);
  return static_cast<Errc>(message.error().code.value());
}

// The fixed part of a request, then the given options.
Bytes with_options(const std::string& hex) {
  Bytes octets = encoded(DhcpMessage{});
  octets.resize(DhcpMessage::fixed_size);
  append(octets, test::from_hex(hex));
  return octets;
}

std::vector<unsigned> codes_of(const DhcpMessage& message) {
  std::vector<unsigned> codes;
  for (const DhcpOption& option : message.options.all())
    codes.push_back(static_cast<unsigned>(option.code));
  return codes;
}

}  // namespace

TEST_CASE("udhcpc's DISCOVER is read field by field") {
  const auto message = decode_dhcp(captured("frame_udhcpc_discover"));
  REQUIRE(message);
  CHECK(message->op == BootpOperation::request);
  CHECK(message->xid == 0x3c3d416e);
  CHECK(message->secs == 0);
  CHECK_FALSE(message->broadcast);
  CHECK(message->ciaddr.is_unspecified());
  CHECK(to_string(message->chaddr) == "02:00:00:00:00:0a");
  CHECK(message->options.message_type() == DhcpMessageType::discover);
  CHECK(message->options.max_message_size() == 576);
  CHECK(message->options.get_text(DhcpCode::vendor_class_identifier) == "udhcp 1.35.0");
  const auto client = message->options.find(DhcpCode::client_identifier);
  REQUIRE(client);
  CHECK(equal(*client, test::from_hex("0102000000000a")));  // hardware type and MAC
  CHECK(message->options.parameter_request_list() ==
        std::vector{DhcpCode::subnet_mask, DhcpCode::router, DhcpCode::domain_name_server, DhcpCode::host_name,
                    DhcpCode::domain_name, DhcpCode::broadcast_address, DhcpCode{42}});
}

TEST_CASE("dhcpcd's DISCOVER is read, with IAID and DUID as its client identifier") {
  const auto message = decode_dhcp(captured("frame_dhcpcd_discover"));
  REQUIRE(message);
  CHECK(message->options.message_type() == DhcpMessageType::discover);
  CHECK(message->options.max_message_size() == 1472);
  const auto client = message->options.find(DhcpCode::client_identifier);
  REQUIRE(client);
  CHECK(client->size() == 19);
  CHECK(client->front() == std::byte{0xff});  // RFC 4361
}

TEST_CASE("the clients' messages are written as they came, but for the padding") {
  for (const char* vector : {"frame_udhcpc_discover", "frame_dhcpcd_discover"}) {
    const Bytes octets = captured(vector);
    const auto message = decode_dhcp(octets);
    REQUIRE(message);
    const Bytes out = encoded(*message);
    CHECK(out.size() >= DhcpMessage::min_size);
    CHECK(equal(out, ByteSpan(octets).first(out.size())));
  }
}

TEST_CASE("options in file and sname are joined to the others, and parts of one option to each other") {
  const auto message = decode_dhcp(test::read_vector("dhcp_ack_overload"));
  REQUIRE(message);
  CHECK(message->op == BootpOperation::reply);
  CHECK(message->broadcast);
  CHECK(message->options.message_type() == DhcpMessageType::ack);
  CHECK(message->options.get_u32(DhcpCode::ip_address_lease_time) == 3600);
  CHECK(message->options.get_text(DhcpCode::domain_name) == "ipop");
  CHECK(message->options.get_text(DhcpCode{67}) == "/diskless/foo");
  CHECK_FALSE(message->options.has(DhcpCode::option_overload));
  CHECK(message->file.empty());
  CHECK(message->sname.empty());
}

TEST_CASE("a message survives the round trip and is padded to the 300 octets of BOOTP") {
  DhcpMessage offer = make_offer();
  offer.sname = "server";
  offer.file = std::string(128, 'f');  // the whole field, without a zero at its end
  const Bytes out = encoded(offer);
  CHECK(out.size() == 300);
  const auto again = decode_dhcp(out);
  REQUIRE(again);
  CHECK(*again == offer);
}

TEST_CASE("every truncation before the end option fails; the padding behind it is not needed") {
  Bytes octets = encoded(make_offer());
  std::size_t end = octets.size();
  while (octets[end - 1] == std::byte{0})
    --end;
  for (std::size_t n = 0; n < end; ++n)
    CHECK_FALSE(decode_dhcp(ByteSpan(octets).first(n)));
  CHECK(decode_dhcp(ByteSpan(octets).first(end)));
}

TEST_CASE("another op, hardware or cookie is refused") {
  for (const auto& [at, expected] : {std::pair<std::size_t, Errc>{0, Errc::malformed},
                                     {1, Errc::unsupported},
                                     {2, Errc::unsupported},
                                     {236, Errc::malformed}}) {
    Bytes octets = encoded(make_offer());
    octets[at] = std::byte{7};
    CHECK(error_of(octets) == expected);
  }
}

TEST_CASE("an option that runs past the end is truncated, and a length that RFC 2132 forbids is malformed") {
  CHECK(error_of(with_options("3501")) == Errc::truncated);
  CHECK(error_of(with_options("350101")) == Errc::malformed);      // no end
  CHECK(error_of(with_options("35020101ff")) == Errc::malformed);  // 53 of two octets
  CHECK(error_of(with_options("3203010203ff")) == Errc::malformed);
  CHECK(error_of(with_options("3700ff")) == Errc::malformed);
  CHECK(error_of(with_options("340100ff")) == Errc::malformed);  // overload 0
  CHECK(error_of(with_options("340104ff")) == Errc::malformed);  // overload 4
  CHECK(error_of(with_options("34020101ff")) == Errc::malformed);
  CHECK(error_of(with_options("340101ff")) == Errc::malformed);  // file holds no options
  CHECK(decode_dhcp(with_options("0000350101 00 0c00 ff")));     // pads, an empty host name
}

TEST_CASE("option 53 may stand anywhere") {
  const auto message = decode_dhcp(with_options("0c0161 3d0201aa 350103 ff"));
  REQUIRE(message);
  CHECK(message->options.message_type() == DhcpMessageType::request);
}

TEST_CASE("order_by puts type, server and lease time first, then what the client lists, then the rest") {
  DhcpMessage offer = make_offer();
  offer.options.erase(DhcpCode::dhcp_message_type);
  offer.options.set_message_type(DhcpMessageType::offer);  // at the end of the list
  offer.options.order_by({DhcpCode::interface_mtu, DhcpCode::router, DhcpCode::subnet_mask, DhcpCode::interface_mtu});
  CHECK(codes_of(offer) == std::vector<unsigned>{53, 54, 51, 26, 1, 15});
  const auto again = decode_dhcp(encoded(offer));
  REQUIRE(again);
  CHECK(codes_of(*again) == codes_of(offer));
}

TEST_CASE("options that don't fit the client's packet go to file and sname") {
  DhcpMessage offer = make_offer();
  offer.options.set_text(DhcpCode{100}, std::string(240, 'a'));
  offer.options.set_text(DhcpCode{101}, std::string(110, 'b'));
  offer.options.set_text(DhcpCode{102}, std::string(50, 'c'));
  const Bytes out = encoded(offer);
  CHECK(out.size() <= 576 - 28);
  const auto again = decode_dhcp(out);
  REQUIRE(again);
  CHECK(*again == offer);
  CHECK(encoded(offer, 1500).size() > 576 - 28);
}

TEST_CASE("fields that hold a name are not used for options, and what has no room is too large") {
  DhcpMessage offer = make_offer();
  offer.options.set_text(DhcpCode{100}, std::string(240, 'a'));
  offer.options.set_text(DhcpCode{101}, std::string(110, 'b'));
  offer.file = "boot";
  Bytes out;
  const auto written = encode(offer, out);
  REQUIRE_FALSE(written);
  CHECK(written.error().code == make_error_code(Errc::too_large));
  CHECK(out.empty());
  offer.options.set_text(DhcpCode{101}, std::string(50, 'b'));
  const auto again = decode_dhcp(encoded(offer));
  REQUIRE(again);
  CHECK(*again == offer);
}

TEST_CASE("an option of more than 255 octets is written in parts, across fields when it must") {
  DhcpMessage offer = make_offer();
  offer.options.set_text(DhcpCode{100}, std::string(400, 'x'));
  for (const std::size_t limit : {std::size_t{576}, std::size_t{1500}}) {
    const auto again = decode_dhcp(encoded(offer, limit));
    REQUIRE(again);
    CHECK(*again == offer);
  }
}

TEST_CASE("a name longer than its field is too large") {
  DhcpMessage offer = make_offer();
  offer.sname = std::string(65, 's');
  Bytes out;
  CHECK_FALSE(encode(offer, out));
}

TEST_CASE("getters give nothing for an absent option or one of another length") {
  DhcpOptions options;
  CHECK_FALSE(options.get_u8(DhcpCode::dhcp_message_type));
  CHECK_FALSE(options.message_type());
  CHECK(options.parameter_request_list().empty());
  CHECK(options.max_message_size() == 576);
  options.set_u16(DhcpCode::router, 7);
  CHECK_FALSE(options.get_u32(DhcpCode::router));
  CHECK_FALSE(options.get_address(DhcpCode::router));
  CHECK(options.get_addresses(DhcpCode::router).empty());
  options.set_u16(DhcpCode::maximum_dhcp_message_size, 68);
  CHECK(options.max_message_size() == 576);
}

TEST_CASE("setting an option again keeps its place, and lists of addresses survive") {
  DhcpOptions options;
  options.set_addresses(DhcpCode::domain_name_server, {Ipv4Address(10, 128, 0, 1), Ipv4Address(9, 9, 9, 9)});
  options.set_u8(DhcpCode::rapid_commit, 1);
  options.set_addresses(DhcpCode::domain_name_server, {Ipv4Address(10, 128, 0, 1)});
  CHECK(options.all().front().code == DhcpCode::domain_name_server);
  CHECK(options.get_addresses(DhcpCode::domain_name_server) == std::vector{Ipv4Address(10, 128, 0, 1)});
  CHECK(options.get_address(DhcpCode::domain_name_server) == Ipv4Address(10, 128, 0, 1));
}

TEST_CASE("text loses the zeros that some clients put at its end") {
  DhcpOptions options;
  options.set(DhcpCode::host_name, test::from_hex("7063 0000"));
  CHECK(options.get_text(DhcpCode::host_name) == "pc");
}
