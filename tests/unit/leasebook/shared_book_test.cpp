#include <ctime>
#include <set>

#include <doctest/doctest.h>

#include "book_fixture.hpp"

// One book of several processes, large books, and books that follow others.

namespace ipop::leasebook {

using leasing::LeaseAction;

TEST_CASE("what another process writes to the book holds with the next request") {
  BookFixture f;
  const auto address = f.take("a", LeaseAction::obtain)->address;
  {
    auto other = LeaseBook::open(f.path, Database::Access::write);
    REQUIRE(other);
    auto transaction = other->begin();
    REQUIRE(other->release(f.group.id, address, f.now));
    REQUIRE(other->reserve(f.group, {address, Reservation::Kind::name, "bob", ""}));
    REQUIRE(transaction->commit());
  }
  CHECK(f.take("a", LeaseAction::obtain)->address != address);
}

TEST_CASE("addresses that another process leased are given to nobody else, and those that it freed are given out") {
  BookFixture f;
  REQUIRE(f.take("first", LeaseAction::obtain));
  auto other = LeaseBook::open(f.path, Database::Access::write);
  REQUIRE(other);
  const auto take_there = [&](const std::string& who) {
    auto transaction = other->begin();
    const auto lease = other->take(f.group, f.now, f.ask(who, LeaseAction::obtain));
    REQUIRE(transaction->commit());
    return lease->address;
  };
  std::set<net::Ipv4Address> seen{f.take("first", LeaseAction::renew)->address};
  for (int i = 0; i < 6; ++i) {
    CHECK(seen.insert(take_there("there " + std::to_string(i))).second);
    CHECK(seen.insert(f.take("here " + std::to_string(i), LeaseAction::obtain)->address).second);
  }
  CHECK(f.take("late", LeaseAction::obtain).error().code == Errc::exhausted);
  // A node that moves by another process's hand leaves an address that nobody has.
  {
    auto transaction = other->begin();
    const auto left = other->lease_of(f.group.id, f.node("there 3"));
    REQUIRE(left);
    REQUIRE(other->release(f.group.id, (*left)->address, f.now));
    const auto taken = other->lease_of(f.group.id, f.node("here 2"));
    REQUIRE(other->release(f.group.id, (*taken)->address, f.now));
    Lease moved = **left;
    moved.address = (*taken)->address;
    REQUIRE(other->import_lease(f.group, moved, f.now));
    REQUIRE(transaction->commit());
  }
  CHECK(f.take("late", LeaseAction::obtain));
}

TEST_CASE("whoever followed the first book goes on with a second one that followed it too") {
  BookFixture first;
  BookFixture second(BookFixture::Kind::empty);
  BookFixture third(BookFixture::Kind::empty);
  const auto follow = [](BookFixture& by, BookFixture& from) {
    const auto changes = from.book->changes_after(*by.book->last_change(), 1000);
    REQUIRE(changes);
    by.write([&] { CHECK(by.book->apply(*changes)); });
  };
  REQUIRE(first.take("a", LeaseAction::obtain));
  follow(second, first);
  follow(third, first);
  REQUIRE(first.take("b", LeaseAction::obtain));
  follow(third, first);
  for (const char* who : {"c", "d", "e"})
    REQUIRE(first.take(who, LeaseAction::obtain));
  follow(second, first);
  follow(third, second);
  CHECK(*third.book->last_change() == *first.book->last_change());
  CHECK(third.book->leases(first.group.id, net::Ipv4Address(), 100)->size() == 5);
}

TEST_CASE("a second book follows the first, in small steps, and gives nothing twice after it") {
  BookFixture first;
  BookFixture second(BookFixture::Kind::empty);
  for (int i = 0; i < 10; ++i)
    REQUIRE(first.take("node " + std::to_string(i), LeaseAction::obtain));
  REQUIRE(first.take("node 3", LeaseAction::release));
  first.write([&] {
    CHECK(first.book->reserve(first.group, {net::Ipv4Address(10, 9, 8, 14), Reservation::Kind::name, "bob", "b"}));
  });
  int steps = 0;
  while (true) {
    const auto changes = first.book->changes_after(*second.book->last_change(), 3);
    REQUIRE(changes);
    if (changes->last == *second.book->last_change()) break;
    second.write([&] { CHECK(second.book->apply(*changes)); });
    REQUIRE(++steps < 20);
  }
  CHECK(steps > 2);
  const auto a = *first.book->leases(first.group.id, net::Ipv4Address(), 100);
  const auto b = *second.book->leases(first.group.id, net::Ipv4Address(), 100);
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    CHECK(a[i].address == b[i].address);
    CHECK(a[i].node == b[i].node);
    CHECK(a[i].expires == b[i].expires);
    CHECK(a[i].sequence == b[i].sequence);
  }
  CHECK(second.book->reservations(first.group.id)->size() == 1);
  CHECK((*second.book->groups()).front().plan == first.group.plan);
}

