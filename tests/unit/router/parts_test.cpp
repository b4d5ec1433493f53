#include "base/hex.hpp"
#include "router/address_resolver.hpp"
#include "router/mac_table.hpp"
#include "router/parked_packets.hpp"
#include "router_fixture.hpp"

// The parts of Router that have rules of their own.

using namespace ipop;
using namespace ipop::router;
using test::make_key;
using test::make_lease_record;
using test::make_mac;
using test::make_name_record;
using test::name_space;
using test::other;
using test::wall;

namespace {

template <class T>
Errc error_of(const Result<T>& result) {
  REQUIRE_FALSE(result);
  return static_cast<Errc>(result.error().code.value());
}

NodeId count_up() {
  std::array<std::byte, NodeId::size> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i)
    octets[i] = static_cast<std::byte>(i + 1);
  return NodeId(octets);
}

std::size_t asks(AddressResolver& resolver) {
  std::size_t count = 0;
  while (const auto output = resolver.poll_output())
    if (std::holds_alternative<AddressResolver::Ask>(*output)) ++count;
  return count;
}

}  // namespace

TEST_CASE("a lease value is written as its vector, and read back") {
  const LeaseValue value{count_up(), "alice-desktop"};
  const Bytes octets = encode(value);
  CHECK(to_hex(octets) == "010102030405060708090a0b0c0d0e0f10111213140d616c6963652d6465736b746f70");
  CHECK(*decode_lease_value(octets) == value);
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(error_of(decode_lease_value(ByteSpan(octets).first(n))) == Errc::truncated);
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK(error_of(decode_lease_value(longer)) == Errc::malformed);
  Bytes newer = octets;
  newer[0] = std::byte{3};
  CHECK(error_of(decode_lease_value(newer)) == Errc::unsupported);
  Bytes upper = octets;
  upper[22] = std::byte{'A'};
  CHECK(error_of(decode_lease_value(upper)) == Errc::malformed);
  CHECK(encode(LeaseValue{count_up(), {}}).size() == 22);
}

TEST_CASE("a name value is written as its vector, and read back") {
  const NameValue value{count_up(), net::Ipv4Address(10, 128, 0, 7)};
  const Bytes octets = encode(value);
  CHECK(to_hex(octets) == "010102030405060708090a0b0c0d0e0f10111213140a800007");
  CHECK(*decode_name_value(octets) == value);
  for (std::size_t n = 0; n < octets.size(); ++n)
    CHECK(error_of(decode_name_value(ByteSpan(octets).first(n))) == Errc::truncated);
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK(error_of(decode_name_value(longer)) == Errc::malformed);
}

TEST_CASE("a lease counts only with a good signature, in its time, and of the node that it names") {
  const auto key = make_key("peer");
  const auto good = make_lease_record(key, other);
  CHECK(check_lease(good, name_space(), wall)->holder == test::id_of(key));
  CHECK(error_of(check_lease(good, name_space(), wall + std::chrono::hours(24))) == Errc::expired);
  CHECK(error_of(check_lease(good, as_bytes("another ring"), wall)) == Errc::bad_checksum);
  auto altered = good;
  altered.name = record_name(net::Ipv4Address(10, 128, 0, 8));
  CHECK(error_of(check_lease(altered, name_space(), wall)) == Errc::bad_checksum);
  auto stolen = good;
  dht::sign(stolen, name_space(), make_key("thief"));
  CHECK(error_of(check_lease(stolen, name_space(), wall)) == Errc::not_authorized);
  auto released = good;
  released.value.clear();
  dht::sign(released, name_space(), key);
  CHECK(error_of(check_lease(released, name_space(), wall)) == Errc::not_found);
  CHECK(error_of(check_lease(make_name_record(key, "x", other), name_space(), wall)) == Errc::malformed);
  CHECK(error_of(check_name(good, name_space(), wall)) == Errc::malformed);
  CHECK(check_name(make_name_record(key, "x", other), name_space(), wall)->address == other);
}

TEST_CASE("of several records the one that prevails counts, and a tombstone ends its owner's older ones") {
  const auto older = make_lease_record(make_key("older"), other, WallTime{wall.seconds - 100});
  const auto younger = make_lease_record(make_key("younger"), other);
  CHECK(prevailing({younger, older}, record_name(other), {name_space()}, wall) == 1);
  CHECK(prevailing({older, younger}, record_name(other), {name_space()}, wall) == 0);
  auto tombstone = older;
  tombstone.value.clear();
  tombstone.sequence = 2;
  dht::sign(tombstone, name_space(), make_key("older"));
  CHECK(prevailing({older, tombstone, younger}, record_name(other), {name_space()}, wall) == 2);
  CHECK_FALSE(prevailing({older, tombstone}, record_name(other), {name_space()}, wall));
  CHECK_FALSE(prevailing({older}, record_name(net::Ipv4Address(10, 128, 0, 5)), {name_space()}, wall));
}

