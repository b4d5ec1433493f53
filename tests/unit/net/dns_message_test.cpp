#include "net/dns_message.hpp"

#include <doctest/doctest.h>

#include "support/vector_file.hpp"

using namespace ipop;
using namespace ipop::net;

namespace {

DnsName name_of(std::string_view text) {
  const auto name = parse_dns_name(text);
  REQUIRE_MESSAGE(name.has_value(), text);
  return *name;
}

DnsMessage decoded(ByteSpan octets) {
  auto message = decode_dns(octets);
  REQUIRE(message);
  return *std::move(message);
}

Bytes encoded(const DnsMessage& message, std::size_t limit = DnsMessage::udp_limit) {
  Bytes out;
  encode(message, out, limit);
  return out;
}

DnsRecord srv_record(std::string_view name, std::uint32_t ttl, const DnsSrvRdata& srv) {
  return {name_of(name), DnsType::srv, DnsClass::in, ttl, srv};
}

DnsRecord txt_record(std::vector<std::string> strings) {
  return {name_of("ipop"), DnsType::txt, DnsClass::in, 60, DnsTxtRdata{std::move(strings)}};
}

Errc dns_error_of(ByteSpan octets) {
  const auto message = decode_dns(octets);
  REQUIRE_FALSE(message);
  return static_cast<Errc>(message.error().code.value());
}

Bytes dig_query() {
  const Bytes frame = test::read_vector("frame_dig_query");
  return {frame.begin() + 14 + 20 + 8, frame.end()};
}

DnsSoaRdata zone_soa() {
  return {name_of("ns.ipop"), name_of("hostmaster.ipop"), 1, 3600, 600, 86400, 5};
}

DnsMessage many_addresses(std::size_t count) {
  DnsMessage message = make_dns_response(decoded(dig_query()));
  for (std::size_t i = 0; i < count; ++i)
    message.answers.push_back(make_a_record(message.questions.front().qname, 60, Ipv4Address(10, 128, 0, 1)));
  return message;
}

}  // namespace

TEST_CASE("dig's query is read, with the cookie in its OPT record") {
  const DnsMessage query = decoded(dig_query());
  CHECK(query.header.id == 0x1d02);
  CHECK_FALSE(query.header.qr);
  CHECK(query.header.rd);
  CHECK(query.header.ad);
  REQUIRE(query.questions.size() == 1);
  CHECK(to_string(query.questions[0].qname) == "C128000003.ipop");
  CHECK(query.questions[0].qtype == DnsType::a);
  CHECK(query.questions[0].qclass == DnsClass::in);
  REQUIRE(query.edns);
  CHECK(query.edns->udp_payload_size == 1232);
  CHECK(query.answer_limit() == 1232);
  REQUIRE(query.edns->options.size() == 1);
  CHECK(query.edns->options[0].code == 10);
  CHECK(query.additionals.empty());
}

TEST_CASE("messages of dig and dnspython are written octet by octet as they came") {
  CHECK(encoded(decoded(dig_query())) == dig_query());
  for (const char* vector : {"dns_a_answer", "dns_name_error", "dns_ptr_answer", "dns_edns"}) {
    const Bytes octets = test::read_vector(vector);
    CHECK_MESSAGE(encoded(decoded(octets)) == octets, vector);
  }
}

TEST_CASE("an A answer with the question's spelling is written as dnspython writes it") {
  DnsMessage answer;
  answer.header.id = 0x1234;
  answer.header.qr = true;
  answer.header.aa = true;
  answer.header.rd = true;
  const DnsName qname = name_of("c128000007.IPOP");
  answer.questions.push_back({qname, DnsType::a, DnsClass::in});
  answer.answers.push_back(make_a_record(qname, 300, Ipv4Address(10, 128, 0, 7)));
  answer.edns.emplace();
  CHECK(encoded(answer) == test::read_vector("dns_a_answer"));
}

TEST_CASE("a name error carries the zone's SOA") {
  const DnsMessage message = decoded(test::read_vector("dns_name_error"));
  CHECK(message.header.rcode == DnsRcode::name_error);
  REQUIRE(message.authorities.size() == 1);
  CHECK(message.authorities[0] == make_soa_record(name_of("ipop"), 5, zone_soa()));
}

