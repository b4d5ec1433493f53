#include <doctest/doctest.h>

#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"
#include "net/mac_address.hpp"
#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

Ipv6Address v6(std::string_view text) {
  const auto address = parse_ipv6_address(text);
  REQUIRE_MESSAGE(address.has_value(), text);
  return *address;
}

}  // namespace

TEST_CASE("a MAC address is written as six pairs of lower-case digits between colons") {
  CHECK(to_string(MacAddress({std::byte{2}, {}, std::byte{0x5e}, std::byte{0x10}, {}, std::byte{0xff}})) ==
        "02:00:5e:10:00:ff");
}

TEST_CASE("broadcast and multicast MAC addresses are group addresses") {
  CHECK(MacAddress::broadcast().is_group());
  CHECK(MacAddress({std::byte{1}, {}, std::byte{0x5e}, {}, {}, std::byte{0xfb}}).is_group());
  CHECK_FALSE(MacAddress({std::byte{2}, {}, std::byte{0x5e}, {}, {}, std::byte{0xfb}}).is_group());
}

TEST_CASE("an IPv4 address is four numbers up to 255 without leading zeros") {
  CHECK(parse_ipv4_address("10.128.0.1") == Ipv4Address(10, 128, 0, 1));
  CHECK(parse_ipv4_address("0.0.0.0") == Ipv4Address{});
  CHECK(to_string(Ipv4Address(255, 0, 10, 1)) == "255.0.10.1");
  for (const char* wrong : {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.00", "1.2.3.4 ", " 1.2.3.4",
                            "1..2.3", "1.2.3.", "a.b.c.d", "1.2.3.-4", "1.2.3.99999999999"}) {
    CHECK_MESSAGE(!parse_ipv4_address(wrong), wrong);
  }
}

TEST_CASE("an IPv4 address knows which special range it is of") {
  CHECK(Ipv4Address(127, 9, 9, 9).is_loopback());
  CHECK(Ipv4Address(224, 0, 0, 1).is_multicast());
  CHECK(Ipv4Address(239, 255, 255, 255).is_multicast());
  CHECK_FALSE(Ipv4Address(240, 0, 0, 0).is_multicast());
  CHECK(Ipv4Address(169, 254, 1, 1).is_link_local());
  CHECK(Ipv4Address(255, 255, 255, 255).is_broadcast());
}

TEST_CASE("a prefix contains its own addresses and no others") {
  const auto prefix = parse_ipv4_prefix("10.128.0.0/9");
  REQUIRE(prefix);
  CHECK(to_string(*prefix) == "10.128.0.0/9");
  CHECK(prefix->mask() == Ipv4Address(255, 128, 0, 0));
  CHECK(prefix->broadcast() == Ipv4Address(10, 255, 255, 255));
  CHECK(prefix->server_address() == Ipv4Address(10, 128, 0, 1));
  CHECK(prefix->contains(Ipv4Address(10, 128, 0, 0)));
  CHECK(prefix->contains(Ipv4Address(10, 255, 255, 255)));
  CHECK_FALSE(prefix->contains(Ipv4Address(10, 127, 255, 255)));
  CHECK_FALSE(prefix->contains(Ipv4Address(11, 128, 0, 0)));
}

TEST_CASE("a prefix of length 0 holds every address and one of length 32 a single one") {
  CHECK(parse_ipv4_prefix("0.0.0.0/0")->contains(Ipv4Address(255, 255, 255, 255)));
  const auto host = parse_ipv4_prefix("192.0.2.1/32");
  CHECK(host->contains(Ipv4Address(192, 0, 2, 1)));
  CHECK_FALSE(host->contains(Ipv4Address(192, 0, 2, 2)));
}

TEST_CASE("prefixes overlap when one lies in the other, either way") {
  const Ipv4Prefix ten(Ipv4Address(10, 0, 0, 0), 8);
  const Ipv4Prefix lan(Ipv4Address(10, 200, 3, 77), 24);
  CHECK(lan.address() == Ipv4Address(10, 200, 3, 0));
  CHECK(ten.overlaps(lan));
  CHECK(lan.overlaps(ten));
  CHECK_FALSE(lan.overlaps(Ipv4Prefix(Ipv4Address(10, 200, 4, 0), 24)));
}

