#include "desk/enrolment_service.hpp"

#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::desk;
using namespace ipop::test;
using namespace std::chrono_literals;

namespace est = ipop::authority::est;

namespace {

const TimePoint begin{1h};
const net::Endpoint bob_place{net::Ipv4Address(10, 126, 0, 7), 40'000};

/// A service at an authority; `group` is the file that it gives to members.
struct Counter {
  Office office{};
  Result<std::string> group{std::string("name = \"lab\"\n")};
  std::vector<std::string> log{};
  EnrolmentService service{office.desk(), [this] { return group; },
                           [this](const LogLine& line) { log.push_back(line.text); }};

  net::HttpAnswer ask(const net::HttpRequest& request, TimePoint now = begin) {
    return service.answer({now, wall}, bob_place, request);
  }
  /// What a member's request is once his TLS session has shown the certificate.
  static net::HttpRequest by(const crypto::Certificate& member, net::HttpRequest request) {
    request.client_certificate = member.der();
    return request;
  }
};

}  // namespace

TEST_CASE("a request waits for a person, and is told to ask again, soon at first and later less often") {
  Counter counter;
  const auto request = est::enrolment_request(asks("bob's key", "bob"));
  for (int i = 0; i < 7; ++i) {
    const auto answer = counter.ask(request, begin + i * 10s);
    CHECK(answer.status == 202);
    CHECK(answer.retry_after == (i < 5 ? 3s : 10s));
  }
  REQUIRE(counter.office.desk().accept(asks("bob's key", "bob").key_fingerprint(), {}, wall));
  const auto enrolment = est::decode_enrolment(counter.ask(request, begin + 80s), key_of("bob's key").public_key());
  REQUIRE(enrolment);
  CHECK(std::holds_alternative<crypto::Certificate>(*enrolment));
  CHECK(counter.log.back() == "certificate handed out");
}

TEST_CASE("S11: who asks too often is told when to come again, and others are not held up") {
  Counter counter;
  const auto request = est::enrolment_request(asks("bob's key", "bob"));
  for (int i = 0; i < 10; ++i)
    CHECK(counter.ask(request).status == 202);
  const auto refused = counter.ask(request);
  CHECK(refused.status == 429);
  CHECK(refused.retry_after);
  const net::Endpoint other{net::Ipv4Address(10, 126, 0, 8), 40'000};
  CHECK(counter.service.answer({begin, wall}, other, request).status == 202);
  CHECK(counter.ask(est::authority_request()).status == 200);
}

TEST_CASE("on hold nothing is decided, and only the authority's certificate is given") {
  Counter counter;
  counter.service.hold(true);
  CHECK(counter.ask(est::authority_request()).status == 200);
  CHECK(counter.ask(est::enrolment_request(asks("bob's key", "bob"))).status == 503);
  CHECK(counter.office.desk().book().requests().empty());
  counter.service.hold(false);
  CHECK(counter.ask(est::enrolment_request(asks("bob's key", "bob"))).status == 202);
}

TEST_CASE("the group's file is for members") {
  Counter counter;
  const auto bob = counter.office.signed_for("bob's key", "bob");
  CHECK(counter.ask(est::group_request()).status == 403);
  const auto text = est::decode_group(counter.ask(Counter::by(bob, est::group_request())));
  REQUIRE(text);
  CHECK(*text == *counter.group);
  Office elsewhere;
  const auto stranger = elsewhere.signed_for("eve's key", "eve");
  CHECK(counter.ask(Counter::by(stranger, est::group_request())).status == 403);
  counter.group = Result<std::string>(Errc::not_found);
  CHECK(counter.ask(Counter::by(bob, est::group_request())).status == 404);
}

TEST_CASE("a member renews, and nobody renews for another") {
  Counter counter;
  const auto bob = counter.office.signed_for("bob's key", "bob");
  const auto renewal = [&](std::string_view owner, const std::string& user) {
    return counter.ask(Counter::by(bob, est::renewal_request(asks(owner, user)))).status;
  };
  CHECK(renewal("bob's key", "bob") == 200);
  CHECK(renewal("bob's key", "carol") == 403);
  CHECK(counter.ask(est::renewal_request(asks("bob's key", "bob"))).status == 403);
}

TEST_CASE("only an administrator sees requests and decides about them from another machine") {
  Counter counter;
  const auto bob = counter.office.signed_for("bob's key", "bob");
  CHECK(counter.ask(est::enrolment_request(asks("carol's key", "carol"))).status == 202);
  const auto see = Counter::by(bob, est::requests_request());
  CHECK(counter.ask(see).status == 403);
  REQUIRE(counter.office.desk().name_administrator(asks("bob's key", "bob").key_fingerprint(), wall));
  const auto rows = est::decode_requests(counter.ask(see));
  REQUIRE(rows);
  REQUIRE(rows->size() == 1);
  CHECK(rows->front().user == "carol");
  authority::RemoteDecision decision;
  decision.accepts = true;
  decision.key = rows->front().key;
  CHECK(counter.ask(Counter::by(bob, est::decision_request(decision))).status == 200);
  CHECK(counter.office.desk().book().live_keys("carol", wall) == 1);
}