TEST_CASE("the resolver asks once, answers from memory for ten minutes, then refreshes while it serves") {
  SeededRng rng(1);
  crypto::Basis basis;
  RecordJudge judge(name_space(), basis);
  AddressResolver resolver(judge, rng);
  TimePoint now{};
  basis.set_wall_time(now, wall);
  CHECK(resolver.resolve(now, other).knowledge == AddressResolver::Knowledge::asking);
  CHECK(resolver.resolve(now, other).knowledge == AddressResolver::Knowledge::asking);
  CHECK(asks(resolver) == 1);
  const auto key = make_key("peer");
  resolver.handle_answer(now, other, dht::Outcome::done, {make_lease_record(key, other)});
  CHECK(resolver.resolve(now, other).holder == test::id_of(key));
  now += 10min;
  CHECK(resolver.resolve(now, other).knowledge == AddressResolver::Knowledge::holder);
  CHECK(asks(resolver) == 1);
  // The refresh failed: the entry goes on serving, and is asked for again later.
  resolver.handle_answer(now, other, dht::Outcome::no_majority, {});
  CHECK(resolver.resolve(now + 1s, other).knowledge == AddressResolver::Knowledge::holder);
  CHECK(asks(resolver) == 0);
  resolver.resolve(now + 31s, other);
  CHECK(asks(resolver) == 1);
  resolver.handle_answer(now + 31s, other, dht::Outcome::done, {make_lease_record(key, other)});
  // Not used for ten minutes more, it is forgotten.
  now += 31s + 20min;
  resolver.handle_timeout(now);
  CHECK(resolver.size() == 0);
}

TEST_CASE("a holder that nothing leads to is asked for anew while its entry serves, at most every 2 s") {
  SeededRng rng(1);
  crypto::Basis basis;
  RecordJudge judge(name_space(), basis);
  AddressResolver resolver(judge, rng);
  TimePoint now{};
  basis.set_wall_time(now, wall);
  const auto key = make_key("peer");
  const auto answered = [&] {
    resolver.handle_answer(now, other, dht::Outcome::done, {make_lease_record(key, other)});
  };
  answered();
  // At first contact the link is still being made: what was answered a moment ago holds.
  resolver.doubt_holder(now + 1s, test::id_of(key));
  resolver.resolve(now + 1s, other);
  CHECK(asks(resolver) == 0);
  now += 1min;
  resolver.doubt_holder(now, test::id_of(make_key("somebody else")));
  resolver.resolve(now, other);
  CHECK(asks(resolver) == 0);
  resolver.doubt_holder(now, test::id_of(key));
  CHECK(asks(resolver) == 0);
  CHECK(resolver.resolve(now, other).holder == test::id_of(key));
  CHECK(resolver.resolve(now, other).holder == test::id_of(key));
  CHECK(asks(resolver) == 1);
  // The table does not know better yet; a later doubt asks again, and without one all is well.
  now += 1s;
  answered();
  resolver.resolve(now + 30s, other);
  CHECK(asks(resolver) == 0);
  now += 2s;
  resolver.doubt_holder(now, test::id_of(key));
  resolver.resolve(now, other);
  CHECK(asks(resolver) == 1);
  // Where the table could not be asked, the entry serves on and the pace is the same.
  resolver.handle_answer(now, other, dht::Outcome::no_majority, {});
  resolver.doubt_holder(now + 1s, test::id_of(key));
  CHECK(resolver.resolve(now + 1s, other).holder == test::id_of(key));
  CHECK(asks(resolver) == 0);
}

