#include "dht/witness.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "crypto/deflate.hpp"
#include "dht/message.hpp"
#include "dht/store.hpp"
#include "unit/dht/closed_group.hpp"

using namespace ipop;
using namespace ipop::dht;
using namespace ipop::dht::test;

namespace {

constexpr std::size_t first_replica = 10;

constexpr WallTime long_ago = epoch + -std::chrono::hours(1);

bool holds(const Record& a, const Record& b, const Group& group) {
  const bool a_holds = prevails(a, b, group, 8);
  CHECK(prevails(b, a, group, 8) == !a_holds);
  return a_holds;
}

std::vector<std::size_t> keys_of(const Record& record, std::size_t from, std::size_t to) {
  std::vector<std::size_t> out;
  for (std::size_t i = from; i < to; ++i) {
    if (std::ranges::find(record.receipts, key_of(i).public_key(), &Receipt::replica) != record.receipts.end()) {
      out.push_back(i);
    }
  }
  return out;
}

}  // namespace

TEST_CASE("S3: a member with any number of invented witnesses does not win another's lease in a closed group") {
  ClosedGroup closed;
  // The weakest of honest leases: one other member granted it.
  const Record lease = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 1);
  const Record plain = closed.make_lease(7, attacker);
  for (std::size_t count = 1; count <= 8; ++count) {
    CAPTURE(count);
    Record bare = plain;
    Record self_signed = plain;
    Record stolen = plain;
    for (std::size_t i = invented; i < invented + count; ++i) {
      const Receipt receipt = make_receipt(plain, name_space, long_ago, key_of(i));
      bare.receipts.push_back(receipt);
      self_signed.receipts.push_back(receipt);
      self_signed.receipts.back().certificate =
          crypto::make_self_signed(key_of(i), "user 10", Bytes(16, std::byte{5}), long_ago, epoch + 3600s).der();
      // A true certificate, but of another key.
      stolen.receipts.push_back(receipt);
      stolen.receipts.back().certificate = closed.der_of(first_replica + i - invented);
    }
    CHECK(holds(lease, bare, closed.group()));
    CHECK(holds(lease, self_signed, closed.group()));
    CHECK(holds(lease, stolen, closed.group()));
    CHECK_FALSE(has_voice(bare, lease, closed.group()));
    CHECK(voices(stolen, closed.group()) == 0);
    // What an open group can't tell: there the same receipts are as good as any.
    CHECK(prevails(bare, lease, {name_space}, 8));
  }
}

TEST_CASE("S3: a replica does not give a lease to whoever brings invented witnesses") {
  ClosedGroup closed;
  crypto::Basis basis;
  Store store(name_space, basis, {});
  basis.set_trust(closed.trust());
  store.drop_revoked();
  const auto take = [&](const Record& record, Store::Arrival arrival) {
    return store.accept(TimePoint{}, epoch, record, arrival, PositionSet(1), 8, NodeId{});
  };
  const Record lease = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 5);
  CHECK(take(lease, Store::Arrival::put).verdict == Verdict::granted);
  Record squat = closed.make_lease(7, attacker);
  for (std::size_t i = invented; i < invented + 8; ++i)
    squat.receipts.push_back(make_receipt(squat, name_space, long_ago, key_of(i)));
  CHECK(take(squat, Store::Arrival::create).verdict == Verdict::exists);
  CHECK(take(squat, Store::Arrival::put).refusal == Refusal::held);
  CHECK(take(squat, Store::Arrival::handover).refusal == Refusal::held);
  // A free address can't be put with them either.
  Record free = closed.make_lease(8, attacker);
  free.receipts.push_back(make_receipt(free, name_space, long_ago, key_of(invented)));
  CHECK(take(free, Store::Arrival::put).refusal == Refusal::not_granted);
}

