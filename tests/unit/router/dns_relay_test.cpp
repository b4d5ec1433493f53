#include "router/dns_relay.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::router;
using net::DnsRcode;
using net::DnsTransport;

namespace {

const TimePoint start{};

net::DnsName name_of(const char* text) {
  return *net::parse_dns_name(text);
}

DnsZone zone() {
  return {name_of("ipop"), *net::parse_ipv4_prefix("10.128.0.0/9")};
}

net::Endpoint dns_server(std::uint8_t last) {
  return {net::Ipv4Address(192, 0, 2, last), 53};
}

Bytes query_for(const char* name, std::uint16_t id = 7) {
  net::DnsMessage query;
  query.header.id = id;
  query.header.rd = true;
  query.questions.push_back({name_of(name), net::DnsType::a, net::DnsClass::in});
  Bytes out;
  encode(query, out);
  return out;
}

/// The answer of a server to a query that was forwarded to it.
Bytes answer_to(ByteSpan query, DnsRcode rcode = DnsRcode::no_error) {
  const auto asked = net::decode_dns(query);
  REQUIRE(asked);
  auto response = net::make_dns_response(*asked, rcode);
  if (rcode == DnsRcode::no_error)
    response.answers.push_back(net::make_a_record(asked->questions.front().qname, 60, net::Ipv4Address(192, 0, 2, 80)));
  Bytes out;
  encode(response, out);
  return out;
}

struct Fixture {
  explicit Fixture(DnsRelay::Elsewhere elsewhere = DnsRelay::Elsewhere::forward) : relay(elsewhere, rng) {
    relay.handle_zone(zone());
    relay.handle_servers({dns_server(1), dns_server(2)});
  }

  template <class T>
  T next() {
    auto output = relay.poll_output();
    REQUIRE(output);
    auto* wanted = std::get_if<T>(&*output);
    REQUIRE(wanted != nullptr);
    return std::move(*wanted);
  }
  net::DnsMessage next_answer() {
    const auto message = net::decode_dns(next<DnsRelay::Answer>().message);
    REQUIRE(message);
    return *message;
  }
  void ask(const char* name, DnsTransport transport = DnsTransport::udp) {
    CHECK(relay.handle_query(start, 1, transport, query_for(name)));
  }

  SeededRng rng{1};
  DnsRelay relay;
};

}  // namespace

TEST_CASE("a zone covers its domain and the reverse names of its prefix") {
  for (const char* inside : {"ipop", "alice.ipop", "ALICE.IPOP", "a.b.ipop", "1.0.128.10.in-addr.arpa",
                             "254.255.255.10.in-addr.arpa", "200.10.in-addr.arpa", "x.1.0.128.10.in-addr.arpa"})
    CHECK_MESSAGE(zone().covers(name_of(inside)), inside);
  for (const char* outside : {".", "org", "ipop.org", "notipop", "1.0.127.10.in-addr.arpa", "1.0.0.11.in-addr.arpa",
                              "10.in-addr.arpa", "in-addr.arpa", "arpa", "x.10.in-addr.arpa", "128.10.ip6.arpa"})
    CHECK_MESSAGE(!zone().covers(name_of(outside)), outside);
}

TEST_CASE("a name of the zone is asked of the node, and its answer goes back with the client's id") {
  Fixture f;
  f.ask("alice.ipop");
  const auto asked = f.next<DnsRelay::AskNode>();
  Bytes answer = answer_to(asked.query);
  answer[0] = std::byte{0xff};
  f.relay.handle_node_answer(asked.number, answer);
  const auto message = f.next_answer();
  CHECK(message.header.id == 7);
  CHECK(message.answers.size() == 1);
  CHECK(f.relay.waiting() == 0);
  CHECK_FALSE(f.relay.poll_timeout());
}

TEST_CASE("while the node is not running or silent, its names get SERVFAIL") {
  Fixture f;
  f.ask("alice.ipop");
  f.relay.handle_node_failure(f.next<DnsRelay::AskNode>().number);
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);
  f.ask("alice.ipop");
  (void)f.next<DnsRelay::AskNode>();
  REQUIRE(f.relay.poll_timeout());
  f.relay.handle_timeout(*f.relay.poll_timeout());
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);
}

