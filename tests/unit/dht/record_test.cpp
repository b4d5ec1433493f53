#include "dht/record.hpp"

#include <doctest/doctest.h>

#include "dht/packed_record.hpp"
#include "dht/witness.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

Bytes octets_of(const Record& record) {
  Bytes out;
  encode(record, out);
  return out;
}

// A lease of owner `owner` that the members from `first` on granted at the given times.
Record granted(std::size_t owner, std::size_t first, const std::vector<std::int64_t>& times, WallTime created = epoch) {
  Record record = make_lease(7, key_of(owner), 1, created);
  for (std::size_t i = 0; i < times.size(); ++i)
    record.receipts.push_back(make_receipt(record, name_space, WallTime{times[i]}, key_of(first + i)));
  return record;
}

}  // namespace

TEST_CASE("a record survives encoding and decoding") {
  Record record = granted(0, 10, {100, 200, 300});
  const Bytes octets = octets_of(record);
  const auto decoded = decode_record(octets);
  REQUIRE(decoded);
  CHECK(*decoded == record);
  CHECK(octets_of(*decoded) == octets);
  CHECK(check(*decoded, name_space));
}

TEST_CASE("a record that is kept is the one that came, in every field") {
  Record record = granted(0, 10, {100, -200, 300});
  CHECK(PackedRecord(record).unpack() == record);
  record.certificate = Bytes(Record::max_certificate, std::byte{1});
  record.receipts[1].certificate = Bytes(700, std::byte{2});
  record.value = Bytes(Record::max_value, std::byte{3});
  record.name = Bytes(Record::max_name, std::byte{4});
  record.kind = RecordKind::value;
  CHECK(PackedRecord(record).unpack() == record);
  CHECK(PackedRecord().unpack() == Record{});
}

TEST_CASE("every truncation of a record fails, and so does an octet too many") {
  const Bytes octets = octets_of(granted(0, 10, {100, 200}));
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(!decode_record(ByteSpan(octets).first(n)));
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  const auto decoded = decode_record(longer);
  REQUIRE(!decoded);
  CHECK(decoded.error().code == make_error_code(Errc::malformed));
}

