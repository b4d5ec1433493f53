#include "node/lease_courier.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "node/lease_desk.hpp"

using namespace ipop;
using namespace ipop::node;

namespace {

NodeId node_called(char letter) {
  return NodeId::from_prefix(Bytes(NodeId::size, static_cast<std::byte>(letter)));
}
const NodeId desk_id = node_called('d');

struct Courier {
  SeededRng rng{7};
  LeaseCourier machine{"desk", rng};

  template <class T>
  std::optional<T> next() {
    const auto output = machine.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::get<T>(*output);
  }
  /// The question that is sent next.
  LeaseQuestion sent() {
    const auto send = next<LeaseCourier::Send>();
    REQUIRE(send);
    CHECK(send->to == desk_id);
    return send->question;
  }
};

}  // namespace

TEST_CASE("a request goes to whoever holds the server's name, and the reply is its answer") {
  Courier courier;
  courier.machine.handle_request({}, Bytes(3, std::byte{1}));
  CHECK(courier.next<LeaseCourier::Find>());
  CHECK_FALSE(courier.machine.poll_timeout());
  courier.machine.handle_found({}, desk_id);
  const LeaseQuestion question = courier.sent();
  CHECK(question.request == Bytes(3, std::byte{1}));
  // Somebody else's word, another question's answer, and one that nobody waits for.
  CHECK_FALSE(courier.machine.handle_reply(node_called('m'), {question.id, Bytes(1), {}}));
  CHECK_FALSE(courier.machine.handle_reply(desk_id, {question.id + 1, Bytes(1), {}}));
  CHECK(courier.machine.handle_reply(desk_id, {question.id, Bytes(2, std::byte{9}), {}}));
  CHECK(courier.next<LeaseCourier::Answered>()->grant == Bytes(2, std::byte{9}));
  CHECK_FALSE(courier.machine.handle_reply(desk_id, {question.id, Bytes(1), {}}));
  CHECK_FALSE(courier.machine.poll_timeout());
}

TEST_CASE("a question is repeated as it was, and given up after four times") {
  Courier courier;
  courier.machine.handle_request({}, Bytes(3));
  courier.machine.handle_found({}, desk_id);
  CHECK(courier.next<LeaseCourier::Find>());
  const LeaseQuestion question = courier.sent();
  for (unsigned i = 1; i < LeaseCourier::tries; ++i) {
    courier.machine.handle_timeout(*courier.machine.poll_timeout());
    CHECK(courier.sent() == question);
  }
  courier.machine.handle_timeout(*courier.machine.poll_timeout());
  CHECK(courier.next<LeaseCourier::Failed>()->why == "the member desk does not answer");
  CHECK_FALSE(courier.machine.poll_timeout());
}

TEST_CASE("a refusal is told in visible characters, and so is a name that nobody has") {
  Courier courier;
  courier.machine.handle_request({}, Bytes(3));
  courier.machine.handle_found({}, desk_id);
  CHECK(courier.next<LeaseCourier::Find>());
  const LeaseQuestion question = courier.sent();
  CHECK(courier.machine.handle_reply(desk_id, {question.id, {}, "no \x1b[31mlease"}));
  CHECK(courier.next<LeaseCourier::Failed>()->why == "the member desk says: no ?[31mlease");
  courier.machine.handle_request({}, Bytes(3));
  CHECK(courier.next<LeaseCourier::Find>());
  courier.machine.handle_found({}, std::nullopt);
  CHECK(courier.next<LeaseCourier::Failed>()->why == "no member has the name desk");
}

namespace {

struct Desk {
  LeaseDesk machine;
  template <class T>
  std::optional<T> next() {
    const auto output = machine.poll_output();
    if (!output || !std::holds_alternative<T>(*output)) return std::nullopt;
    return std::get<T>(*output);
  }
  Bytes asked() {
    const auto ask = next<LeaseDesk::Ask>();
    REQUIRE(ask);
    return ask->request;
  }
  LeaseReply reply_to(const NodeId& node) {
    const auto reply = next<LeaseDesk::Reply>();
    REQUIRE(reply);
    CHECK(reply->to == node);
    return reply->reply;
  }
  bool question(const NodeId& node, std::uint64_t id, std::byte request, TimePoint now = {}) {
    return machine.handle_question(now, node, node, {id, Bytes(1, request)});
  }
};

}  // namespace

TEST_CASE("the desk asks its server one after the other, its own node's request first") {
  Desk desk;
  const NodeId a = node_called('a');
  const NodeId b = node_called('b');
  CHECK(desk.question(a, 1, std::byte{1}));
  CHECK(desk.asked() == Bytes(1, std::byte{1}));
  CHECK(desk.question(b, 2, std::byte{2}));
  desk.machine.handle_own(Bytes(1, std::byte{3}));
  CHECK_FALSE(desk.machine.poll_output());
  desk.machine.handle_answer({}, Bytes(1, std::byte{8}));
  CHECK(desk.reply_to(a) == LeaseReply{1, Bytes(1, std::byte{8}), {}});
  CHECK(desk.asked() == Bytes(1, std::byte{3}));
  desk.machine.handle_failure({}, "no");
  CHECK(desk.next<LeaseDesk::OwnFailure>()->why == "no");
  CHECK(desk.asked() == Bytes(1, std::byte{2}));
  desk.machine.handle_failure({}, "never");
  CHECK(desk.reply_to(b) == LeaseReply{2, {}, "never"});
  desk.machine.handle_answer({}, Bytes(1));  // nobody asked
  CHECK_FALSE(desk.machine.poll_output());
}

TEST_CASE("a question that comes again costs nothing, and is answered again for 10 s") {
  Desk desk;
  const NodeId a = node_called('a');
  CHECK(desk.question(a, 1, std::byte{1}));
  CHECK(desk.question(a, 1, std::byte{1}));
  CHECK(desk.asked() == Bytes(1, std::byte{1}));
  desk.machine.handle_answer({}, Bytes(1, std::byte{8}));
  const LeaseReply told = desk.reply_to(a);
  CHECK(desk.question(a, 1, std::byte{1}, TimePoint{} + 9s));
  CHECK(desk.reply_to(a) == told);
  CHECK_FALSE(desk.machine.poll_output());
  CHECK(desk.question(a, 1, std::byte{1}, TimePoint{} + 11s));
  CHECK(desk.asked() == Bytes(1, std::byte{1}));
}

TEST_CASE("S27: a node waits with one request, its newest, and a full desk takes no more") {
  Desk desk;
  CHECK(desk.question(node_called('a'), 1, std::byte{1}));
  CHECK(desk.asked() == Bytes(1, std::byte{1}));
  CHECK(desk.question(node_called('b'), 2, std::byte{2}));
  CHECK(desk.question(node_called('b'), 3, std::byte{3}));
  for (std::size_t i = 2; i < LeaseDesk::most_waiting; ++i) {
    Bytes id(NodeId::size, std::byte{0xee});
    id[0] = static_cast<std::byte>(i);
    CHECK(desk.question(NodeId::from_prefix(id), 100 + i, std::byte{4}));
  }
  CHECK_FALSE(desk.question(node_called('c'), 4, std::byte{5}));
  desk.machine.handle_answer({}, Bytes(1, std::byte{8}));
  CHECK(desk.reply_to(node_called('a')).id == 1);
  CHECK(desk.asked() == Bytes(1, std::byte{3}));
  CHECK(desk.question(node_called('c'), 4, std::byte{5}));
}