TEST_CASE("PTR, TXT, SRV, NS and AAAA records are read and survive the round trip") {
  const DnsMessage pointer = decoded(test::read_vector("dns_ptr_answer"));
  CHECK(pointer.answers.at(0) == make_ptr_record(name_of("7.0.128.10.in-addr.arpa"), 300, name_of("C128000007.ipop")));

  const DnsMessage message = decoded(test::read_vector("dns_many_types"));
  REQUIRE(message.answers.size() == 3);
  CHECK(std::get<DnsTxtRdata>(message.answers[0].rdata).strings == std::vector<std::string>{"two strings", "and more"});
  CHECK(message.answers[1] == srv_record("_condor._tcp.ipop", 60, {1, 2, 9618, name_of("manager.ipop")}));
  CHECK(std::get<DnsNameRdata>(message.answers[2].rdata).name == name_of("ns.ipop"));
  CHECK(std::get<Ipv6Address>(message.additionals.at(0).rdata) == *parse_ipv6_address("2001:db8::53"));
  CHECK(decoded(encoded(message)) == message);
}

TEST_CASE("a type without a form of its own keeps its octets") {
  DnsMessage message;
  message.answers.push_back({name_of("ipop"), DnsType{65280}, DnsClass::in, 9, test::from_hex("0102c00c")});
  CHECK(decoded(encoded(message)) == message);
}

TEST_CASE("EDNS carries version, DO, options and the high bits of the RCODE") {
  DnsMessage message = decoded(test::read_vector("dns_edns"));
  CHECK(message.header.rcode == DnsRcode::bad_version);
  REQUIRE(message.edns);
  CHECK(message.edns->dnssec_ok);
  CHECK(message.edns->version == 0);
  CHECK(message.edns->udp_payload_size == 4096);
  CHECK(message.edns->options == std::vector<DnsEdns::Option>{{10, test::from_hex("0001020304050607")}});

  message.edns.reset();  // then there is no room for 16
  CHECK(decoded(encoded(message)).header.rcode == DnsRcode::server_failure);
}

TEST_CASE("every truncation of a message fails") {
  for (const char* vector : {"dns_a_answer", "dns_name_error", "dns_ptr_answer", "dns_many_types", "dns_edns"}) {
    const Bytes octets = test::read_vector(vector);
    for (std::size_t n = 0; n < octets.size(); ++n)
      CHECK_FALSE(decode_dns(ByteSpan(octets).first(n)));
  }
  CHECK_FALSE(decode_dns_header(test::from_hex("0001000000000000000000")));
}

TEST_CASE("octets behind the message, counts without records and RDATA of a wrong length are refused") {
  Bytes longer = test::read_vector("dns_a_answer");
  longer.push_back(std::byte{0});
  CHECK(dns_error_of(longer) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex("000100000000 ffff 0000 0000")) == Errc::truncated);
  CHECK(dns_error_of(test::from_hex("0001 0000 ffff 0000 0000 0000")) == Errc::truncated);
  const std::string header = "0001 8000 0000 0001 0000 0000";
  CHECK(dns_error_of(test::from_hex(header + "00 0001 0001 00000000 0003 0a8000")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 001c 0001 00000000 0004 0a800001")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 0010 0001 00000000 0000")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 0010 0001 00000000 0002 0561")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 000c 0001 00000000 0001 0161 00")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 000c 0001 00000000 0002 0000")) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex(header + "00 0006 0001 00000000 0004 0000 0000")) == Errc::malformed);
}

TEST_CASE("a second OPT, one outside of the additionals, one with a name or a torn option is malformed") {
  const std::string opt = "00 0029 04d0 00000000 0000";
  CHECK(decode_dns(test::from_hex("0001 0000 0000 0000 0000 0001" + opt)));
  CHECK(dns_error_of(test::from_hex("0001 0000 0000 0000 0000 0002" + opt + opt)) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex("0001 0000 0000 0001 0000 0000" + opt)) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex("0001 0000 0000 0000 0001 0000" + opt)) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex("0001 0000 0000 0000 0000 0001 0161" + opt)) == Errc::malformed);
  CHECK(dns_error_of(test::from_hex("0001 0000 0000 0000 0000 0001 00 0029 04d0 00000000 0005 000a0002ff")) ==
        Errc::malformed);
}

TEST_CASE("the header alone can be read of a message that is damaged further on") {
  const auto header = decode_dns_header(test::from_hex("beef 2900 0001 0000 0000 0000 ff"));
  REQUIRE(header);
  CHECK(header->id == 0xbeef);
  CHECK(header->opcode == DnsOpcode::update);
  CHECK(header->rd);
}