TEST_CASE("the resolver forgets a lease when it ends, and takes only records that pass the check") {
  SeededRng rng(1);
  crypto::Basis basis;
  RecordJudge judge(name_space(), basis);
  AddressResolver resolver(judge, rng);
  const TimePoint now{};
  basis.set_wall_time(now, wall);
  resolver.resolve(now, other);
  resolver.handle_answer(now, other, dht::Outcome::done, {make_lease_record(make_key("peer"), other, wall, {}, 30s)});
  CHECK(resolver.find(now + 29s, other)->knowledge == AddressResolver::Knowledge::holder);
  CHECK(resolver.find(now + 30s, other) == nullptr);
  auto forged = make_lease_record(make_key("peer"), other);
  forged.signature[5] ^= std::byte{1};
  resolver.handle_answer(now, other, dht::Outcome::done, {forged});
  CHECK(resolver.find(now, other)->knowledge == AddressResolver::Knowledge::nobody);
}

TEST_CASE("the resolver remembers that nobody holds an address for 5 to 10 s, and a failure for 1 s") {
  SeededRng rng(1);
  crypto::Basis basis;
  RecordJudge judge(name_space(), basis);
  AddressResolver resolver(judge, rng);
  const TimePoint now{};
  basis.set_wall_time(now, wall);
  for (std::uint8_t i = 1; i < 50; ++i) {
    const net::Ipv4Address address(10, 128, 3, i);
    resolver.handle_answer(now, address, dht::Outcome::not_found, {});
    CHECK(resolver.find(now + 4999ms, address) != nullptr);
    CHECK(resolver.find(now + 10s, address) == nullptr);
  }
  resolver.handle_answer(now, other, dht::Outcome::no_majority, {});
  CHECK(resolver.find(now + 999ms, other)->knowledge == AddressResolver::Knowledge::unknown);
  CHECK(resolver.resolve(now + 1s, other).knowledge == AddressResolver::Knowledge::asking);
}

TEST_CASE("the resolver asks for at most 256 addresses at a time and keeps at most 4096") {
  SeededRng rng(1);
  crypto::Basis basis;
  RecordJudge judge(name_space(), basis);
  AddressResolver resolver(judge, rng);
  const TimePoint now{};
  basis.set_wall_time(now, wall);
  for (std::uint32_t i = 0; i < 300; ++i)
    resolver.resolve(now, net::Ipv4Address(0x0a800000U + i));
  CHECK(asks(resolver) == 256);
  CHECK(resolver.resolve(now, net::Ipv4Address(0x0a800000U + 299)).knowledge == AddressResolver::Knowledge::unknown);
  for (std::uint32_t i = 0; i < 6000; ++i)
    resolver.handle_answer(now, net::Ipv4Address(0x0a900000U + i), dht::Outcome::not_found, {});
  CHECK(resolver.size() == AddressResolver::most_entries);
  // Answers that never come free their places.
  resolver.handle_timeout(now + 15s);
  CHECK(resolver.asked() == 0);
}

TEST_CASE("parked packets are taken in order, and only those of the address") {
  ParkedPackets parked;
  const TimePoint now{};
  const net::Ipv4Address a(10, 128, 0, 2);
  const net::Ipv4Address b(10, 128, 0, 3);
  CHECK(parked.park(now, a, {}, test::make_ping(a, b, 1)));
  CHECK(parked.park(now + 1s, b, {}, test::make_ping(a, b, 2)));
  CHECK(parked.park(now + 2s, a, {}, test::make_ping(a, b, 3)));
  CHECK(parked.next_end() == now + 3s);
  const auto taken = parked.take(a);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].octets == test::make_ping(a, b, 1));
  CHECK(taken[1].octets == test::make_ping(a, b, 3));
  CHECK(parked.size() == 1);
  CHECK(parked.next_end() == now + 4s);
  CHECK(parked.drop_expired(now + 3s) == 0);
  CHECK(parked.drop_expired(now + 4s) == 1);
  CHECK(parked.size() == 0);
  CHECK_FALSE(parked.next_end());
}

TEST_CASE("the MAC table holds 16 machines; a flood does not push out the one with an address") {
  MacTable table;
  TimePoint now{};
  table.learn(now, make_mac(1), other);
  for (std::uint8_t i = 2; i < 200; ++i)
    table.learn(now += 1s, make_mac(i));
  CHECK(table.size() == MacTable::most);
  CHECK(table.find(other) == make_mac(1));
  CHECK_FALSE(table.find(net::Ipv4Address(10, 128, 0, 2)));
}

TEST_CASE("groups and the fake MAC are not learned; a single machine needs no address") {
  MacTable table;
  table.learn({}, net::MacAddress::broadcast());
  table.learn({}, server_mac, other);
  CHECK(table.size() == 0);
  CHECK_FALSE(table.find(other));
  table.learn({}, make_mac(7));
  CHECK(table.find(other) == make_mac(7));
}
