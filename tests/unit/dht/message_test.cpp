#include "dht/message.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

Record lease_with_receipt() {
  Record record = make_lease(7, key_of(0));
  record.receipts.push_back(make_receipt(record, name_space, epoch, key_of(1)));
  return record;
}

std::vector<Message> one_of_each() {
  const Record record = lease_with_receipt();
  return {StoreRequest{0x0102030405060708U, 3, StoreMode::create, record},
          StoreAnswer{1, 0, Verdict::granted, Refusal::none, record.receipts[0], std::nullopt},
          StoreAnswer{2, 7, Verdict::exists, Refusal::none, std::nullopt, record},
          StoreAnswer{3, 1, Verdict::refused, Refusal::quota, std::nullopt, std::nullopt},
          StoreAnswer{4, 1, Verdict::refused, Refusal::lifetime, std::nullopt, std::nullopt, WallTime{1'800'000'000}},
          GetRequest{4, 2, RecordKind::name, text("alice")},
          GetAnswer{5, 2, 1, 3, {record, record}},
          GetAnswer{6, 2, 0, 1, {}},
          Handover{7, true, false, {{PositionSet(0x81), record}, {PositionSet(2), record}}},
          HandoverAnswer{8},
          WatchRequest{9, 6, RecordKind::value, 150s, text("manager")},
          WatchAnswer{10, 6, 150s, 0x1122334455667788U},
          WatchNotice{11, 1, nothing_stored}};
}

std::error_code error_of(const Bytes& octets) {
  const auto message = decode_message(octets);
  return message ? std::error_code{} : message.error().code;
}

}  // namespace

TEST_CASE("every message survives encoding and decoding") {
  for (const Message& message : one_of_each()) {
    const Bytes octets = encoded(message);
    const auto decoded = decode_message(octets);
    REQUIRE(decoded);
    CHECK(decoded->index() == message.index());
    CHECK(encoded(*decoded) == octets);
  }
}

TEST_CASE("every truncation of a message fails, and so does an octet too many") {
  for (const Message& message : one_of_each()) {
    Bytes octets = encoded(message);
    for (std::size_t n = 0; n < octets.size(); ++n)
      CHECK(!decode_message(ByteSpan(octets).first(n)));
    octets.push_back(std::byte{0});
    CHECK(!decode_message(octets));
  }
}

TEST_CASE("fields of a message that mean nothing are refused") {
  const auto changed = [](const Message& message, std::size_t at, std::uint8_t value) {
    Bytes octets = encoded(message);
    octets[at] = std::byte{value};
    return error_of(octets);
  };
  const auto malformed = make_error_code(Errc::malformed);
  const auto unsupported = make_error_code(Errc::unsupported);
  const auto all = one_of_each();
  CHECK(changed(all[0], 0, 2) == unsupported);
  CHECK(changed(all[0], 1, 0) == unsupported);
  CHECK(changed(all[0], 1, 10) == unsupported);
  CHECK(changed(all[0], 10, 8) == malformed);   // position
  CHECK(changed(all[0], 11, 0) == malformed);   // mode
  CHECK(changed(all[0], 11, 4) == malformed);   // mode
  CHECK(changed(all[3], 11, 6) == malformed);   // verdict
  CHECK(changed(all[3], 12, 13) == malformed);  // refusal
  CHECK(changed(all[3], 13, 4) == malformed);   // flags
  CHECK(changed(all[5], 11, 4) == malformed);   // kind
  CHECK(changed(all[7], 11, 1) == malformed);   // part
  CHECK(changed(all[7], 12, 0) == malformed);   // parts
  CHECK(changed(all[7], 12, 129) == malformed);
  CHECK(changed(all[8], 10, 4) == malformed);  // flags
  CHECK(changed(all[8], 12, 0) == malformed);  // no position
  for (const std::size_t watching : {10U, 11U, 12U})
    CHECK(changed(all[watching], 10, 8) == malformed);  // position
  CHECK(changed(all[10], 11, 4) == malformed);          // kind
  CHECK(changed(all[10], 14, 0) == malformed);          // no name
}

TEST_CASE("watch messages have the octets that the description shows") {
  const auto hex = [](const Message& message) { return to_hex(encoded(message)); };
  CHECK(hex(WatchRequest{0x0102030405060708U, 6, RecordKind::value, 150s, text("manager")}) ==
        "0107010203040506070806010096076d616e61676572");
  CHECK(hex(WatchAnswer{0x0102030405060708U, 6, 150s, 0x1122334455667788U}) ==
        "010801020304050607080600961122334455667788");
  CHECK(hex(WatchNotice{0x0102030405060708U, 6, nothing_stored}) == "01090102030405060708060000000000000000");
}

TEST_CASE("the size of a record is known without encoding it") {
  const Record record = lease_with_receipt();
  Bytes octets;
  encode(record, octets);
  CHECK(encoded_size(record) == octets.size());
}
