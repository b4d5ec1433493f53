#include "leasebook/lease_book.hpp"

#include <filesystem>
#include <fstream>
#include <set>

#include <doctest/doctest.h>

#include "book_fixture.hpp"
#include "crypto/hash.hpp"

namespace ipop::leasebook {

using leasing::LeaseAction;

TEST_CASE("a node gets an address, keeps it when it asks again, and gets it back after a release") {
  BookFixture f;
  const Lease first = *f.take("a", LeaseAction::obtain);
  CHECK(is_offered(f.group.plan, first.address));
  CHECK(first.expires == f.now + f.group.plan.lease_time);
  f.now = f.now + std::chrono::minutes(10);
  const Lease renewed = *f.take("a", LeaseAction::renew);
  CHECK(renewed.address == first.address);
  CHECK(renewed.granted == first.granted);
  CHECK(renewed.expires == f.now + f.group.plan.lease_time);
  CHECK(f.take("a", LeaseAction::release)->released);
  CHECK(f.take("a", LeaseAction::renew).error().code == Errc::not_found);
  CHECK(f.take("a", LeaseAction::obtain)->address == first.address);
}

TEST_CASE("all addresses are given out, each to one; then nobody gets any") {
  BookFixture f;
  std::set<net::Ipv4Address> seen;
  for (int i = 0; i < 13; ++i) {
    const auto lease = f.take("node " + std::to_string(i), LeaseAction::obtain);
    REQUIRE(lease);
    CHECK(seen.insert(lease->address).second);
  }
  CHECK(f.take("late", LeaseAction::obtain).error().code == Errc::exhausted);
  SUBCASE("a released one is the next one's") {
    const auto released = f.take("node 4", LeaseAction::release)->address;
    CHECK(f.take("late", LeaseAction::obtain, released)->address == released);
  }
  SUBCASE("an ended one is free an hour after its end, and no second before") {
    f.now = f.now + f.group.plan.lease_time + LeaseBook::grace;
    CHECK(f.take("late", LeaseAction::obtain).error().code == Errc::exhausted);
    f.now = f.now + std::chrono::seconds(1);
    CHECK(f.take("late", LeaseAction::obtain));
  }
}

TEST_CASE("a wish is granted where nobody else has the address") {
  BookFixture f;
  const auto wish = net::Ipv4Address(10, 9, 8, 9);
  CHECK(f.take("a", LeaseAction::obtain, wish)->address == wish);
  CHECK(f.take("b", LeaseAction::obtain, wish)->address != wish);
  CHECK(f.take("c", LeaseAction::obtain, net::Ipv4Address(10, 9, 8, 15))->address != net::Ipv4Address(10, 9, 8, 15));
  CHECK(f.take("d", LeaseAction::obtain, net::Ipv4Address(192, 168, 1, 1)));
  // Who has another one moves, and has one address afterwards.
  auto other = net::Ipv4Address(10, 9, 8, 2);
  while (*f.book->lease_of(f.group.id, other))
    other = net::Ipv4Address(other.value() + 1);
  CHECK(f.take("a", LeaseAction::obtain, other)->address == other);
  CHECK((*f.book->lease_of(f.group.id, f.node("a")))->address == other);
  CHECK(f.take("b", LeaseAction::obtain, wish)->address == wish);
}

TEST_CASE("S3: a copy of an older request does nothing") {
  BookFixture f;
  Ask ask = f.ask("a", LeaseAction::obtain);
  REQUIRE(f.take(ask));
  const Ask release = f.ask("a", LeaseAction::release);
  REQUIRE(f.take(release));
  REQUIRE(f.take("a", LeaseAction::obtain));
  CHECK(f.take(release).error().code == Errc::expired);
  CHECK(f.take(ask).error().code == Errc::expired);
  CHECK((*f.book->lease_of(f.group.id, f.node("a")))->is_live(f.now));
}

TEST_CASE("S3: a copy of a request brings no node back whose address went to somebody else") {
  BookFixture f;
  const auto at = [&](std::uint64_t more) { f.sequence = leasing::sequence_at(f.now) + more; };
  at(0);
  const Ask gone = f.ask("gone", LeaseAction::obtain);
  const auto address = f.take(gone)->address;
  for (int i = 0; i < 12; ++i)
    REQUIRE(f.take("node " + std::to_string(i), LeaseAction::obtain));
  f.now = f.now + f.group.plan.lease_time;
  at(0);
  for (int i = 0; i < 12; ++i)
    REQUIRE(f.take("node " + std::to_string(i), LeaseAction::renew));
  f.now = f.now + LeaseBook::grace + std::chrono::seconds(1);
  at(0);
  REQUIRE(f.take("next", LeaseAction::obtain)->address == address);
  REQUIRE(f.take("next", LeaseAction::release));
  CHECK(f.take(gone).error().code == Errc::expired);
  // Itself it may come back, and so may anybody, though somebody took a number of the future.
  CHECK(f.take("gone", LeaseAction::obtain, address)->address == address);
  f.sequence = leasing::sequence_at(f.now + leasing::clock_tolerance) - 4;
  REQUIRE(f.take("gone", LeaseAction::release));
  REQUIRE(f.take("hasty", LeaseAction::obtain, address)->address == address);
  REQUIRE(f.take("hasty", LeaseAction::release));
  at(100);
  CHECK(f.take("late", LeaseAction::obtain, address)->address == address);
}

TEST_CASE("S3: a request without a sequence sets back none: a copy of an older one still does nothing") {
  BookFixture f;
  const Ask first = f.ask("a", LeaseAction::obtain);
  REQUIRE(f.take(first));
  const Ask copied = f.ask("a", LeaseAction::release);
  REQUIRE(f.take("a", LeaseAction::obtain));
  const std::uint64_t last = f.sequence;
  for (const LeaseAction action : {LeaseAction::obtain, LeaseAction::renew, LeaseAction::release}) {
    Ask without = f.ask("a", action);
    without.sequence.reset();
    REQUIRE(f.take(without));
    CHECK((*f.book->lease_of(f.group.id, f.node("a")))->sequence == last);
    CHECK_FALSE(f.take(copied));
    CHECK_FALSE(f.take(first));
  }
}

TEST_CASE("a clock that is set ahead or back gives no address twice and takes none away") {
  BookFixture f;
  const auto right = f.now;
  const auto by_clock = [&](WallTime when) { f.sequence = std::max(f.sequence, leasing::sequence_at(when)); };
  by_clock(right);
  const Lease first = *f.take("a", LeaseAction::obtain);
  SUBCASE("ten days ahead: others get other addresses while there are any") {
    f.now = right + std::chrono::hours(240);
    std::set<net::Ipv4Address> seen{first.address};
    for (int i = 0; i < 12; ++i)
      CHECK(seen.insert(f.take("node " + std::to_string(i), LeaseAction::obtain)->address).second);
    f.now = right;
    CHECK(f.take("a", LeaseAction::renew)->address == first.address);
  }
  SUBCASE("a day back: who has a right clock is told so, and has his lease afterwards") {
    f.now = right + std::chrono::hours(-24);
    CHECK(f.take("a", LeaseAction::renew).error().code == Errc::expired);
    CHECK(f.take("b", LeaseAction::obtain).error().code == Errc::expired);
    f.now = right + std::chrono::minutes(1);
    by_clock(f.now);
    const Lease renewed = *f.take("a", LeaseAction::renew);
    CHECK(renewed.address == first.address);
    CHECK(renewed.expires >= first.expires);
  }
  SUBCASE("some minutes back: the end that was told stays") {
    f.now = right + std::chrono::minutes(-5);
    const Lease renewed = *f.take("a", LeaseAction::renew);
    CHECK(renewed.address == first.address);
    CHECK(renewed.expires == first.expires);
  }
}

TEST_CASE("a user has no more live leases than the quota, a source of an open group neither") {
  BookFixture f;
  leasing::AddressPlan plan = f.group.plan;
  plan.quota = 2;
  f.change(plan);
  for (const bool with_user : {true, false}) {
    const auto ask = [&](const std::string& name) {
      Ask it = f.ask(name, LeaseAction::obtain);
      if (with_user) it.who.user = "eve";
      it.source = with_user ? "198.51.100." + name.substr(1) : "203.0.113.9";
      return it;
    };
    REQUIRE(f.take(ask("1")));
    REQUIRE(f.take(ask("2")));
    CHECK(f.take(ask("3")).error().code == Errc::exhausted);
    CHECK(f.take(ask("1")));  // has one already
    for (const char* name : {"1", "2"}) {
      Ask release = ask(name);
      release.action = LeaseAction::release;
      REQUIRE(f.take(release));
    }
  }
}

TEST_CASE("what the server's own machine brings over the overlay has no source, and no quota by it") {
  BookFixture f;
  leasing::AddressPlan plan = f.group.plan;
  plan.quota = 1;
  f.change(plan);
  for (const char* source : {"127.0.0.1", "[::1]"}) {
    for (int i = 0; i < 3; ++i) {
      Ask ask = f.ask(source + std::to_string(i), LeaseAction::obtain);
      ask.source = source;
      CHECK(f.take(ask));
    }
  }
  Ask ask = f.ask("a", LeaseAction::obtain);
  ask.source = "127.0.1.1";
  CHECK(f.take(ask));
  ask = f.ask("b", LeaseAction::obtain);
  ask.source = "127.0.1.1";
  CHECK(f.take(ask).error().code == Errc::exhausted);
}

TEST_CASE("S10: leases that are picked out end at once, and their addresses are free") {
  BookFixture f;
  const crypto::Digest256 key = crypto::sha256(as_bytes("key of a"));
  Ask ask = f.ask("a", LeaseAction::obtain);
  ask.who.key = key;
  const Lease lease = *f.take(ask);
  REQUIRE(f.take("b", LeaseAction::obtain));
  CHECK((*f.book->lease_of(f.group.id, lease.address))->key == key);
  f.now = f.now + std::chrono::minutes(5);
  std::size_t ended = 0;
  const auto has_key = [&](const Lease& it) { return it.key == key; };
  // One after the other, as a server with many does.
  const auto end_all = [&] {
    ended = 0;
    std::optional<net::Ipv4Address> next = net::Ipv4Address();
    while (next) {
      const auto part = *f.book->end_leases(f.group.id, f.now, *next, 1, has_key);
      ended += part.count;
      next = part.next;
    }
  };
  f.write(end_all);
  CHECK(ended == 1);
  CHECK((*f.book->lease_of(f.group.id, lease.address))->released);
  CHECK((*f.book->history(f.group.id, lease.address, std::nullopt)).front().ends == f.now);
  CHECK((*f.book->lease_of(f.group.id, f.node("b")))->is_live(f.now));
  f.write(end_all);
  CHECK(ended == 0);
  CHECK(f.take("c", LeaseAction::obtain, lease.address)->address == lease.address);
}

TEST_CASE("a book of version 1 is read and written on, by whoever opens it first") {
  BookFixture f;
  const Lease lease = *f.take("a", LeaseAction::obtain);
  f.book.reset();
  {
    auto database = Database::open(f.path, Database::Access::write);
    REQUIRE(database->execute("ALTER TABLE leases DROP COLUMN key; UPDATE facts SET value = 1 WHERE name = 'schema'"));
  }
  for (const auto access : {Database::Access::read, Database::Access::write}) {
    auto opened = LeaseBook::open(f.path, access);
    REQUIRE(opened);
    f.book = std::make_unique<LeaseBook>(*std::move(opened));
    CHECK((*f.book->lease_of(f.group.id, f.node("a")))->address == lease.address);
  }
  CHECK(f.take("a", LeaseAction::renew)->address == lease.address);
}

TEST_CASE("a reserved address is for whom it is reserved: by node, by name, by user") {
  BookFixture f;
  const auto at = [](std::uint8_t last) { return net::Ipv4Address(10, 9, 8, last); };
  leasing::AddressPlan plan = f.group.plan;
  plan.excluded = {{at(10), at(14)}};
  f.change(plan);
  f.write([&] {
    CHECK(f.book->reserve(f.group, {at(10), Reservation::Kind::node, to_string(f.node("a")), "the printer"}));
    CHECK(f.book->reserve(f.group, {at(11), Reservation::Kind::name, "bob", ""}));
    CHECK(f.book->reserve(f.group, {at(4), Reservation::Kind::user, "carol", ""}));
    CHECK(f.book->reserve(f.group, {at(4), Reservation::Kind::user, "dave", ""}).error().code == Errc::conflict);
    CHECK(f.book->reserve(f.group, {at(5), Reservation::Kind::user, "carol", ""}).error().code == Errc::conflict);
    CHECK(f.book->reserve(f.group, {at(15), Reservation::Kind::user, "erin", ""}).error().code == Errc::out_of_range);
  });
  CHECK(f.take("a", LeaseAction::obtain)->address == at(10));
  Ask bob = f.ask("b", LeaseAction::obtain);
  bob.host_name = "bob";
  CHECK(f.take(bob)->address == at(11));
  Ask carol = f.ask("c", LeaseAction::obtain);
  carol.who.user = "carol";
  CHECK(f.take(carol)->address == at(4));
  CHECK(f.take("d", LeaseAction::obtain, at(4))->address != at(4));
  CHECK(f.take("e", LeaseAction::obtain, at(12))->address != at(12));
  // All that is not reserved is taken, and the reserved ones stay with whom they are for.
  int given = 0;
  while (f.take("more " + std::to_string(given), LeaseAction::obtain))
    REQUIRE(++given < 20);
  f.write([&] { CHECK(f.book->end_reservation(f.group.id, at(4))); });
  f.now = f.now + std::chrono::seconds(1);
  CHECK(f.take("d", LeaseAction::obtain)->address != at(4));
}

TEST_CASE("history says who had an address when, also after it changed hands") {
  BookFixture f;
  const auto wish = net::Ipv4Address(10, 9, 8, 9);
  const WallTime t0 = f.now;
  REQUIRE(f.take("a", LeaseAction::obtain, wish));
  f.now = f.now + std::chrono::minutes(30);
  REQUIRE(f.take("a", LeaseAction::renew));
  f.now = f.now + std::chrono::minutes(10);
  REQUIRE(f.take("a", LeaseAction::release));
  f.now = f.now + std::chrono::minutes(10);
  REQUIRE(f.take("b", LeaseAction::obtain, wish));
  const auto all = *f.book->history(f.group.id, wish, std::nullopt);
  REQUIRE(all.size() == 2);
  CHECK(all[0].node == f.node("b"));
  CHECK(all[1].node == f.node("a"));
  CHECK(all[1].begins == t0);
  CHECK(all[1].ends == t0 + std::chrono::minutes(40));
  const auto who = [&](std::chrono::minutes after) {
    const auto found = *f.book->history(f.group.id, wish, t0 + after);
    REQUIRE(found.size() <= 1);
    return found.empty() ? NodeId{} : found[0].node;
  };
  CHECK(who(std::chrono::minutes(0)) == f.node("a"));
  CHECK(who(std::chrono::minutes(39)) == f.node("a"));
  CHECK(who(std::chrono::minutes(41)).is_zero());
  CHECK(who(std::chrono::minutes(50)) == f.node("b"));
}

TEST_CASE("a transaction that is not committed leaves nothing, in the file and in mind") {
  BookFixture f;
  net::Ipv4Address address;
  {
    auto transaction = f.book->begin();
    REQUIRE(transaction);
    address = f.book->take(f.group, f.now, f.ask("a", LeaseAction::obtain))->address;
  }
  CHECK_FALSE(*f.book->lease_of(f.group.id, f.node("a")));
  for (int i = 0; i < 13; ++i)
    CHECK(f.take("node " + std::to_string(i), LeaseAction::obtain));
}

TEST_CASE("an address that a node would have left, had the transaction been kept, stays the node's") {
  BookFixture f;
  const auto address = f.take("a", LeaseAction::obtain)->address;
  {
    auto transaction = f.book->begin();
    REQUIRE(transaction);
    const auto wish =
        address == net::Ipv4Address(10, 9, 8, 9) ? net::Ipv4Address(10, 9, 8, 10) : net::Ipv4Address(10, 9, 8, 9);
    REQUIRE(f.book->take(f.group, f.now, f.ask("a", LeaseAction::obtain, wish))->address == wish);
  }
  for (int i = 0; i < 12; ++i)
    CHECK(f.take("node " + std::to_string(i), LeaseAction::obtain)->address != address);
  CHECK(f.take("late", LeaseAction::obtain).error().code == Errc::exhausted);
  CHECK(f.take("a", LeaseAction::renew)->address == address);
}

TEST_CASE("an ended lease goes to somebody else, however many ended before it outside of the plan") {
  BookFixture f(BookFixture::Kind::empty);
  leasing::AddressPlan plan;
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 0, 0), 16);
  plan.quota = 1000;
  f.write([&] { f.group = *f.book->add_group("lab", "lab-abcdefgh", plan); });
  const auto inside = net::Ipv4Address(10, 9, 200, 7);
  for (int i = 0; i < 200; ++i)
    REQUIRE(f.take("node " + std::to_string(i), LeaseAction::obtain,
                   net::Ipv4Address(10, 9, 1, static_cast<std::uint8_t>(i + 2))));
  f.now = f.now + std::chrono::seconds(1);
  REQUIRE(f.take("inside", LeaseAction::obtain, inside)->address == inside);
  plan.ranges = {{inside, inside}};
  f.change(plan);
  f.now = f.now + plan.lease_time + LeaseBook::grace;
  CHECK(f.take("late", LeaseAction::obtain).error().code == Errc::exhausted);
  f.now = f.now + std::chrono::seconds(2);
  CHECK(f.take("late", LeaseAction::obtain)->address == inside);
}