TEST_CASE("other names are refused where nothing is forwarded") {
  Fixture f(DnsRelay::Elsewhere::refuse);
  f.ask("www.example.org");
  const auto message = f.next_answer();
  CHECK(message.header.rcode == DnsRcode::refused);
  CHECK(message.questions.size() == 1);
  CHECK_FALSE(f.relay.poll_output());
}

TEST_CASE("a forwarded query has an id of its own, and the client gets back the id it chose") {
  Fixture f;
  f.ask("www.example.org", DnsTransport::tcp);
  const auto forward = f.next<DnsRelay::Forward>();
  CHECK(forward.server == dns_server(1));
  CHECK(forward.transport == DnsTransport::tcp);
  CHECK(net::decode_dns_header(forward.query)->id != 7);
  f.relay.handle_server_answer(start, forward.number, dns_server(1), answer_to(forward.query));
  CHECK(f.next<DnsRelay::EndForward>().number == forward.number);
  const auto message = f.next_answer();
  CHECK(message.header.id == 7);
  CHECK(message.answers.size() == 1);
}

TEST_CASE("a query that is under way is asked once, and each client gets the answer with the id it chose") {
  Fixture f;
  f.ask("www.example.org");
  const auto forward = f.next<DnsRelay::Forward>();
  CHECK(f.relay.handle_query(start, 2, DnsTransport::udp, query_for("www.example.org", 9)));
  CHECK_FALSE(f.relay.poll_output());
  // Another transport has another limit, and another name is another query.
  f.ask("www.example.org", DnsTransport::tcp);
  CHECK(f.next<DnsRelay::Forward>().transport == DnsTransport::tcp);
  f.ask("ftp.example.org");
  CHECK(f.next<DnsRelay::Forward>().number != forward.number);
  f.relay.handle_server_answer(start, forward.number, dns_server(1), answer_to(forward.query));
  (void)f.next<DnsRelay::EndForward>();
  const auto first = f.next<DnsRelay::Answer>();
  const auto second = f.next<DnsRelay::Answer>();
  CHECK(first.tag == 1);
  CHECK(net::decode_dns_header(first.message)->id == 7);
  CHECK(second.tag == 2);
  CHECK(net::decode_dns_header(second.message)->id == 9);
  CHECK(f.relay.counters().get("dns_joined") == 1);
}

TEST_CASE("clients of one query are bounded; more get SERVFAIL") {
  Fixture f;
  for (std::size_t i = 0; i < DnsRelay::most_clients; ++i)
    f.ask("www.example.org");
  (void)f.next<DnsRelay::Forward>();
  f.ask("www.example.org");
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);
}

TEST_CASE("two servers that ask each other do not go round, and what a third one knows is found") {
  SeededRng rng{1};
  std::array<DnsRelay, 2> relays{DnsRelay(DnsRelay::Elsewhere::forward, rng),
                                 DnsRelay(DnsRelay::Elsewhere::forward, rng)};
  const std::array<net::Endpoint, 2> own{dns_server(10), dns_server(11)};
  relays[0].handle_servers({own[1], dns_server(1)});
  relays[1].handle_servers({own[0]});
  TimePoint now = start;
  std::size_t forwards = 0;
  std::optional<Bytes> answer;
  // Tags of a relay's queries at the other one are their numbers.
  const auto run = [&] {
    for (bool idle = false; !idle;) {
      idle = true;
      for (std::size_t i = 0; i < 2; ++i) {
        while (auto output = relays[i].poll_output()) {
          idle = false;
          if (const auto* forward = std::get_if<DnsRelay::Forward>(&*output)) {
            REQUIRE(++forwards < 100);
            if (forward->server == dns_server(1))
              relays[i].handle_server_answer(now, forward->number, forward->server, answer_to(forward->query));
            else
              relays[1 - i].handle_query(now, 1000 + forward->number, forward->transport, forward->query);
          } else if (const auto* done = std::get_if<DnsRelay::Answer>(&*output)) {
            if (done->tag == 1)
              answer = done->message;
            else
              relays[1 - i].handle_server_answer(now, done->tag - 1000, own[i], done->message);
          }
        }
      }
    }
  };
  CHECK(relays[0].handle_query(now, 1, DnsTransport::udp, query_for("www.example.org")));
  run();
  while (!answer) {
    std::optional<TimePoint> next;
    for (const DnsRelay& relay : relays)
      next = earliest(next, relay.poll_timeout());
    REQUIRE(next);
    now = *next;
    for (DnsRelay& relay : relays)
      relay.handle_timeout(now);
    run();
  }
  CHECK(net::decode_dns(*answer)->answers.size() == 1);
  CHECK(forwards <= 6);
  CHECK(now <= start + 5s);
}

