#include "router/name_service.hpp"

#include "router_fixture.hpp"

// What the name service answers (RFC 1035, RFC 2308, RFC 6891).

using namespace ipop;
using namespace ipop::test;
using net::DnsRcode;
using net::DnsType;

namespace {

net::Ipv4Address address_in(const net::DnsMessage& answer) {
  REQUIRE(answer.answers.size() == 1);
  return std::get<net::Ipv4Address>(answer.answers[0].rdata);
}

std::string name_in(const net::DnsMessage& answer) {
  REQUIRE(answer.answers.size() == 1);
  return to_string(std::get<net::DnsNameRdata>(answer.answers[0].rdata).name);
}

bool has_soa(const net::DnsMessage& answer) {
  return answer.answers.empty() && answer.authorities.size() == 1 && answer.authorities[0].type == DnsType::soa;
}

}  // namespace

TEST_CASE("EDNS0: a query with an OPT record is answered with one") {
  Pair pair;
  auto query = dns_query("C128000009.ipop");
  query.edns = net::DnsEdns{};
  const auto answer = pair.bench.ask(query);
  CHECK(answer.header.rcode == DnsRcode::no_error);
  CHECK(answer.edns);
  CHECK(address_in(answer) == net::Ipv4Address(10, 128, 0, 9));
  CHECK_FALSE(pair.bench.ask("C128000009.ipop").edns);
}

TEST_CASE("EDNS0: another version gets BADVERS") {
  Pair pair;
  auto query = dns_query("C128000009.ipop");
  query.edns = net::DnsEdns{};
  query.edns->version = 1;
  CHECK(pair.bench.ask(query).header.rcode == DnsRcode::bad_version);
}

TEST_CASE("AAAA: an existing name gives NOERROR and the SOA, never an A record") {
  Pair pair;
  pair.bench.ring.put(make_name_record(pair.peer_key, "peer-box", other));
  for (const char* name : {"C129000009.ipop", "peer-box.ipop", "ipop"}) {
    const auto answer = pair.bench.ask(name, DnsType::aaaa);
    CHECK(answer.header.rcode == DnsRcode::no_error);
    CHECK(answer.header.aa);
    CHECK(has_soa(answer));
  }
}

TEST_CASE("case: names match in any case, and the question's spelling comes back") {
  Pair pair;
  pair.bench.ring.put(make_name_record(pair.peer_key, "peer-box", other));
  for (const char* spelled : {"c129000009.IPOP", "C129000009.iPoP", "PEER-box.Ipop"}) {
    const auto answer = pair.bench.ask(spelled);
    CHECK(address_in(answer) == other);
    CHECK(answer.questions[0].qname.is_spelled_like(*net::parse_dns_name(spelled)));
    CHECK(answer.answers[0].name.is_spelled_like(*net::parse_dns_name(spelled)));
  }
}

TEST_CASE("unknown: NXDOMAIN with the SOA inside the zone") {
  Pair pair;
  for (const char* name :
       {"nobody.ipop", "a.b.ipop", "C128000999.ipop", "C12800001.ipop", "under_score.ipop", "C000000001.ipop"}) {
    const auto answer = pair.bench.ask(name);
    CHECK(answer.header.rcode == DnsRcode::name_error);
    CHECK(answer.header.aa);
    CHECK(has_soa(answer));
    CHECK(answer.authorities[0].ttl <= 5);
  }
}

TEST_CASE("unknown, S9: REFUSED outside of the zone, for transfers and for other classes") {
  Pair pair;
  for (const char* name : {"example.com", "ipop.example.com", "notipop", "in-addr.arpa", "."}) {
    const auto answer = pair.bench.ask(name);
    CHECK(answer.header.rcode == DnsRcode::refused);
    CHECK(answer.answers.empty());
    CHECK_FALSE(answer.header.ra);
  }
  CHECK(pair.bench.ask("ipop", DnsType::axfr).header.rcode == DnsRcode::refused);
  auto chaos = dns_query("C128000009.ipop");
  chaos.questions[0].qclass = static_cast<net::DnsClass>(3);
  CHECK(pair.bench.ask(chaos).header.rcode == DnsRcode::refused);
}