TEST_CASE("each header flag has its own bit") {
  DnsMessage message;
  const auto flags = [&message] { return ByteReader(ByteSpan(encoded(message)).subspan(2)).read<std::uint16_t>(); };
  CHECK(flags() == 0);
  message.header.qr = true;
  CHECK(flags() == 0x8000);
  message.header = {.aa = true};
  CHECK(flags() == 0x0400);
  message.header = {.tc = true};
  CHECK(flags() == 0x0200);
  message.header = {.rd = true};
  CHECK(flags() == 0x0100);
  message.header = {.ra = true};
  CHECK(flags() == 0x0080);
  message.header = {.ad = true};
  CHECK(flags() == 0x0020);
  message.header = {.cd = true};
  CHECK(flags() == 0x0010);
  message.header = {.opcode = DnsOpcode::update, .rcode = DnsRcode::refused};
  CHECK(flags() == 0x2805);
}

TEST_CASE("an answer that passes the limit is cut at a record and says so with TC") {
  const DnsMessage message = many_addresses(100);
  for (const std::size_t limit : {std::size_t{512}, std::size_t{1232}}) {
    const Bytes out = encoded(message, limit);
    CHECK(out.size() <= limit);
    CHECK(out.size() > limit - 16);
    const DnsMessage cut = decoded(out);
    CHECK(cut.header.tc);
    CHECK(cut.questions == message.questions);
    CHECK(cut.edns);
    CHECK(cut.answers.size() < 100);
  }
  const DnsMessage whole = decoded(encoded(message, DnsMessage::tcp_limit));
  CHECK_FALSE(whole.header.tc);
  CHECK(whole.answers.size() == 100);
}

TEST_CASE("additionals that have no room are left out without TC") {
  DnsMessage message = many_addresses(1);
  message.additionals.push_back(txt_record({std::string(255, 't'), std::string(255, 't'), std::string(90, 't')}));
  const DnsMessage cut = decoded(encoded(message));
  CHECK_FALSE(cut.header.tc);
  CHECK(cut.answers.size() == 1);
  CHECK(cut.additionals.empty());
}

TEST_CASE("names are compressed with their spelling kept, and SRV targets are not compressed") {
  DnsMessage message;
  message.questions.push_back({name_of("a.IPOP"), DnsType::any, DnsClass::in});
  message.answers.push_back(make_ptr_record(name_of("a.IPOP"), 1, name_of("b.ipop")));
  message.answers.push_back(make_ptr_record(name_of("b.ipop"), 1, name_of("a.IPOP")));
  message.answers.push_back(srv_record("a.IPOP", 1, {0, 0, 1, name_of("a.IPOP")}));
  const Bytes out = encoded(message);
  // header, question, then owner pointer + 10 + RDATA each
  CHECK(out.size() == 12 + 12 + (12 + 8) + (12 + 2) + (12 + 6 + 8));
  const DnsMessage again = decoded(out);
  CHECK(again == message);
  CHECK(std::get<DnsNameRdata>(again.answers[0].rdata).name.is_spelled_like(name_of("b.ipop")));
  CHECK(again.answers[1].name.is_spelled_like(name_of("b.ipop")));
  CHECK(std::get<DnsNameRdata>(again.answers[1].rdata).name.is_spelled_like(name_of("a.IPOP")));
}

TEST_CASE("a message is written behind other octets with pointers from its own start") {
  const DnsMessage message = decoded(test::read_vector("dns_ptr_answer"));
  Bytes out(2, std::byte{0});  // as the length in front of a message over TCP
  encode(message, out);
  CHECK(equal(ByteSpan(out).subspan(2), test::read_vector("dns_ptr_answer")));
}

TEST_CASE("text of several strings, and of one that is empty, is read back as it was") {
  DnsMessage message;
  message.answers.push_back(txt_record({std::string(255, 't'), std::string(90, 'u')}));
  message.answers.push_back(txt_record({""}));
  CHECK(decoded(encoded(message, 1232)) == message);
}

TEST_CASE("a response repeats id, question and EDNS of the query, and nothing else") {
  const DnsMessage query = decoded(dig_query());
  const DnsMessage response = make_dns_response(query, DnsRcode::refused);
  CHECK(response.header.id == query.header.id);
  CHECK(response.header.qr);
  CHECK(response.header.rd);
  CHECK_FALSE(response.header.ad);
  CHECK(response.header.rcode == DnsRcode::refused);
  CHECK(response.questions[0].qname.is_spelled_like(query.questions[0].qname));
  REQUIRE(response.edns);
  CHECK(response.edns->options.empty());

  DnsMessage plain = query;
  plain.edns.reset();
  CHECK_FALSE(make_dns_response(plain).edns);
  CHECK(plain.answer_limit() == 512);
  plain.edns.emplace().udp_payload_size = 100;
  CHECK(plain.answer_limit() == 512);
}
