#include "router/dns_desk.hpp"

#include <doctest/doctest.h>

#include "net/dns_message.hpp"
#include "router_fixture.hpp"

using namespace ipop;
using namespace ipop::test;
using router::DnsDesk;

namespace {

struct DeskBench {
  DeskBench() {
    basis.set_wall_time(now, wall);
    desk.handle_own({.lease = router::Lease{.address = own, .expires = wall + 1h}, .name = "alpha"});
  }

  TimePoint now{};
  SeededRng rng{3};
  crypto::Basis basis;
  router::RecordJudge judge{name_space(), basis};
  DnsDesk desk{{prefix, "ipop"}, judge, rng};

  static Bytes query(const std::string& name) {
    net::DnsMessage message;
    message.header.id = 77;
    message.questions.push_back({*net::parse_dns_name(name), net::DnsType::a, net::DnsClass::in});
    Bytes out;
    net::encode(message, out, 512);
    return out;
  }
  template <class T>
  std::optional<T> next() {
    auto output = desk.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::move(std::get<T>(*output));
  }
};

const net::Endpoint outside = *net::parse_endpoint("192.0.2.53:53");

}  // namespace

TEST_CASE("an answer goes to whoever asked, by the way that he came") {
  DeskBench bench;
  bench.desk.handle_query(bench.now, DnsDesk::TapClient{{}, own, 4000}, DeskBench::query("alpha.ipop"));
  bench.desk.handle_query(bench.now, DnsDesk::StreamClient{8}, DeskBench::query("alpha.ipop"));
  bench.desk.handle_query(bench.now, DnsDesk::ControlClient{9}, DeskBench::query("alpha.ipop"));
  CHECK(std::get<DnsDesk::TapClient>(bench.next<DnsDesk::Answer>()->to).port == 4000);
  CHECK(std::get<DnsDesk::StreamClient>(bench.next<DnsDesk::Answer>()->to).tag == 8);
  const auto last = bench.next<DnsDesk::Answer>();
  REQUIRE(last);
  CHECK(std::get<DnsDesk::ControlClient>(last->to).tag == 9);
  CHECK(net::decode_dns(last->message)->answers.size() == 1);
}

TEST_CASE("names of the group are answered here though there are servers, and others are asked of them") {
  DeskBench bench;
  bench.desk.handle_servers({outside});
  bench.desk.handle_query(bench.now, DnsDesk::StreamClient{1}, DeskBench::query("alpha.ipop"));
  CHECK(bench.next<DnsDesk::Answer>());
  bench.desk.handle_query(bench.now, DnsDesk::StreamClient{2}, DeskBench::query("example.org"));
  const auto forward = bench.next<DnsDesk::Forward>();
  REQUIRE(forward);
  CHECK(forward->server == outside);
  CHECK(forward->transport == net::DnsTransport::tcp);
  // Who asks by the control socket asks for the group's names only.
  bench.desk.handle_query(bench.now, DnsDesk::ControlClient{3}, DeskBench::query("example.org"));
  const auto refused = bench.next<DnsDesk::Answer>();
  REQUIRE(refused);
  CHECK(net::decode_dns(refused->message)->header.rcode == net::DnsRcode::refused);
}

TEST_CASE("a server in the virtual network is not asked: a query would come back") {
  DeskBench bench;
  bench.desk.handle_servers({*net::parse_endpoint(to_string(own) + ":53")});
  bench.desk.handle_query(bench.now, DnsDesk::StreamClient{1}, DeskBench::query("example.org"));
  CHECK(bench.next<DnsDesk::Answer>());
}

TEST_CASE("what is no query has no answer and leaves nothing behind") {
  DeskBench bench;
  bench.desk.handle_query(bench.now, DnsDesk::ControlClient{1}, Bytes(3));
  CHECK_FALSE(bench.desk.poll_output());
  CHECK_FALSE(bench.desk.poll_timeout());
}