TEST_CASE("PTR: only inside the prefix: 128 to 255.10.in-addr.arpa for 10.128/9") {
  Pair pair;
  CHECK(name_in(pair.bench.ask("9.0.129.10.in-addr.arpa", DnsType::ptr)) == "C129000009.ipop");
  CHECK(name_in(pair.bench.ask("254.255.255.10.in-addr.arpa", DnsType::ptr)) == "C255255254.ipop");
  for (const char* outside : {"9.0.127.10.in-addr.arpa", "9.0.129.11.in-addr.arpa", "10.in-addr.arpa"})
    CHECK(pair.bench.ask(outside, DnsType::ptr).header.rcode == DnsRcode::refused);
  // Parts of an address exist, and have no records.
  const auto part = pair.bench.ask("129.10.in-addr.arpa", DnsType::ptr);
  CHECK(part.header.rcode == DnsRcode::no_error);
  CHECK(has_soa(part));
  CHECK(pair.bench.ask("x.0.129.10.in-addr.arpa", DnsType::ptr).header.rcode == DnsRcode::name_error);
  CHECK(pair.bench.ask("1.2.3.129.10.in-addr.arpa", DnsType::ptr).header.rcode == DnsRcode::name_error);
  CHECK(has_soa(pair.bench.ask("9.0.129.10.in-addr.arpa", DnsType::a)));
}

TEST_CASE("PTR: the zone of a prefix that ends on an octet has one apex") {
  FakeDht ring;
  router::Router::Config config;
  config.prefix = net::Ipv4Prefix(net::Ipv4Address(100, 64, 0, 0), 16);
  config.preferred = net::Ipv4Address(100, 64, 0, 7);
  Bench bench(ring, "self", config);
  bench.join();
  Bytes octets;
  net::encode(dns_query("64.100.in-addr.arpa", DnsType::soa), octets);
  bench.router().handle_dns_query(bench.now, 1, octets);
  bench.drain();
  const auto answer = net::decode_dns(bench.dns.at(0).message);
  REQUIRE(answer);
  REQUIRE(answer->answers.size() == 1);
  CHECK(answer->answers[0].type == DnsType::soa);
}

TEST_CASE("name form: C and the last three octets, both ways; prefixes wider than /8 use 12 digits") {
  CHECK(router::c_name(net::Ipv4Address(10, 128, 0, 1)) == "C128000001");
  CHECK(router::parse_c_name("c128000001", prefix) == net::Ipv4Address(10, 128, 0, 1));
  const net::Ipv4Prefix wide(net::Ipv4Address(10, 0, 0, 0), 7);
  CHECK(router::c_name(net::Ipv4Address(11, 1, 2, 3), wide) == "C011001002003");
  CHECK(router::parse_c_name("C011001002003", wide) == net::Ipv4Address(11, 1, 2, 3));
  CHECK_FALSE(router::parse_c_name("C001002003", wide));
  CHECK_FALSE(router::parse_c_name("C010128000001", prefix));
  CHECK_FALSE(router::parse_c_name("C127000001", prefix));
  CHECK_FALSE(router::parse_c_name("C128000256", prefix));
  CHECK_FALSE(router::parse_c_name("D128000001", prefix));
  CHECK_FALSE(router::parse_c_name("C12800000x", prefix));

  Pair pair;
  CHECK(address_in(pair.bench.ask("C128000001.ipop")) == server);
  CHECK(name_in(pair.bench.ask("1.0.128.10.in-addr.arpa", DnsType::ptr)) == "C128000001.ipop");
}

TEST_CASE("DHT names: asked once, then answered from memory; the TTL is within the lease's rest") {
  Pair pair;
  pair.bench.ring.put(make_lease_record(pair.peer_key, other, wall, "peer-box", 40s));
  pair.bench.ring.put(make_name_record(pair.peer_key, "peer-box", other));
  const auto before = pair.bench.asked;
  const auto answer = pair.bench.ask("peer-box.ipop");
  CHECK(address_in(answer) == other);
  CHECK(answer.answers[0].ttl <= 40);
  CHECK(pair.bench.asked == before + 2);  // the name, and the lease of the address in it
  pair.bench.pass(10s);
  CHECK(pair.bench.ask("peer-box.ipop").answers[0].ttl <= 30);
  CHECK(pair.bench.asked == before + 2);
  CHECK(pair.bench.ask("C129000009.ipop").answers[0].ttl <= 30);
}

