#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "dht/witness.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

// The octets of the block below a heading of docs/wire/dht.md.
Bytes vector_of(const std::string& heading) {
  std::ifstream in(std::string(GA_SOURCE_DIR) + "/docs/wire/dht.md");
  std::string line;
  while (std::getline(in, line) && line != "### " + heading) {
  }
  while (std::getline(in, line) && line != "```") {
  }
  std::string digits;
  while (std::getline(in, line) && line != "```")
    digits += line;
  const auto octets = parse_hex(digits);
  REQUIRE(octets);
  REQUIRE_FALSE(octets->empty());
  return *octets;
}

template <class M>
M message_of(const std::string& heading) {
  const Bytes octets = vector_of(heading);
  const auto message = decode_message(octets);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<M>(*message));
  CHECK(encoded(*message) == octets);
  return std::get<M>(*message);
}

void check_lease(const Record& record) {
  CHECK(check(record, name_space));
  CHECK(record.kind == RecordKind::lease);
  CHECK(record.name == address(1));
  CHECK(record.value == Bytes{std::byte{0x0a}, std::byte{0x80}});
  CHECK(record.owner == key_of(0).public_key());
  CHECK(record.sequence == 3);
  CHECK(record.created == epoch);
  CHECK(record.expires == epoch + std::chrono::hours(24));
  REQUIRE(record.receipts.size() == 1);
  CHECK(record.receipts[0].replica == key_of(1).public_key());
  CHECK(record.receipts[0].stored == epoch + 2s);
  CHECK(is_signed(record.receipts[0], record, name_space));
}

}  // namespace

TEST_CASE("the vectors of a closed group are what the code reads and writes, and the receipt is a member's") {
  const auto authority = crypto::Certificate::from_der(vector_of("authority"));
  REQUIRE(authority);
  const auto trust = crypto::TrustStore::closed_group(*authority);
  REQUIRE(trust);
  const Group group{name_space, trust->get()};

  const Bytes octets = vector_of("closed record");
  const auto record = decode_record(octets);
  REQUIRE(record);
  check_lease(*record);
  CHECK(check_owner(*record, **trust, epoch));
  CHECK(is_witness(record->receipts[0], *record, group));
  CHECK(voices(*record, group) == 1);
  CHECK(crypto::Certificate::from_der(record->receipts[0].certificate)->user() == "bob");
  // Another release of zlib may pack the same certificate otherwise.
  Bytes again;
  encode(*record, again);
  const auto reread = decode_record(again);
  REQUIRE(reread);
  CHECK(*reread == *record);
  CHECK(encoded_size(*record) == again.size());

  const auto answer = message_of<StoreAnswer>("closed store answer");
  CHECK(answer.verdict == Verdict::granted);
  REQUIRE(answer.receipt);
  CHECK(*answer.receipt == record->receipts[0]);
}

TEST_CASE("the vectors of docs/wire/dht.md are what the code reads and writes") {
  CHECK(to_hex(position_of(name_space, RecordKind::lease, address(1)).octets()) ==
        "8b29db99db6a833629033f434d90b682753a2edd");

  const Bytes octets = vector_of("record");
  const auto record = decode_record(octets);
  REQUIRE(record);
  check_lease(*record);
  Bytes again;
  encode(*record, again);
  CHECK(again == octets);

  const auto store = message_of<StoreRequest>("store request");
  CHECK(store.request == 0x0102030405060708U);
  CHECK(store.position == 3);
  CHECK(store.mode == StoreMode::create);
  check_lease(store.record);

  const auto answer = message_of<StoreAnswer>("store answer");
  CHECK(answer.verdict == Verdict::granted);
  CHECK(answer.refusal == Refusal::none);
  REQUIRE(answer.receipt);
  CHECK(*answer.receipt == store.record.receipts[0]);
  CHECK_FALSE(answer.held);

  const auto get = message_of<GetRequest>("get request");
  CHECK(get.kind == RecordKind::name);
  CHECK(get.name == text("alice"));

  const auto got = message_of<GetAnswer>("get answer");
  CHECK(got.parts == 1);
  CHECK(got.records.empty());

  const auto handover = message_of<Handover>("handover");
  CHECK_FALSE(handover.reply);
  REQUIRE(handover.records.size() == 1);
  CHECK(handover.records[0].positions == PositionSet(9));
  check_lease(handover.records[0].record);

  CHECK(message_of<HandoverAnswer>("handover answer").request == 0x2122232425262728U);
}