TEST_CASE("each field of a record that means nothing is refused") {
  const Record good = make_lease(7, key_of(0));
  const auto code_with = [](Bytes octets, std::size_t at, std::uint8_t value) {
    octets[at] = std::byte{value};
    const auto decoded = decode_record(octets);
    return decoded ? std::error_code{} : decoded.error().code;
  };
  CHECK(code_with(octets_of(good), 0, 3) == make_error_code(Errc::unsupported));
  CHECK(code_with(octets_of(good), 1, 0) == make_error_code(Errc::unsupported));
  CHECK(code_with(octets_of(good), 1, 4) == make_error_code(Errc::unsupported));

  Record large = make_record(RecordKind::value, text("k"), "", key_of(0));
  large.value.assign(1025, std::byte{1});
  CHECK(decode_record(octets_of(large)).error().code == make_error_code(Errc::too_large));
  Record nameless = good;
  nameless.name.clear();
  CHECK(decode_record(octets_of(nameless)).error().code == make_error_code(Errc::malformed));
  Record endless = good;
  endless.expires = WallTime{std::int64_t{1} << 40U};
  CHECK(decode_record(octets_of(endless)).error().code == make_error_code(Errc::malformed));
  Record before_time = good;
  before_time.created = WallTime{-1};
  CHECK(decode_record(octets_of(before_time)).error().code == make_error_code(Errc::malformed));
  Record receipts = granted(0, 10, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(decode_record(octets_of(receipts)).error().code == make_error_code(Errc::too_large));
  Record odd_receipt = granted(0, 10, {1});
  odd_receipt.receipts[0].stored = WallTime{-5};
  CHECK(decode_record(octets_of(odd_receipt)).error().code == make_error_code(Errc::malformed));
}

TEST_CASE("a signature holds for one owner, one content and one namespace") {
  const Record good = make_lease(7, key_of(0));
  CHECK(check(good, name_space));
  CHECK(check(good, text("another group")).error().code == make_error_code(Errc::bad_checksum));
  Record changed = good;
  changed.value.push_back(std::byte{1});
  CHECK(!check(changed, name_space));
  changed = good;
  changed.sequence = 2;
  CHECK(!check(changed, name_space));
  changed = good;
  changed.expires = changed.expires + 1s;
  CHECK(!check(changed, name_space));
  changed = good;
  changed.owner = key_of(1).public_key();
  CHECK(!check(changed, name_space));
  changed = good;
  changed.kind = RecordKind::value;
  CHECK(!check(changed, name_space));
}

TEST_CASE("a lease is named by four octets and a name is a label") {
  const auto checked = [](RecordKind kind, Bytes name) {
    return check(make_record(kind, std::move(name), "v", key_of(0)), name_space).has_value();
  };
  CHECK(checked(RecordKind::lease, address(1)));
  CHECK_FALSE(checked(RecordKind::lease, text("abc")));
  CHECK_FALSE(checked(RecordKind::lease, text("abcde")));
  CHECK(checked(RecordKind::name, text("alice-desktop")));
  CHECK(checked(RecordKind::name, Bytes(63, std::byte{'a'})));
  CHECK_FALSE(checked(RecordKind::name, Bytes(64, std::byte{'a'})));
  CHECK_FALSE(checked(RecordKind::name, text("Alice")));
  CHECK_FALSE(checked(RecordKind::name, text("a.b")));
  CHECK_FALSE(checked(RecordKind::name, text("a\nb")));
  CHECK(checked(RecordKind::value, text("any octets: \n\x01")));
  CHECK(checked(RecordKind::value, Bytes(255, std::byte{'a'})));
}

TEST_CASE("a record lives at most seven days and a lease one, by the replica's clock") {
  const auto times = [](RecordKind kind, std::chrono::seconds from, std::chrono::seconds to) {
    Record record = make_record(kind, address(1), "v", key_of(0));
    record.created = epoch + from;
    record.expires = epoch + to;
    const auto result = check_times(record, epoch);
    return result ? std::error_code{} : result.error().code;
  };
  using std::chrono::hours;
  using std::chrono::minutes;
  CHECK(times(RecordKind::lease, 0s, hours(24)) == std::error_code{});
  CHECK(times(RecordKind::lease, 0s, hours(24) + minutes(11)) == make_error_code(Errc::out_of_range));
  CHECK(times(RecordKind::value, 0s, hours(7 * 24)) == std::error_code{});
  CHECK(times(RecordKind::value, 0s, hours(7 * 24) + minutes(11)) == make_error_code(Errc::out_of_range));
  CHECK(times(RecordKind::value, minutes(9), hours(1)) == std::error_code{});
  CHECK(times(RecordKind::value, minutes(11), hours(1)) == make_error_code(Errc::out_of_range));
  CHECK(times(RecordKind::value, -hours(1), 0s) == make_error_code(Errc::expired));
  // Renewed for months: what counts is the time from the present.
  CHECK(times(RecordKind::lease, -hours(24 * 90), hours(24)) == std::error_code{});
}

TEST_CASE("receipts stay good when the owner renews, and for nobody and nothing else") {
  Record record = granted(0, 10, {1000});
  const Receipt receipt = record.receipts[0];
  CHECK(is_signed(receipt, record, name_space));
  record.sequence = 9;
  record.expires = record.expires + 3600s;
  record.value = text("renewed");
  sign(record, name_space, key_of(0));
  CHECK(is_signed(receipt, record, name_space));

  CHECK_FALSE(is_signed(receipt, make_lease(7, key_of(1)), name_space));
  CHECK_FALSE(is_signed(receipt, make_lease(8, key_of(0)), name_space));
  CHECK_FALSE(is_signed(receipt, make_lease(7, key_of(0), 1, epoch + 1s), name_space));
  CHECK_FALSE(is_signed(receipt, record, text("another group")));
  Receipt later = receipt;
  later.stored = WallTime{1001};
  CHECK_FALSE(is_signed(later, record, name_space));
  const Receipt own = make_receipt(record, name_space, WallTime{1000}, key_of(0));
  CHECK_FALSE(is_signed(own, record, name_space));
}

TEST_CASE("a record is granted at the median time of a majority of witnesses") {
  CHECK(granted_at(granted(0, 10, {500, 100, 400, 200, 300}), {name_space}, 8) == WallTime{300});
  CHECK(granted_at(granted(0, 10, {500, 100, 400, 200}), {name_space}, 8) == std::nullopt);
  CHECK(granted_at(granted(0, 10, {500, 100, 400, 200}), {name_space}, 4) == WallTime{400});
  CHECK(granted_at(granted(0, 10, {}), {name_space}, 4) == std::nullopt);

  Record repeated = granted(0, 10, {100});
  for (int i = 0; i < 6; ++i)
    repeated.receipts.push_back(repeated.receipts[0]);
  CHECK(granted_at(repeated, {name_space}, 4) == std::nullopt);
}

TEST_CASE("of one owner's records the one with the higher sequence prevails") {
  const Record first = make_lease(7, key_of(0), 1);
  const Record second = make_lease(7, key_of(0), 2);
  CHECK(prevails(second, first, {name_space}, 8));
  CHECK_FALSE(prevails(first, second, {name_space}, 8));
  CHECK_FALSE(prevails(first, first, {name_space}, 8));
}

TEST_CASE("of two owners the one granted first prevails, whatever their own clocks say") {
  const Record early = granted(0, 10, {100, 101, 102, 103, 104}, WallTime{5000});
  const Record late = granted(1, 20, {200, 201, 202, 203, 204}, WallTime{1});
  CHECK(prevails(early, late, {name_space}, 8));
  CHECK_FALSE(prevails(late, early, {name_space}, 8));
}

TEST_CASE("more witnesses prevail, up to a majority, and a record without any loses") {
  const Record five = granted(0, 10, {900, 900, 900, 900, 900});
  const Record two = granted(1, 20, {100, 100});
  const Record none = make_lease(7, key_of(2));
  CHECK(prevails(five, two, {name_space}, 8));
  CHECK(prevails(two, none, {name_space}, 8));
  CHECK_FALSE(prevails(none, five, {name_space}, 8));
  const Record seven = granted(1, 20, {950, 950, 950, 950, 950, 950, 950});
  CHECK(prevails(five, seven, {name_space}, 8));
}

TEST_CASE("without witnesses the smaller node id prevails") {
  const Record a = make_lease(7, key_of(0));
  const Record b = make_lease(7, key_of(1));
  const bool a_is_smaller = *crypto::node_id_of(a.owner) < *crypto::node_id_of(b.owner);
  CHECK(prevails(a, b, {name_space}, 8) == a_is_smaller);
  CHECK(prevails(b, a, {name_space}, 8) == !a_is_smaller);
}

TEST_CASE("a tombstone gives way to any owner's record") {
  const Record released = [] {
    Record record = granted(0, 10, {1, 2, 3, 4, 5});
    record.value.clear();
    record.sequence = 9;
    sign(record, name_space, key_of(0));
    return record;
  }();
  const Record living = make_lease(7, key_of(1));
  CHECK(prevails(living, released, {name_space}, 8));
  CHECK_FALSE(prevails(released, living, {name_space}, 8));
}

TEST_CASE("S3: receipts gathered once and never used don't take a lease from a later owner") {
  // The same replicas granted both: they would not have granted the second while the first lived.
  const Record banked = granted(0, 10, {100, 100, 100, 100, 100});
  const Record holder = granted(1, 10, {200, 200, 200, 200, 200});
  CHECK(prevails(holder, banked, {name_space}, 8));
  CHECK_FALSE(prevails(banked, holder, {name_space}, 8));
  // One witness in common may have lost its store; then the older grant counts.
  const Record other = granted(1, 14, {200, 200, 200, 200, 200});
  CHECK(prevails(banked, other, {name_space}, 8));
}

TEST_CASE("spoiled receipts are dropped when they are brought together with good ones") {
  Record record = granted(0, 10, {100, 200, 300});
  const auto good = record.receipts;
  record.receipts[1].signature[5] ^= std::byte{1};
  merge_receipts(record, good, {name_space});
  CHECK(record.receipts.size() == 3);
  CHECK(granted_at(record, {name_space}, 4) == WallTime{200});
}

TEST_CASE("positions depend on namespace, kind and name") {
  const NodeId here = position_of(name_space, RecordKind::lease, address(1));
  CHECK(here == position_of(name_space, RecordKind::lease, address(1)));
  CHECK(here != position_of(name_space, RecordKind::lease, address(2)));
  CHECK(here != position_of(name_space, RecordKind::value, address(1)));
  CHECK(here != position_of(text("another group"), RecordKind::lease, address(1)));
}