TEST_CASE("DHT names: a name that nobody has is not looked up again for 5 s") {
  Pair pair;
  const auto before = pair.bench.asked;
  for (int i = 0; i < 5; ++i)
    CHECK(pair.bench.ask("nobody.ipop").header.rcode == DnsRcode::name_error);
  CHECK(pair.bench.asked == before + 1);
  pair.bench.ring.put(make_name_record(pair.peer_key, "nobody", other));
  pair.bench.pass(5s);
  CHECK(address_in(pair.bench.ask("nobody.ipop")) == other);
}

TEST_CASE("DHT names: an answer comes before glibc gives up, and says SERVFAIL when the DHT is silent") {
  Pair pair;
  pair.bench.answers_itself = false;
  Bytes octets;
  net::encode(dns_query("peer-box.ipop"), octets);
  pair.bench.give(dns_frame(octets));
  CHECK(pair.bench.frames.empty());
  pair.bench.pass(4s);
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(read_dns(pair.bench.frames[0])->header.rcode == DnsRcode::server_failure);
}

TEST_CASE("DHT names: a name counts only when its holder also holds the address in it") {
  Pair pair;
  const auto thief = make_key("thief");
  pair.bench.ring.put(make_name_record(thief, "bank", other));  // the address is the peer's
  CHECK(pair.bench.ask("bank.ipop").header.rcode == DnsRcode::name_error);
  auto forged = make_name_record(pair.peer_key, "forged", other);
  forged.value = router::encode(router::NameValue{pair.peer, own});
  pair.bench.ring.put(forged);
  CHECK(pair.bench.ask("forged.ipop").header.rcode == DnsRcode::name_error);
}

TEST_CASE("DHT names: PTR gives the chosen name that the lease carries, when the name's record agrees") {
  Pair pair;
  pair.bench.ring.put(make_lease_record(pair.peer_key, other, wall, "peer-box"));
  SUBCASE("it agrees") {
    pair.bench.ring.put(make_name_record(pair.peer_key, "peer-box", other));
    CHECK(name_in(pair.bench.ask("9.0.129.10.in-addr.arpa", DnsType::ptr)) == "peer-box.ipop");
  }
  SUBCASE("another node has the name") {
    const auto rightful = make_key("rightful");
    const net::Ipv4Address third(10, 133, 0, 3);
    pair.bench.ring.put(make_name_record(rightful, "peer-box", third));
    pair.bench.ring.put(make_lease_record(rightful, third));
    CHECK(name_in(pair.bench.ask("9.0.129.10.in-addr.arpa", DnsType::ptr)) == "C129000009.ipop");
  }
}

TEST_CASE("DHT names: PTR does not wait long for a silent DHT; the C-name is right in any case") {
  Pair pair;
  pair.bench.answers_itself = false;
  Bytes octets;
  net::encode(dns_query("9.0.129.10.in-addr.arpa", DnsType::ptr), octets);
  pair.bench.give(dns_frame(octets));
  pair.bench.pass(1500ms);
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(name_in(*read_dns(pair.bench.frames[0])) == "C129000009.ipop");
}

TEST_CASE("the node's own names are answered without the DHT") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.host_name = "Alice-Desktop";
  Bench bench(ring, "self", config);
  bench.join();
  const auto before = bench.asked;
  CHECK(address_in(bench.ask("alice-desktop.ipop")) == own);
  CHECK(name_in(bench.ask("7.0.128.10.in-addr.arpa", DnsType::ptr)) == "alice-desktop.ipop");
  CHECK(address_in(bench.ask("C128000007.ipop")) == own);
  CHECK(bench.asked == before);
}

TEST_CASE("the domain is configurable, with several labels too") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.domain = "grid.internal";
  Bench bench(ring, "self", config);
  bench.join();
  CHECK(address_in(bench.ask("C128000007.grid.internal")) == own);
  CHECK(name_in(bench.ask("7.0.128.10.in-addr.arpa", DnsType::ptr)) == "C128000007.grid.internal");
  CHECK(bench.ask("C128000007.ipop").header.rcode == DnsRcode::refused);
  CHECK(bench.ask("internal").header.rcode == DnsRcode::refused);
}

