#include "net/dns_name.hpp"

#include <doctest/doctest.h>

#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

DnsName dns_name_of(std::string_view text) {
  const auto name = parse_dns_name(text);
  REQUIRE_MESSAGE(name.has_value(), text);
  return *name;
}

Result<DnsName> decode_at(ByteSpan message, std::size_t at) {
  ByteReader in(message);
  in.take(at);
  return decode_dns_name(message, in);
}

Errc error_at(ByteSpan message, std::size_t at) {
  const auto name = decode_at(message, at);
  REQUIRE_FALSE(name);
  return static_cast<Errc>(name.error().code.value());
}

}  // namespace

TEST_CASE("the compressed names of RFC 1035, 4.1.4 are read") {
  const Bytes message = test::read_vector("rfc1035_names");
  const auto text_at = [&message](std::size_t at) {
    const auto name = decode_at(message, at);
    REQUIRE(name);
    return to_string(*name);
  };
  CHECK(text_at(20) == "F.ISI.ARPA");
  CHECK(text_at(40) == "FOO.F.ISI.ARPA");
  CHECK(text_at(64) == "ARPA");
  CHECK(text_at(92) == ".");
}

TEST_CASE("the reader stands behind the pointer after a compressed name") {
  const Bytes message = test::read_vector("rfc1035_names");
  ByteReader in(message);
  in.take(40);
  REQUIRE(decode_dns_name(message, in));
  CHECK(in.remaining() == message.size() - 46);
}

TEST_CASE("pointers that lead to themselves, forward or around are malformed") {
  CHECK(error_at(test::from_hex("c000"), 0) == Errc::malformed);
  CHECK(error_at(test::from_hex("c00200"), 0) == Errc::malformed);
  CHECK(error_at(test::from_hex("0161c000"), 0) == Errc::malformed);
  CHECK(error_at(test::from_hex("0161c004 0162c000"), 4) == Errc::malformed);
  CHECK(error_at(test::from_hex("ffff"), 0) == Errc::malformed);
}

TEST_CASE("a chain of pointers longer than any name is malformed") {
  Bytes message{std::byte{0}};  // the root, then pointers each of which leads to the one before
  for (std::size_t target = 0; message.size() < 1000; target = message.size() - 2) {
    message.push_back(static_cast<std::byte>(0xc0U | (target >> 8U)));
    message.push_back(static_cast<std::byte>(target & 0xffU));
  }
  CHECK(decode_at(message, 1));
  CHECK(decode_at(message, 101));
  CHECK(error_at(message, 999) == Errc::malformed);
}

TEST_CASE("reserved label types are malformed") {
  CHECK(error_at(test::from_hex("406100"), 0) == Errc::malformed);
  CHECK(error_at(test::from_hex("806100"), 0) == Errc::malformed);
}

TEST_CASE("every truncation of a name fails") {
  Bytes wire;
  encode(dns_name_of("host.group.ipop"), wire);
  for (std::size_t n = 0; n < wire.size(); ++n)
    CHECK(error_at(ByteSpan(wire).first(n), 0) == Errc::truncated);
  CHECK(error_at(test::from_hex("0161c0"), 0) == Errc::truncated);
}

TEST_CASE("a name of 255 octets is the longest, with labels of 63") {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  CHECK(dns_name_of(longest).wire_size() == 255);
  CHECK_FALSE(parse_dns_name(longest + "b"));
  CHECK_FALSE(parse_dns_name(std::string(64, 'a')));

  // The same on the wire: a label in front of a pointer to the longest name.
  Bytes message;
  encode(dns_name_of(longest), message);
  const std::size_t at = message.size();
  append(message, test::from_hex("0161c000"));
  CHECK(decode_at(message, 0));
  CHECK(error_at(message, at) == Errc::malformed);
}

TEST_CASE("names are equal and ordered without regard to case, and keep their spelling") {
  const DnsName lower = dns_name_of("c128000001.ipop");
  const DnsName mixed = dns_name_of("C128000001.IPop");
  CHECK(lower == mixed);
  CHECK((lower <=> mixed) == std::strong_ordering::equal);
  CHECK(std::hash<DnsName>{}(lower) == std::hash<DnsName>{}(mixed));
  CHECK_FALSE(lower.is_spelled_like(mixed));
  CHECK(to_string(mixed) == "C128000001.IPop");
  CHECK(lower < dns_name_of("d128000001.ipop"));
  CHECK(lower != dns_name_of("c128000001.ipo"));
  // Only ASCII letters fold (RFC 4343): '[' and '{' differ by the same bit.
  CHECK(dns_name_of("a[") != dns_name_of("a{"));
}

TEST_CASE("text escapes dots, backslashes and octets that are not printable") {
  DnsName name;
  REQUIRE(name.append_label(std::string_view("a.b\\c\0\xff ", 8)));
  REQUIRE(name.append_label("ipop"));
  CHECK(to_string(name) == "a\\.b\\\\c\\000\\255\\032.ipop");
  CHECK(dns_name_of(to_string(name)).is_spelled_like(name));
}

TEST_CASE("a dot at the end is allowed, an empty label or a bad escape is not") {
  CHECK(dns_name_of("ipop.").is_spelled_like(dns_name_of("ipop")));
  CHECK(dns_name_of(".").is_root());
  for (const char* wrong : {"", "..", ".ipop", "a..b", "ipop..", "a\\", "a\\25", "a\\256", "a\\2x5"})
    CHECK_MESSAGE(!parse_dns_name(wrong), wrong);
}

TEST_CASE("labels, parent and zones") {
  const DnsName name = dns_name_of("www.alice.IPOP");
  CHECK(name.label_count() == 3);
  CHECK(name.first_label() == "www");
  CHECK(name.labels() == std::vector<std::string_view>{"www", "alice", "IPOP"});
  CHECK(name.parent() == dns_name_of("alice.ipop"));
  CHECK(DnsName{}.parent().is_root());
  CHECK(DnsName{}.first_label().empty());
  CHECK(name.is_within(dns_name_of("ipop")));
  CHECK(name.is_within(name));
  CHECK(name.is_within(DnsName{}));
  CHECK_FALSE(name.is_within(dns_name_of("lice.ipop")));
  CHECK_FALSE(dns_name_of("ipop").is_within(name));
  CHECK(dns_name_of("www").with_suffix(dns_name_of("ipop")) == dns_name_of("www.ipop"));
  CHECK_FALSE(dns_name_of(std::string(63, 'a') + "." + std::string(63, 'b'))
                  .with_suffix(dns_name_of(std::string(63, 'c') + "." + std::string(63, 'd'))));
}

TEST_CASE("an address and its name in in-addr.arpa belong to each other") {
  const Ipv4Address address(10, 128, 0, 7);
  CHECK(to_string(reverse_name(address)) == "7.0.128.10.in-addr.arpa");
  CHECK(parse_reverse_name(reverse_name(address)) == address);
  CHECK(parse_reverse_name(dns_name_of("7.0.128.10.IN-ADDR.ARPA")) == address);
  for (const char* wrong :
       {"0.128.10.in-addr.arpa", "1.7.0.128.10.in-addr.arpa", "7.0.128.256.in-addr.arpa", "07.0.128.10.in-addr.arpa",
        "7.0.128.10.ip6.arpa", "7.0.128.10", "x.0.128.10.in-addr.arpa", "7\\.0.128.10.1.in-addr.arpa"}) {
    CHECK_MESSAGE(!parse_reverse_name(dns_name_of(wrong)), wrong);
  }
}