TEST_CASE("S3: receipts that prove nothing are not stored, however a record arrives") {
  ClosedGroup closed;
  for (const auto arrival : {Store::Arrival::create, Store::Arrival::handover}) {
    crypto::Basis basis;
    Store store(name_space, basis, {});
    basis.set_trust(closed.trust());
    store.drop_revoked();
    Record lease = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 2);
    for (std::size_t i = invented; i < invented + 6; ++i) {
      lease.receipts.push_back(make_receipt(lease, name_space, long_ago, key_of(i), Bytes(1024, std::byte{1})));
    }
    CHECK(store.accept(TimePoint{}, epoch, lease, arrival, PositionSet(1), 8, NodeId{}).verdict == Verdict::granted);
    const auto* entry = store.find(entry_key_of(lease));
    REQUIRE(entry != nullptr);
    CHECK(entry->record.unpack().receipts.size() == 2);
  }
}

TEST_CASE("S3: nobody speaks for himself, and a user with many certificates is one voice") {
  ClosedGroup closed;
  for (std::size_t i = 30; i < 38; ++i)
    closed.set_user(i, "mallory");
  for (std::size_t i = 40; i < 48; ++i)
    closed.set_user(i, "trudy");
  const Record by_himself = closed.granted(closed.make_lease(7, 30), 31, 38, long_ago);
  CHECK(voices(by_himself, closed.group()) == 0);
  const Record by_one = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 1);
  CHECK(holds(by_one, by_himself, closed.group()));

  const Record by_accomplice = closed.granted(closed.make_lease(7, 30), 40, 48, long_ago);
  CHECK(voices(by_accomplice, closed.group()) == 1);
  const Record by_two = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 2);
  CHECK(holds(by_two, by_accomplice, closed.group()));
}

TEST_CASE("S3: revoked members are no witnesses") {
  ClosedGroup closed;
  const Record lease = closed.granted(closed.make_lease(7, honest), first_replica, first_replica + 3);
  CHECK(voices(lease, closed.group()) == 3);
  closed.revoke_key(first_replica);
  CHECK(voices(lease, closed.group()) == 2);
  closed.revoke_user("user 11");
  CHECK(voices(lease, closed.group()) == 1);
  Record kept = lease;
  keep_witnesses(kept, closed.group());
  CHECK(keys_of(kept, first_replica, first_replica + 3) == std::vector<std::size_t>{first_replica + 2});
}

TEST_CASE("a witness counts whose certificate was valid when he signed, however long ago that is") {
  ClosedGroup closed;
  closed.set_validity(first_replica, epoch + -std::chrono::hours(24 * 90), epoch + 100s);
  closed.set_validity(first_replica + 1, epoch + 100s, epoch + std::chrono::hours(24));
  const auto counts = [&](std::size_t replica, WallTime stored) {
    const Record record = closed.make_lease(7, honest);
    return is_witness(closed.receipt_of(record, replica, stored), record, closed.group());
  };
  CHECK(counts(first_replica, epoch));
  CHECK_FALSE(counts(first_replica, epoch + 101s));
  CHECK_FALSE(counts(first_replica + 1, epoch));
  CHECK(counts(first_replica + 1, epoch + 101s));
}

TEST_CASE("a receipt needs its certificate, and the certificate its receipt") {
  ClosedGroup closed;
  const Record record = closed.make_lease(7, honest);
  const Receipt good = closed.receipt_of(record, first_replica, epoch);
  CHECK(is_witness(good, record, closed.group()));
  Receipt other = good;
  other.certificate.clear();
  CHECK_FALSE(is_witness(other, record, closed.group()));
  other.certificate = closed.der_of(first_replica + 1);
  CHECK_FALSE(is_witness(other, record, closed.group()));
  other = good;
  other.signature[3] ^= std::byte{1};
  CHECK_FALSE(is_witness(other, record, closed.group()));
  other = good;
  other.certificate[200] ^= std::byte{1};
  CHECK_FALSE(is_witness(other, record, closed.group()));
  CHECK_FALSE(is_witness(closed.receipt_of(record, honest, epoch), record, closed.group()));
}

