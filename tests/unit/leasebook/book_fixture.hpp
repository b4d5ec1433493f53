#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "crypto/hash.hpp"
#include "leasebook/lease_book.hpp"

namespace ipop::leasebook {

/// A book in a folder of its own, with one group of 13 addresses (10.9.8.0/28).
struct BookFixture {
  enum class Kind { with_group, empty };
  explicit BookFixture(Kind kind = Kind::with_group) {
    char name[] = "/tmp/leasebook-XXXXXX";
    folder = ::mkdtemp(name);
    path = folder + "/leases.db";
    auto opened = LeaseBook::open(path, Database::Access::create);
    REQUIRE(opened);
    book = std::make_unique<LeaseBook>(*std::move(opened));
    if (kind == Kind::empty) return;
    leasing::AddressPlan plan;
    plan.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 9, 8, 0), 28);
    plan.lease_time = std::chrono::hours(2);
    write([&] { group = *book->add_group("lab", "lab-abcdefgh", plan); });
  }
  ~BookFixture() {
    book.reset();
    std::filesystem::remove_all(folder);
  }
  BookFixture(const BookFixture&) = delete;
  BookFixture& operator=(const BookFixture&) = delete;

  static NodeId node(const std::string& name) { return NodeId::from_prefix(crypto::sha256(as_bytes(name))); }

  void write(const std::function<void()>& what) {
    auto transaction = book->begin();
    REQUIRE(transaction);
    what();
    REQUIRE(transaction->commit());
  }
  void change(const leasing::AddressPlan& plan) {
    write([&] { REQUIRE(book->change_plan(group.id, plan)); });
    group.plan = plan;
  }
  Ask ask(const std::string& name, leasing::LeaseAction action, std::optional<net::Ipv4Address> address = {}) {
    return {action, {node(name), {}, {}}, ++sequence, address, {}, "198.51.100.7"};
  }
  Result<Lease> take(const Ask& ask) {
    auto transaction = book->begin();
    REQUIRE(transaction);
    auto lease = book->take(group, now, ask);
    if (lease) REQUIRE(transaction->commit());
    return lease;
  }
  Result<Lease> take(const std::string& name, leasing::LeaseAction action,
                     std::optional<net::Ipv4Address> address = {}) {
    return take(ask(name, action, address));
  }

  std::string folder;
  std::string path;
  std::unique_ptr<LeaseBook> book;
  LeaseGroup group{};
  WallTime now{1'800'000'000};
  std::uint64_t sequence = 1;
};

}  // namespace ipop::leasebook
