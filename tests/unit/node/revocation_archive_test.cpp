#include "node/revocation_archive.hpp"

#include <array>
#include <map>

#include <doctest/doctest.h>

#include "base/rng.hpp"

using namespace ipop;
using namespace ipop::node;

namespace {

using Value = RevocationArchive::Value;

crypto::PublicKey owner(std::uint8_t number) {
  const std::array<std::byte, 1> seed{std::byte{number}};
  return crypto::PrivateKey::from_seed(seed).public_key();
}

Bytes list_of(std::size_t size, std::uint8_t fill = 7) {
  return Bytes(size, std::byte{fill});
}

/// An archive, and what all others wrote: values by key, one an owner.
struct World {
  SeededRng rng{1};
  RevocationArchive archive{rng};
  TimePoint now{};
  std::map<std::string, std::vector<Value>> stored;
  std::vector<Bytes> found;
  std::size_t gets = 0;
  std::size_t puts = 0;

  void put(const crypto::PublicKey& by, const std::string& key, Bytes octets, std::chrono::seconds left) {
    auto& values = stored[key];
    std::erase_if(values, [&](const Value& value) { return value.owner == by; });
    values.push_back({by, std::move(octets), left});
  }
  /// Another member's list, as an archive writes it.
  void write(const crypto::PublicKey& by, std::uint64_t number, const Bytes& list,
             std::chrono::seconds left = RevocationArchive::lifetime) {
    RevocationArchive writer(rng);
    writer.handle_list(now, number, list, true);
    while (auto output = writer.poll_output()) {
      auto& put_it = std::get<RevocationArchive::Put>(*output);
      put(by, put_it.key, std::move(put_it.value), left);
    }
  }
  void drain() {
    while (auto output = archive.poll_output()) {
      if (auto* get = std::get_if<RevocationArchive::Get>(&*output)) {
        ++gets;
        archive.handle_values(now, get->key, stored[get->key]);
      } else if (auto* put_it = std::get_if<RevocationArchive::Put>(&*output)) {
        ++puts;
        put(owner(0), put_it->key, std::move(put_it->value), RevocationArchive::lifetime);
      } else {
        found.push_back(std::move(std::get<RevocationArchive::Found>(*output).list));
      }
    }
  }
  void run_for(Duration time) {
    const TimePoint end = now + time;
    while (const auto next = archive.poll_timeout()) {
      if (*next > end) break;
      now = std::max(now, *next);
      archive.handle_timeout(now);
      drain();
    }
    now = end;
  }
};

}  // namespace

TEST_CASE("S10: a list that somebody put into the DHT is found soon after joining, whatever its size") {
  for (const std::size_t size : {1U, 999U, 1000U, 1001U, 24'000U}) {
    CAPTURE(size);
    World world;
    world.write(owner(1), 5, list_of(size));
    world.archive.handle_joined(world.now);
    world.run_for(30s);
    REQUIRE(world.found.size() == 1);
    CHECK(world.found[0] == list_of(size));
  }
}

TEST_CASE("a list that is not newer is not read") {
  World world;
  world.write(owner(1), 5, list_of(100));
  world.archive.handle_list(world.now, 5, list_of(100), false);
  world.archive.handle_joined(world.now);
  world.run_for(std::chrono::hours(100));
  CHECK(world.found.empty());
  CHECK(world.puts == 0);
  CHECK(world.gets <= 10);
}

TEST_CASE("the newest list is kept in the DHT by whoever has it, and replaces the older one") {
  World world;
  world.archive.handle_list(world.now, 5, list_of(1500), false);
  world.archive.handle_joined(world.now);
  world.run_for(30s);
  CHECK(world.puts == 3);
  world.run_for(std::chrono::hours(24 * 4));
  CHECK(world.puts == 3);
  // Half of its time is over.
  for (Value& head : world.stored.at("ga-revocations"))
    head.left = RevocationArchive::renew_below;
  world.run_for(std::chrono::hours(36));
  CHECK(world.puts == 6);
  world.archive.handle_list(world.now, 6, list_of(100), true);
  world.drain();
  CHECK(world.puts == 8);
  World reader;
  reader.stored = world.stored;
  reader.archive.handle_joined(reader.now);
  reader.run_for(30s);
  REQUIRE(reader.found.size() == 1);
  CHECK(reader.found[0] == list_of(100));
}

TEST_CASE("a list of more than 24 pieces is not kept in the DHT") {
  World world;
  world.archive.handle_list(world.now, 5, list_of(24'001), true);
  world.archive.handle_joined(world.now);
  world.run_for(30s);
  CHECK(world.puts == 0);
}

TEST_CASE("S10: heads that lead to nothing keep nobody from the list, and are not followed without end") {
  World world;
  world.write(owner(1), 5, list_of(1500));
  world.write(owner(2), 1'000'000, list_of(3000, 1));
  world.stored.at("ga-revocations/1").pop_back();    // a piece is missing
  world.write(owner(3), 900'000, list_of(2000, 2));  // complete, and not the authority's
  world.write(owner(4), 800'000, list_of(2000, 3));
  world.put(owner(4), "ga-revocations/1", list_of(10), 1h);      // a piece of another number
  world.put(owner(5), "ga-revocations", list_of(12, 0xff), 1h);  // a size that nobody writes
  world.put(owner(6), "ga-revocations", list_of(3, 0), 1h);      // cut
  world.archive.handle_joined(world.now);
  world.run_for(5min);
  REQUIRE(world.found.size() >= 2);
  CHECK(world.found[0] == list_of(2000, 2));
  CHECK(world.found[1] == list_of(1500));
  world.archive.handle_list(world.now, 5, world.found[1], false);
  const std::size_t gets = world.gets;
  world.run_for(std::chrono::hours(24));
  CHECK(world.gets - gets < 40);
}

TEST_CASE("an answer that was not asked for changes nothing") {
  World world;
  world.archive.handle_values(world.now, "ga-revocations", {{owner(1), list_of(12, 1), 1h}});
  CHECK_FALSE(world.archive.poll_output());
  CHECK_FALSE(world.archive.poll_timeout());
}
