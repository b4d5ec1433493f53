#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

const net::Endpoint outside_server{net::Ipv4Address(192, 0, 2, 53), 53};

Bytes encoded_query(const std::string& name) {
  Bytes out;
  net::encode(dns_query(name), out);
  return out;
}

/// The server's answer to what was forwarded.
Bytes answered(const router::Router::ForwardDns& forward) {
  const auto query = net::decode_dns(forward.query);
  REQUIRE(query);
  auto response = net::make_dns_response(*query);
  response.answers.push_back(net::make_a_record(query->questions[0].qname, 60, net::Ipv4Address(192, 0, 2, 80)));
  Bytes out;
  net::encode(response, out);
  return out;
}

}  // namespace

TEST_CASE("a name outside the group is asked of the machine's servers, and the answer goes to who asked") {
  Pair pair;
  pair.bench.router().handle_dns_servers({outside_server});
  pair.bench.give(dns_frame(encoded_query("outside.example")));
  CHECK(pair.bench.frames.empty());
  REQUIRE(pair.bench.forwarded.size() == 1);
  const auto forward = pair.bench.forwarded[0];
  CHECK(forward.server == outside_server);
  pair.bench.router().handle_dns_server_answer(pair.bench.now, forward.number, outside_server, answered(forward));
  pair.bench.drain();
  REQUIRE(pair.bench.frames.size() == 1);
  const auto answer = read_dns(pair.bench.frames[0]);
  REQUIRE(answer);
  CHECK(answer->header.id == 0x1234);
  REQUIRE(answer->answers.size() == 1);
  CHECK(pair.bench.ended_forwards == std::vector<std::uint64_t>{forward.number});
}

TEST_CASE("names of the group are answered here and never leave the machine, whatever servers it has") {
  Pair pair;
  pair.bench.router().handle_dns_servers({outside_server});
  CHECK(pair.bench.ask("nobody.ipop").header.rcode == net::DnsRcode::name_error);
  pair.bench.forget();
  CHECK(pair.bench.ask("7.0.128.10.in-addr.arpa", net::DnsType::ptr).answers.size() == 1);
  CHECK(pair.bench.forwarded.empty());
}

TEST_CASE("without a server, or with the node's own for a server, names outside the group are refused") {
  Pair pair;
  CHECK(pair.bench.ask("outside.example").header.rcode == net::DnsRcode::refused);
  pair.bench.forget();
  pair.bench.router().handle_dns_servers({{server, 53}, {own, 53}});
  CHECK(pair.bench.ask("outside.example").header.rcode == net::DnsRcode::refused);
  CHECK(pair.bench.forwarded.empty());
}

TEST_CASE("S9: a peer's query for the server address is neither answered nor forwarded") {
  Pair pair;
  pair.bench.router().handle_dns_servers({outside_server});
  const std::vector<Bytes> packets{make_udp(other, 40000, server, net::udp_port_dns, encoded_query("outside.example"))};
  pair.bench.give_packets(pair.peer, packets);
  CHECK(pair.bench.forwarded.empty());
  CHECK(pair.bench.frames.empty());
  CHECK(pair.bench.sent.empty());
}

TEST_CASE("at most 256 queries are forwarded at a time, and a silent server's queries end by themselves") {
  Pair pair;
  pair.bench.router().handle_dns_servers({outside_server});
  std::size_t forwarded = 0;
  for (int i = 0; i < 300; ++i) {
    pair.bench.give(dns_frame(encoded_query("n" + std::to_string(i) + ".example")));
    forwarded += pair.bench.forwarded.size();
  }
  CHECK(forwarded == router::DnsRelay::most_waiting);
  CHECK(pair.bench.router().counters().get("dns_overload") == 44);
  pair.bench.pass(10s);
  CHECK(pair.bench.frames.size() == router::DnsRelay::most_waiting);
  for (const Bytes& frame : pair.bench.frames)
    CHECK(read_dns(frame)->header.rcode == net::DnsRcode::server_failure);
  CHECK(pair.bench.ended_forwards.size() == router::DnsRelay::most_waiting);
}

TEST_CASE("with offer_dns off, DHCP names neither a name server nor a domain") {
  FakeDht ring;
  auto config = Bench::with_lease();
  config.offer_dns = false;
  Bench bench(ring, "self", config);
  bench.join();
  bench.forget();
  const auto ack = bench.configure();
  CHECK_FALSE(ack.message.options.find(net::DhcpCode::domain_name_server));
  CHECK_FALSE(ack.message.options.find(net::DhcpCode::domain_name));
  CHECK_FALSE(ack.message.options.find(net::DhcpCode::domain_search));
}