TEST_CASE("TCP to the name server is refused with a reset where no kernel takes it, and answers fit 512 octets") {
  Pair pair;
  // SYN from port 40000, sequence 1000
  const Bytes syn = from_hex("9c40 0035 000003e8 00000000 5002 ffff 0000 0000");
  pair.bench.give(ip_frame(make_ip(net::IpProtocol::tcp, own, server, syn)));
  REQUIRE(pair.bench.frames.size() == 1);
  const auto ip = net::decode_ipv4(ByteSpan(pair.bench.frames[0]).subspan(14));
  REQUIRE(ip);
  CHECK(ip->header.source == server);
  CHECK(ip->header.destination == own);
  ByteReader tcp(ip->payload);
  CHECK(tcp.read<std::uint16_t>() == 53);
  CHECK(tcp.read<std::uint16_t>() == 40000);
  CHECK(tcp.read<std::uint32_t>() == 0);
  CHECK(tcp.read<std::uint32_t>() == 1001);
  CHECK(tcp.read<std::uint16_t>() == 0x5014);  // RST, ACK

  const std::string longest = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + ".ipop";
  Bytes octets;
  net::encode(pair.bench.ask(longest), octets);
  CHECK(octets.size() <= 512);
}

TEST_CASE("queries that are none: responses get nothing, damage gets FORMERR, other opcodes NOTIMP") {
  Pair pair;
  auto response = dns_query("C128000009.ipop");
  response.header.qr = true;
  Bytes octets;
  net::encode(response, octets);
  pair.bench.give(dns_frame(octets));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.count("drop_dns_response") == 1);

  pair.bench.give(dns_frame(from_hex("1234 0100 0001 0000")));
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.count("drop_dns_truncated") == 1);

  pair.bench.give(dns_frame(from_hex("1234 0100 0001 0000 0000 0000 05 6162")));
  REQUIRE(pair.bench.frames.size() == 1);
  CHECK(read_dns(pair.bench.frames[0])->header.rcode == DnsRcode::format_error);
  CHECK(read_dns(pair.bench.frames[0])->header.id == 0x1234);

  auto update = dns_query("ipop");
  update.header.opcode = net::DnsOpcode::update;
  CHECK(pair.bench.ask(update).header.rcode == DnsRcode::not_implemented);
  auto none = dns_query("ipop");
  none.questions.clear();
  CHECK(pair.bench.ask(none).header.rcode == DnsRcode::format_error);
}

TEST_CASE("dig's own query is answered") {
  Pair pair;
  const Bytes captured = test::read_vector("frame_dig_query");
  const auto ip = net::decode_ipv4(ByteSpan(captured).subspan(14));
  const auto udp = net::decode_udp(ip->payload, ip->header.source, ip->header.destination);
  pair.bench.give(dns_frame(udp->payload));
  REQUIRE(pair.bench.frames.size() == 1);
  const auto answer = read_dns(pair.bench.frames[0]);
  REQUIRE(answer);
  CHECK(answer->edns);
}

TEST_CASE("queries of other programs share the answers, and come back with their tag") {
  Pair pair;
  Bytes octets;
  net::encode(dns_query("C129000009.ipop"), octets);
  pair.bench.router().handle_dns_query(pair.bench.now, 42, octets);
  pair.bench.drain();
  REQUIRE(pair.bench.dns.size() == 1);
  CHECK(pair.bench.dns[0].tag == 42);
  CHECK(address_in(*net::decode_dns(pair.bench.dns[0].message)) == other);
  CHECK(pair.bench.frames.empty());
}

TEST_CASE("at most 256 queries wait; one more gets SERVFAIL at once") {
  Pair pair;
  pair.bench.answers_itself = false;
  for (int i = 0; i < 300; ++i) {
    Bytes octets;
    net::encode(dns_query("host-" + std::to_string(i) + ".ipop"), octets);
    pair.bench.router().handle_dns_query(pair.bench.now, static_cast<std::uint64_t>(i), octets);
    pair.bench.drain();
  }
  CHECK(pair.bench.dns.size() == 44);
  CHECK(net::decode_dns(pair.bench.dns[0].message)->header.rcode == DnsRcode::server_failure);
  CHECK(pair.bench.gets.size() == 256);
  pair.bench.pass(5s);
  CHECK(pair.bench.dns.size() == 256);
}
