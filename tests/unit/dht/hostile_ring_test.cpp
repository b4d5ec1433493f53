// A ring of which some members work against the others.

#include <doctest/doctest.h>

#include "unit/dht/ring_harness.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

/// Members of a ring who turn on the others: as replicas some keep silent and some lie, and what passes them on
/// its way they lose or send elsewhere.
class Conspiracy {
 public:
  Conspiracy(TestRing& ring, std::size_t one_in, std::uint64_t seed) : ring_(ring), one_in_(one_in), chance_(seed) {
    ring.on_way = [this](const TestRing::Member& from, NodeId& to, Bytes& message) { return pass(from, to, message); };
  }
  [[nodiscard]] bool is_in(std::size_t number) const { return number % one_in_ == 0; }

 private:
  // As many as a ring of a thousand needs, with the shortcuts that its members have.
  static constexpr int steps = 4;
  enum class Way { silent, nothing_there, foreign_record, changed_record };

  bool pass(const TestRing::Member& from, NodeId& to, Bytes& message) {
    if (is_in(from.number) && !answer(from.number, message)) return false;
    for (int step = 0; step < steps; ++step) {
      const std::size_t carrier = chance_.below(ring_.members.size());
      if (!is_in(carrier)) continue;
      if (chance_.below(2) == 0) return false;
      to = ring_.members[chance_.below(ring_.members.size())].id;
    }
    return true;
  }

  /// What member `number` says in the place of its answer; false: nothing.
  bool answer(std::size_t number, Bytes& message) {
    auto decoded = decode_message(message);
    if (!decoded) return true;
    const auto way = static_cast<Way>(number / one_in_ % 4);
    if (auto* stored = std::get_if<StoreAnswer>(&*decoded)) {
      if (way == Way::silent) return false;
      *stored = {stored->request, stored->position, Verdict::refused, Refusal::quota};
    }
    if (auto* got = std::get_if<GetAnswer>(&*decoded)) {
      if (way == Way::silent) return false;
      if (way == Way::nothing_there) got->records.clear();
      for (Record& record : got->records)
        record = way == Way::foreign_record ? taken_over(record, key_of(number)) : changed(record);
    }
    message = encoded(*decoded);
    return true;
  }

  static Record taken_over(Record record, const crypto::PrivateKey& key) {
    record.value = text("taken");
    record.sequence += 1000;
    record.receipts.clear();
    sign(record, name_space, key);
    record.receipts.push_back(make_receipt(record, name_space, WallTime{100}, key));
    return record;
  }
  static Record changed(Record record) {
    record.value = text("changed");
    return record;
  }

  TestRing& ring_;
  std::size_t one_in_;
  SeededRng chance_;
};

}  // namespace

TEST_CASE("S2: with a tenth of the members hostile 99 % of look-ups succeed, with a fifth 95 %; none is forged") {
  constexpr std::size_t size = 200;
  TestRing ring(size, 23);
  ring.latency_least = 1ms;
  ring.latency_most = 5ms;
  constexpr std::size_t records = 40;
  std::vector<Record> held;
  for (std::size_t i = 0; i < records; ++i) {
    const auto created = ring.create_and_wait(i, make_lease(static_cast<std::uint8_t>(i), key_of(i)));
    REQUIRE(created.outcome == Outcome::done);
    held.push_back(created.records[0]);
  }
  ring.run_for(5s);
  for (const std::size_t one_in : {10U, 5U}) {
    CAPTURE(one_in);
    const double least = one_in == 10 ? 0.99 : 0.95;
    const Conspiracy conspiracy(ring, one_in, one_in);
    std::size_t asked = 0;
    std::size_t found = 0;
    std::size_t forged = 0;
    std::size_t claimed = 0;
    for (std::size_t reader = 1; asked < 200; reader += 7) {
      if (conspiracy.is_in(reader % size)) continue;
      const std::size_t which = asked++ % records;
      const auto got = ring.get_and_wait(reader % size, RecordKind::lease, address(static_cast<std::uint8_t>(which)));
      if (got.outcome != Outcome::done) continue;
      const Record& record = got.records[0];
      const bool is_true = same_content(record, held[which]);
      found += is_true ? 1U : 0U;
      claimed += !is_true && check(record, name_space) ? 1U : 0U;
      forged += !check(record, name_space) ? 1U : 0U;
    }
    CHECK(forged == 0);
    CHECK(static_cast<double>(found) >= least * static_cast<double>(asked));
    // A claim of its own that a liar signs stands where no other answer came through at all.
    CHECK(static_cast<double>(claimed) <= 0.02 * static_cast<double>(asked));
  }
}