TEST_CASE("between two machines of one user every member is a witness, and the older grant holds") {
  ClosedGroup closed;
  for (std::size_t i = 0; i < 30; ++i)
    closed.set_user(i, "laboratory");
  const Record older = closed.granted(closed.make_lease(7, 0), 10, 15, epoch);
  const Record younger = closed.granted(closed.make_lease(7, 1), 20, 25, epoch + 60s);
  CHECK(holds(older, younger, closed.group()));
  CHECK(has_voice(older, younger, closed.group()));
  // Against another user's lease they are no voices: his single one is more.
  const Record stranger = closed.granted(closed.make_lease(7, 40), 41, 42, epoch + 600s);
  CHECK(holds(stranger, older, closed.group()));
}

TEST_CASE("of two members' leases that different users granted the older holds") {
  ClosedGroup closed;
  const Record older = closed.granted(closed.make_lease(7, 0), 10, 15, epoch);
  const Record younger = closed.granted(closed.make_lease(7, 1), 20, 25, epoch + 60s);
  CHECK(holds(older, younger, closed.group()));
  CHECK(granted_at(older, closed.group(), 8) == epoch + 2s);
  CHECK(granted_at(closed.granted(closed.make_lease(7, 0), 10, 14), closed.group(), 8) == std::nullopt);
}

TEST_CASE("S3: where no voice decides, certificates are no lots: a user has the same chance with one as with many") {
  ClosedGroup closed;
  for (std::size_t i = 30; i < 38; ++i)
    closed.set_user(i, "mallory");
  unsigned won = 0;
  for (std::uint8_t last = 1; last <= 64; ++last) {
    const Record lease = closed.make_lease(last, honest);
    const bool first_wins = holds(lease, closed.make_lease(last, 30), closed.group());
    for (std::size_t i = 31; i < 34; ++i)
      CHECK(prevails(lease, closed.make_lease(last, i), closed.group(), 8) == first_wins);
    won += first_wins ? 1U : 0U;
  }
  CHECK(won > 16);
  CHECK(won < 48);
}

TEST_CASE("of many owners one holds against all others, whoever compares them in whatever order") {
  ClosedGroup closed;
  SeededRng rng(3);
  for (std::size_t i = 0; i < 8; ++i)
    closed.set_user(i, "user " + std::to_string(i / 2));
  for (std::size_t i = 100; i < 140; ++i)
    closed.set_user(i, "user " + std::to_string(i % 7));
  for (int round = 0; round < 20; ++round) {
    std::vector<Record> leases;
    for (std::size_t owner = 0; owner < 8; ++owner) {
      // Each was granted in a part of the ring of its own.
      const std::size_t first = 100 + 5 * owner;
      const WallTime stored = epoch + std::chrono::seconds(rng.below(3));
      leases.push_back(closed.granted(closed.make_lease(7, owner), first, first + rng.below(6), stored));
    }
    std::vector<crypto::PublicKey> winners;
    for (int order = 0; order < 3; ++order) {
      std::ranges::rotate(leases, leases.begin() + static_cast<std::ptrdiff_t>(1 + rng.below(7)));
      const Record* best = leases.data();
      for (const Record& lease : leases) {
        if (prevails(lease, *best, closed.group(), 8)) best = &lease;
      }
      winners.push_back(best->owner);
    }
    CHECK(winners[0] == winners[1]);
    CHECK(winners[0] == winners[2]);
  }
}

TEST_CASE("S3: an address that a certificate pins is held against any number of witnesses") {
  ClosedGroup closed;
  closed.pin(honest, 7);
  const Record pinned = closed.make_lease(7, honest);
  const Record granted = closed.granted(closed.make_lease(7, attacker), 10, 18, long_ago);
  CHECK(holds(pinned, granted, closed.group()));
}

TEST_CASE("S3: receipts gathered long ago lose to later ones of the same user, even of a single one") {
  ClosedGroup closed;
  const Record banked = closed.granted(closed.make_lease(7, attacker), 10, 11, long_ago);
  const Record lease = closed.granted(closed.make_lease(7, honest), 10, 11, epoch);
  CHECK(holds(lease, banked, closed.group()));
  // Two machines of one user are two replicas, and only what one of them signed twice says which was later.
  closed.set_user(20, "trent");
  closed.set_user(21, "trent");
  const Record here = closed.granted(closed.make_lease(7, attacker), 20, 21, epoch);
  const Record there = closed.granted(closed.make_lease(7, honest), 21, 22, epoch + 60s);
  CHECK(holds(here, there, closed.group()));
}

