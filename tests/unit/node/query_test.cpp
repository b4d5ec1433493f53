#include "node/query.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "leasing/lease_request.hpp"

using namespace ipop;
using namespace ipop::node;

namespace {

QueryAnswer sample_answer() {
  QueryAnswer answer;
  answer.id = 0x0102030405060708U;
  answer.address = net::Ipv4Address(10, 128, 0, 7);
  answer.nat = overlay::NatClass::endpoint_independent;
  answer.links = 9;
  answer.address_after = std::chrono::milliseconds(1500);
  answer.name = "alice";
  answer.version = "0.1.0";
  answer.known = {NodeId::from_prefix(*parse_hex("00112233445566778899aabbccddeeff00112233"))};
  return answer;
}

std::vector<QueryMessage> samples() {
  const LeaseReply refused{7, {}, "the quota of 16 leases is used up"};
  return {Query{7}, sample_answer(), LeaseReply{7, Bytes(138, std::byte{5}), {}}, refused};
}

}  // namespace

TEST_CASE("a query is nine octets, as docs/wire/node.md draws it") {
  CHECK(to_hex(encoded(Query{0x0102030405060708U})) == "010102030405060708");
}

TEST_CASE("an answer has the octets that docs/wire/node.md draws") {
  CHECK(to_hex(encoded(sample_answer())) ==
        "0201020304050607080a80000702000900"
        "0005dc05616c69636505302e312e300100112233445566778899aabbccddeeff00112233");
}

TEST_CASE("a lease question and its replies have the octets that docs/wire/node.md draws") {
  CHECK(to_hex(encoded(LeaseQuestion{0x0102030405060708U, *parse_hex("aabbcc")})) == "030102030405060708aabbcc");
  CHECK(to_hex(encoded(LeaseReply{0x0102030405060708U, *parse_hex("aabbcc"), {}})) == "04010203040506070803aabbcc00");
  CHECK(to_hex(encoded(LeaseReply{0x0102030405060708U, {}, "no"})) == "04010203040506070800026e6f");
}

TEST_CASE("a lease question is as long as a request may be, and not empty") {
  const LeaseQuestion most{7, Bytes(leasing::LeaseRequest::max_octets, std::byte{5})};
  CHECK(*decode_query_message(encoded(most)) == QueryMessage(most));
  CHECK(decode_query_message(encoded(LeaseQuestion{7, Bytes(most.request.size() + 1)})).error().code ==
        Errc::too_large);
  CHECK(decode_query_message(encoded(LeaseQuestion{7, {}})).error().code == Errc::truncated);
  Bytes long_why = encoded(LeaseReply{7, {}, std::string(200, 'n')});
  CHECK(decode_query_message(long_why));
  long_why[10] = std::byte{201};
  long_why.push_back(std::byte{'n'});
  CHECK(decode_query_message(long_why).error().code == Errc::malformed);
}

TEST_CASE("query messages come back as they were") {
  for (const QueryMessage& message : samples()) {
    const auto decoded = decode_query_message(encoded(message));
    REQUIRE(decoded);
    CHECK(*decoded == message);
  }
}

TEST_CASE("no beginning of a query message is one") {
  for (const QueryMessage& message : samples()) {
    const Bytes whole = encoded(message);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      CHECK_FALSE(decode_query_message(ByteSpan(whole).first(size)));
    }
  }
}

TEST_CASE("a query message with wrong fields is refused") {
  Bytes behind = encoded(sample_answer());
  behind.push_back(std::byte{0});
  CHECK_FALSE(decode_query_message(behind));

  Bytes type = encoded(Query{7});
  type[0] = std::byte{9};
  CHECK(decode_query_message(type).error().code == Errc::unsupported);

  Bytes nat = encoded(sample_answer());
  nat[13] = std::byte{4};
  CHECK(decode_query_message(nat).error().code == Errc::malformed);
}

TEST_CASE("what is longer than its limit is cut when it is sent") {
  QueryAnswer answer = sample_answer();
  answer.name = std::string(300, 'n');
  answer.known.assign(100, NodeId{});
  const auto decoded = decode_query_message(encoded(answer));
  REQUIRE(decoded);
  CHECK(std::get<QueryAnswer>(*decoded).name.size() == 63);
  CHECK(std::get<QueryAnswer>(*decoded).known.size() == QueryAnswer::max_known);
}