TEST_CASE("a lease costs no more in a large book than in a small one") {
  BookFixture f(BookFixture::Kind::empty);
  leasing::AddressPlan plan;
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 0, 0), 16);
  plan.ranges = {{net::Ipv4Address(10, 9, 128, 0), net::Ipv4Address(10, 9, 254, 255)}};  // what is imported is below
  plan.quota = 100'000;
  f.write([&] { f.group = *f.book->add_group("lab", "lab-abcdefgh", plan); });
  std::uint32_t imported = 0;
  const auto import_until = [&](std::uint32_t count) {
    f.write([&] {
      for (; imported < count; ++imported) {
        Lease lease;
        lease.address = net::Ipv4Address(10, 9, static_cast<std::uint8_t>(imported / 200),
                                         static_cast<std::uint8_t>(imported % 200 + 2));
        lease.node = BookFixture::node("imported " + std::to_string(imported));
        lease.source = "import";
        lease.granted = f.now;
        lease.expires = f.now + plan.lease_time;
        REQUIRE(f.book->import_lease(f.group, lease, f.now));
      }
    });
  };
  // Processor time, which other work on the machine hardly changes.
  const auto cost_of_leases = [&](const std::string& who) {
    const std::clock_t begin = std::clock();
    f.write([&] {
      for (int i = 0; i < 100; ++i)
        REQUIRE(f.book->take(f.group, f.now, f.ask(who + std::to_string(i), LeaseAction::obtain)));
    });
    return std::clock() - begin;
  };
  import_until(200);
  (void)cost_of_leases("first");  // statements and the map of addresses are made once
  const auto small = cost_of_leases("small");
  import_until(8'000);
  const auto large = cost_of_leases("large");
  CAPTURE(small);
  CAPTURE(large);
  // Where one statement reads all leases of the group, it is twenty times as much.
  CHECK(large < 5 * small);
}

TEST_CASE("what an administrator writes makes no request read all leases") {
  BookFixture f(BookFixture::Kind::empty);
  leasing::AddressPlan plan;
  plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 0, 0), 16);
  plan.quota = 100'000;
  f.write([&] { f.group = *f.book->add_group("lab", "lab-abcdefgh", plan); });
  auto administrator = LeaseBook::open(f.path, Database::Access::write);
  REQUIRE(administrator);
  // Processor time, which other work on the machine hardly changes.
  const auto cost_of_leases = [&](const std::string& who) {
    std::clock_t cost = 0;
    for (int i = 0; i < 50; ++i) {
      {
        auto transaction = administrator->begin();
        plan.mtu = static_cast<std::uint16_t>(1300 + i);
        REQUIRE(administrator->change_plan(f.group.id, plan));
        REQUIRE(transaction->commit());
      }
      const std::clock_t begin = std::clock();
      REQUIRE(f.take(who + std::to_string(i), LeaseAction::obtain));
      cost += std::clock() - begin;
    }
    return cost;
  };
  (void)cost_of_leases("first");
  const auto small = cost_of_leases("small");
  f.write([&] {
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      Lease lease;
      lease.address =
          net::Ipv4Address(10, 9, static_cast<std::uint8_t>(i / 200), static_cast<std::uint8_t>(i % 200 + 2));
      lease.node = BookFixture::node("imported " + std::to_string(i));
      lease.source = "import";
      lease.granted = f.now;
      lease.expires = f.now + plan.lease_time;
      (void)f.book->import_lease(f.group, lease, f.now);
    }
  });
  const auto large = cost_of_leases("large");
  CAPTURE(small);
  CAPTURE(large);
  CHECK(large < 3 * small);
}

}  // namespace ipop::leasebook