TEST_CASE("S3: receipts that somebody adds push out no voice of another user") {
  ClosedGroup closed;
  for (std::size_t i = 30; i < 38; ++i)
    closed.set_user(i, "mallory");
  const Record by_others = closed.granted(closed.make_lease(7, honest), 10, 15, epoch);
  Record lease = by_others;
  const Record flooded = closed.granted(closed.make_lease(7, honest), 30, 38, long_ago);
  merge_receipts(lease, flooded.receipts, closed.group());
  CHECK(lease.receipts.size() == max_certified_witnesses);
  CHECK(voices(lease, closed.group()) == 5);
  CHECK(keys_of(lease, 30, 38).size() == 1);
  CHECK(keys_of(lease, 10, 15).size() == 4);

  // Whoever brings them together, in whatever order, keeps the same.
  Record again = flooded;
  merge_receipts(again, by_others.receipts, closed.group());
  CHECK(again.receipts == lease.receipts);
}

TEST_CASE("the owner's own other machines are the first receipts to go") {
  ClosedGroup closed;
  for (std::size_t i = 30; i < 38; ++i)
    closed.set_user(i, "user 0");
  Record lease = closed.granted(closed.make_lease(7, honest), 30, 38, long_ago);
  keep_witnesses(lease, closed.group());
  CHECK(lease.receipts.size() == max_certified_witnesses);
  merge_receipts(lease, closed.granted(closed.make_lease(7, honest), 10, 13, epoch).receipts, closed.group());
  CHECK(keys_of(lease, 10, 13).size() == 3);
  CHECK(keys_of(lease, 30, 38).size() == 2);
}

TEST_CASE("a record of a closed group survives encoding with its witnesses, in less than 2,200 octets") {
  ClosedGroup closed;
  Record record = closed.make_lease(7, honest);
  record.value.assign(22 + 63, std::byte{1});  // a lease's value with the longest name
  sign(record, name_space, key_of(honest));
  for (std::size_t i = 0; i < max_certified_witnesses; ++i) {
    closed.set_user(20 + i, std::string(4 + 3 * i, static_cast<char>('a' + i)));
    record.receipts.push_back(closed.receipt_of(record, 20 + i, epoch));
  }
  Bytes octets;
  encode(record, octets);
  CHECK(octets.size() == encoded_size(record));
  CHECK(octets.size() < 2'200);
  const auto decoded = decode_record(octets);
  REQUIRE(decoded);
  CHECK(*decoded == record);
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(!decode_record(ByteSpan(octets).first(n)));

  // Renewed with another certificate of the owner, the receipts are packed anew.
  closed.set_user(honest + 100, "the same key renewed");
  record.certificate = closed.der_of(honest + 100);
  octets.clear();
  encode(record, octets);
  CHECK(decode_record(octets)->receipts == record.receipts);
}

TEST_CASE("a receipt's certificate that does not unpack spoils the record") {
  ClosedGroup closed;
  const Record record = closed.granted(closed.make_lease(7, honest), 10, 11);
  Bytes octets;
  encode(record, octets);
  Record bare = record;
  bare.receipts.clear();
  const std::size_t packed_at = encoded_size(bare) + Receipt::plain_size;
  const auto code_with = [&](ByteSpan packed) {
    Bytes changed = to_bytes(ByteSpan(octets).first(packed_at));
    ByteWriter(changed).write_sized16(packed);
    const auto decoded = decode_record(changed);
    return decoded ? std::error_code{} : decoded.error().code;
  };
  CHECK(code_with({}) == std::error_code{});
  CHECK(code_with(crypto::deflate(as_bytes("no certificate"), record.certificate)) == std::error_code{});
  CHECK(code_with(as_bytes("no stream")) == make_error_code(Errc::malformed));
  CHECK(code_with(crypto::deflate(Bytes(Record::max_certificate + 1), {})) == make_error_code(Errc::malformed));
}