TEST_CASE("a prefix with host bits, without a length or with one above 32 is refused") {
  for (const char* wrong : {"10.128.0.1/9", "10.128.0.0", "10.128.0.0/", "10.128.0.0/33", "10.128.0.0/09",
                            "10.128.0.0/-1", "10.128.0.0/9 ", "10.128.0/9", "/9"}) {
    CHECK_MESSAGE(!parse_ipv4_prefix(wrong), wrong);
  }
}

TEST_CASE("IPv6 text is the canonical form of RFC 5952") {
  // RFC 5952, 1 and 4: many forms of one address.
  CHECK(to_string(v6("2001:0db8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1");
  CHECK(to_string(v6("2001:db8:0:0:0::1")) == "2001:db8::1");
  CHECK(to_string(v6("2001:DB8::1:0:0:1")) == "2001:db8::1:0:0:1");
  CHECK(to_string(v6("2001:db8:0:1:1:1:1:1")) == "2001:db8:0:1:1:1:1:1");  // one zero group stays
  CHECK(to_string(v6("2001:0:0:1:0:0:0:1")) == "2001:0:0:1::1");           // the longest run
  CHECK(to_string(v6("::")) == "::");
  CHECK(to_string(v6("::1")) == "::1");
  CHECK(to_string(v6("fe80::")) == "fe80::");
  CHECK(to_string(v6("::ffff:c000:201")) == "::ffff:192.0.2.1");
  CHECK(v6("64:ff9b::192.0.2.33") == v6("64:ff9b::c000:221"));
}

TEST_CASE("IPv6 text that is no address is refused") {
  for (const char* wrong : {"", ":", ":::", "1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8",
                            "12345::", "g::", "::1%eth0", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", ":1::2",
                            "1::2:", "::1.2.3.4:5"}) {
    CHECK_MESSAGE(!parse_ipv6_address(wrong), wrong);
  }
}

TEST_CASE("an IPv6 address knows loopback and link-local") {
  CHECK(v6("::1").is_loopback());
  CHECK_FALSE(v6("::2").is_loopback());
  CHECK(v6("febf::1").is_link_local());
  CHECK_FALSE(v6("fec0::1").is_link_local());
}

TEST_CASE("an endpoint's text is read back as the same endpoint") {
  const auto v4 = parse_endpoint("192.0.2.1:5000");
  REQUIRE(v4);
  CHECK(*v4 == Endpoint{Ipv4Address(192, 0, 2, 1), 5000});
  CHECK(to_string(*v4) == "192.0.2.1:5000");
  const auto six = parse_endpoint("[2001:db8::1]:65535");
  REQUIRE(six);
  CHECK_FALSE(six->is_ipv4());
  CHECK_FALSE(six->ipv4());
  CHECK(to_string(*six) == "[2001:db8::1]:65535");
  for (const char* wrong : {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:05", "192.0.2.1:+5",
                            "2001:db8::1:5000", "[2001:db8::1]", "[192.0.2.1]:5000", "host:5000"}) {
    CHECK_MESSAGE(!parse_endpoint(wrong), wrong);
  }
}

TEST_CASE("an endpoint on the wire is family, address and port, and cut short it is none") {
  for (const auto& [text, wire] : {std::pair<const char*, const char*>{"192.0.2.1:5000", "04c00002011388"},
                                   {"[2001:db8::1]:5000", "0620010db80000000000000000000000011388"}}) {
    const auto endpoint = parse_endpoint(text);
    REQUIRE(endpoint);
    Bytes out;
    ByteWriter writer(out);
    encode(*endpoint, writer);
    CHECK(out == test::from_hex(wire));
    ByteReader in(out);
    CHECK(decode_endpoint(in) == endpoint);
    CHECK(in.done());
    for (std::size_t n = 0; n < out.size(); ++n) {
      ByteReader shorter(ByteSpan(out).first(n));
      CHECK_FALSE(decode_endpoint(shorter));
    }
  }
  const Bytes unknown = test::from_hex("05c00002011388");
  ByteReader in(unknown);
  CHECK_FALSE(decode_endpoint(in));
}