TEST_CASE("a plan changes while leases live, but not to another network") {
  BookFixture f;
  const auto address = f.take("a", LeaseAction::obtain)->address;
  leasing::AddressPlan plan = f.group.plan;
  plan.excluded = {{address, address}};
  f.change(plan);
  CHECK(f.take("a", LeaseAction::renew).error().code == Errc::not_found);
  CHECK(f.take("a", LeaseAction::obtain)->address != address);
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 7, 0), 28);
  plan.excluded = {};
  auto transaction = f.book->begin();
  CHECK(f.book->change_plan(f.group.id, plan).error().code == Errc::conflict);
}

TEST_CASE("S27: a damaged book, another file and a newer program's book are refused") {
  BookFixture f;
  REQUIRE(f.take("a", LeaseAction::obtain));
  CHECK(f.book->check_integrity());
  SUBCASE("another file") {
    const std::string path = f.path + ".txt";
    std::ofstream(path) << std::string(8192, 'x');
    CHECK(LeaseBook::open(path, Database::Access::write).error().code == std::errc::io_error);
    std::filesystem::remove(path);
  }
  SUBCASE("a newer program's") {
    {
      auto database = Database::open(f.path, Database::Access::write);
      REQUIRE(database->execute("UPDATE facts SET value = 99 WHERE name = 'schema'"));
    }
    CHECK(LeaseBook::open(f.path, Database::Access::write).error().code == Errc::unsupported);
  }
  SUBCASE("damaged pages") {
    f.book.reset();
    {
      auto database = Database::open(f.path, Database::Access::write);
      REQUIRE(database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    }
    const auto size = std::filesystem::file_size(f.path);
    {
      std::fstream file(f.path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(4096);
      file << std::string(size - 4096, '\xa5');
    }
    auto opened = LeaseBook::open(f.path, Database::Access::write);
    if (!opened) {
      CHECK(opened.error().code == std::errc::io_error);
    } else {
      f.book = std::make_unique<LeaseBook>(*std::move(opened));
      CHECK_FALSE(f.book->check_integrity());
      CHECK_FALSE(f.take("b", LeaseAction::obtain));
    }
  }
}

}  // namespace ipop::leasebook
