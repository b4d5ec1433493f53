#include "node/lease_way.hpp"

#include <doctest/doctest.h>

#include "leasing/lease_request.hpp"

using namespace ipop;
using namespace ipop::node;

namespace {

constexpr WallTime wall{1'767'225'600};

const crypto::PrivateKey& member_key() {
  static const crypto::PrivateKey key = crypto::PrivateKey::from_seed(Bytes(32, std::byte{3}));
  return key;
}

Bytes request_in(const std::string& name_space) {
  leasing::LeaseRequest request;
  request.name_space = name_space;
  request.node = *crypto::node_id_of(member_key().public_key());
  request.sequence = leasing::sequence_at(wall);
  leasing::sign(request, member_key());
  return encode(request);
}

struct LeaseBench {
  explicit LeaseBench(const std::string& member, const std::string& host = "alpha")
      : machine("test", router::LeaseServer{.member = member}, host, rng) {}

  SeededRng rng{7};
  LeaseWay machine;

  template <class T>
  std::optional<T> next() {
    const auto output = machine.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::get<T>(*output);
  }
  void question(Bytes request, std::uint64_t id = 1) {
    const auto trust = crypto::TrustStore::open_group();
    machine.handle_question({}, *crypto::node_id_of(member_key().public_key()), {id, std::move(request)}, *trust, wall);
  }
};

const Bytes grant(4, std::byte{9});

}  // namespace

TEST_CASE("without a member that runs the server, the owner carries a request and its answer") {
  LeaseBench way("");
  way.machine.handle_request({}, Bytes(3));
  CHECK(way.next<LeaseWay::AskServer>()->request == Bytes(3));
  way.machine.handle_answer({}, grant);
  CHECK(way.next<LeaseWay::Answered>()->grant == grant);
  way.machine.handle_failure({}, "no");
  CHECK(way.next<LeaseWay::Failed>()->why == "no");
  CHECK_FALSE(way.machine.poll_timeout());
}

TEST_CASE("another member's node takes it over the ring to whoever holds the server's name") {
  LeaseBench way("desk");
  const NodeId holder = NodeId::from_prefix(Bytes(NodeId::size, std::byte{'d'}));
  way.machine.handle_request({}, Bytes(3));
  CHECK(way.next<LeaseWay::Find>()->name == "desk");
  way.machine.handle_found({}, holder);
  const auto sent = way.next<LeaseWay::Send>();
  REQUIRE(sent);
  CHECK(sent->to == holder);
  const auto question = std::get<LeaseQuestion>(sent->message);
  way.machine.handle_reply(holder, {question.id, grant, {}});
  CHECK(way.next<LeaseWay::Answered>()->grant == grant);
  way.machine.handle_reply(holder, {question.id, grant, {}});
  CHECK_FALSE(way.machine.poll_output());
  CHECK(way.machine.counters().get("drop_lease_reply_unasked") == 1);
}

TEST_CASE(
    "the member with the server's name, in any spelling, asks for itself and for members who prove who they are") {
  LeaseBench way("Desk", "dESK");
  way.machine.handle_request({}, Bytes(3));
  CHECK(way.next<LeaseWay::AskServer>()->request == Bytes(3));
  way.machine.handle_answer({}, grant);
  CHECK(way.next<LeaseWay::Answered>()->grant == grant);

  const Bytes request = request_in("test");
  way.question(request);
  CHECK(way.next<LeaseWay::AskServer>()->request == request);
  way.machine.handle_answer({}, grant);
  CHECK(way.next<LeaseWay::Send>()->to == *crypto::node_id_of(member_key().public_key()));

  Bytes forged = request;
  forged.back() ^= std::byte{1};
  way.question(forged, 2);
  way.question(request_in("another"), 3);
  way.question(Bytes(3), 4);
  CHECK_FALSE(way.machine.poll_output());
  CHECK(way.machine.counters().get("drop_lease_question_unproven") == 1);
  CHECK(way.machine.counters().get("drop_lease_question_malformed") == 2);
}

TEST_CASE("a question that reaches a node without the server is dropped") {
  LeaseBench way("desk");
  way.question(request_in("test"));
  CHECK_FALSE(way.machine.poll_output());
  CHECK(way.machine.counters().get("drop_lease_question_no_server") == 1);
}