TEST_CASE("an answer from elsewhere, with another id or to another question is dropped") {
  Fixture f;
  f.ask("www.example.org");
  const auto forward = f.next<DnsRelay::Forward>();
  const Bytes answer = answer_to(forward.query);
  f.relay.handle_server_answer(start, forward.number, dns_server(2), answer);
  Bytes wrong_id = answer;
  wrong_id[0] ^= std::byte{1};
  f.relay.handle_server_answer(start, forward.number, dns_server(1), wrong_id);
  Bytes wrong_question = answer;
  wrong_question[13] = std::byte{'x'};
  f.relay.handle_server_answer(start, forward.number, dns_server(1), wrong_question);
  f.relay.handle_server_answer(start, forward.number, dns_server(1), forward.query);
  for (std::size_t size = 0; size < net::DnsHeader::size + 21; ++size)
    f.relay.handle_server_answer(start, forward.number, dns_server(1), ByteSpan(answer).first(size));
  CHECK_FALSE(f.relay.poll_output());
  CHECK(f.relay.counters().get("drop_dns_wrong_source") == 1);
  CHECK(f.relay.counters().get("drop_dns_wrong_question") >= 1);
  f.relay.handle_server_answer(start, forward.number, dns_server(1), answer);
  (void)f.next<DnsRelay::EndForward>();
  CHECK(f.next_answer().header.rcode == DnsRcode::no_error);
}

TEST_CASE("a server that fails, refuses or is silent makes way for the next, then comes SERVFAIL") {
  Fixture f;
  f.ask("www.example.org");
  auto forward = f.next<DnsRelay::Forward>();
  f.relay.handle_server_answer(start, forward.number, dns_server(1), answer_to(forward.query, DnsRcode::refused));
  forward = f.next<DnsRelay::Forward>();
  CHECK(forward.server == dns_server(2));
  f.relay.handle_timeout(*f.relay.poll_timeout());
  (void)f.next<DnsRelay::EndForward>();
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);

  f.ask("www.example.org");
  forward = f.next<DnsRelay::Forward>();
  f.relay.handle_server_failure(start, forward.number);
  CHECK(f.next<DnsRelay::Forward>().server == dns_server(2));
}

TEST_CASE("without a server to ask, other names get SERVFAIL") {
  Fixture f;
  f.relay.handle_servers({});
  f.ask("www.example.org");
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);
}

TEST_CASE("what is no query gets no answer, and a damaged one FORMERR with its id") {
  Fixture f;
  const Bytes query = query_for("alice.ipop");
  for (std::size_t size = 0; size < query.size(); ++size) {
    const bool taken = f.relay.handle_query(start, 1, DnsTransport::udp, ByteSpan(query).first(size));
    CHECK(taken == (size >= net::DnsHeader::size));
    if (!taken) continue;
    const auto message = f.next_answer();
    CHECK(message.header.rcode == DnsRcode::format_error);
    CHECK(message.header.id == 7);
  }
  CHECK_FALSE(f.relay.handle_query(start, 1, DnsTransport::udp, answer_to(query)));
  CHECK_FALSE(f.relay.poll_output());
  CHECK(f.relay.counters().get("drop_dns_response") == 1);
}

TEST_CASE("an operation that is no query is not implemented") {
  Fixture f;
  Bytes query = query_for("alice.ipop");
  query[2] |= std::byte{5U << 3U};  // UPDATE
  CHECK(f.relay.handle_query(start, 1, DnsTransport::udp, query));
  CHECK(f.next_answer().header.rcode == DnsRcode::not_implemented);
}

TEST_CASE("the queries under way are bounded; more get SERVFAIL") {
  Fixture f;
  for (std::size_t i = 0; i < DnsRelay::most_waiting; ++i) {
    f.ask("alice.ipop");
    (void)f.next<DnsRelay::AskNode>();
  }
  f.ask("alice.ipop");
  CHECK(f.next_answer().header.rcode == DnsRcode::server_failure);
  CHECK(f.relay.waiting() == DnsRelay::most_waiting);
}
