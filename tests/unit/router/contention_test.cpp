#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "router/router.hpp"
#include "unit/dht/ring_harness.hpp"

using namespace ipop;

namespace {

/// Routers over a ring of real DHTs, whose messages take their time: claims of one key are under way together, and each
/// reaches some replicas first.
class Claimants {
 public:
  Claimants(std::size_t count, std::uint64_t seed, net::Ipv4Prefix prefix, net::Ipv4Address preferred,
            const std::string& host_name = {})
      : ring_(count, seed) {
    for (std::size_t i = 0; i < count; ++i) {
      auto claimant = std::make_unique<Claimant>(seed + i);
      router::Router::Config config;
      config.self = ring_.members[i].id;
      config.name_space = dht::test::name_space;
      config.prefix = prefix;
      config.preferred = preferred;
      if (!host_name.empty()) config.host_name = host_name;
      claimant->router = std::make_unique<router::Router>(config, dht::test::key_of(i), claimant->basis, claimant->rng);
      claimants_.push_back(std::move(claimant));
    }
    for (auto& claimant : claimants_) {
      claimant->basis.set_wall_time(ring_.now, ring_.wall());
      claimant->router->handle_clock_set(ring_.now);
    }
    for (auto& claimant : claimants_)
      claimant->router->handle_joined(ring_.now);
  }

  /// Lets time pass; looks after every step that nobody holds what another one holds.
  void run_for(Duration time) {
    const TimePoint end = ring_.now + time;
    while (ring_.now < end) {
      for (std::size_t i = 0; i < claimants_.size(); ++i)
        take_turn(i);
      most_claims_at_once = std::max(most_claims_at_once, claims_of_one_key());
      ring_.run_for(10ms);
      CHECK(addresses().size() == holders());
    }
  }

  [[nodiscard]] std::size_t holders() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(claimants_, [](const auto& claimant) { return claimant->router->lease().has_value(); }));
  }
  [[nodiscard]] std::set<net::Ipv4Address> addresses() const {
    std::set<net::Ipv4Address> out;
    for (const auto& claimant : claimants_)
      if (const auto lease = claimant->router->lease()) out.insert(lease->address);
    return out;
  }
  [[nodiscard]] std::size_t names_held() const { return names_held_; }

  std::size_t most_claims_at_once = 0;  ///< of one key, that were not answered yet
  std::size_t refusals = 0;             ///< claims that another owner's kept out

 private:
  struct Claimant {
    explicit Claimant(std::uint64_t seed) : rng(seed) {}
    SeededRng rng;
    crypto::Basis basis;
    std::unique_ptr<router::Router> router;
    // What the DHT was asked, by the number of its operation: the router's number, and a claim's key.
    std::map<std::uint64_t, std::pair<router::RequestId, Bytes>> open;
  };

  void take_turn(std::size_t index) {
    Claimant& claimant = *claimants_[index];
    if (const auto due = claimant.router->poll_timeout(); due && *due <= ring_.now)
      claimant.router->handle_timeout(ring_.now);
    take_outputs(index);
    auto& answers = ring_.members[index].answers;
    for (auto it = claimant.open.begin(); it != claimant.open.end();) {
      const auto answer = answers.find(it->first);
      if (answer == answers.end()) {
        ++it;
        continue;
      }
      if (answer->second.outcome == dht::Outcome::exists) ++refusals;
      claimant.router->handle_dht_answer(ring_.now, it->second.first, answer->second);
      it = claimant.open.erase(it);
    }
    take_outputs(index);
  }

  void take_outputs(std::size_t index) {
    Claimant& claimant = *claimants_[index];
    while (auto output = claimant.router->poll_output()) {
      if (auto* create = std::get_if<router::Router::DhtCreate>(&*output)) {
        Bytes key = create->record.is_tombstone() ? Bytes() : create->record.name;
        const auto operation = ring_.create(index, std::move(create->record));
        claimant.open[operation.value] = {create->id, std::move(key)};
      } else if (auto* get = std::get_if<router::Router::DhtGet>(&*output)) {
        claimant.open[ring_.get(index, get->kind, get->name).value] = {get->id, Bytes()};
      } else if (std::holds_alternative<router::Router::NameHeld>(*output)) {
        ++names_held_;
      }
    }
  }

  [[nodiscard]] std::size_t claims_of_one_key() const {
    std::map<Bytes, std::size_t> count;
    std::size_t most = 0;
    for (const auto& claimant : claimants_)
      for (const auto& [operation, asked] : claimant->open)
        if (!asked.second.empty()) most = std::max(most, ++count[asked.second]);
    return most;
  }

  dht::test::TestRing ring_;
  std::vector<std::unique_ptr<Claimant>> claimants_;
  std::size_t names_held_ = 0;
};

}  // namespace

TEST_CASE("S3: nodes that claim one address at the same moment never hold it together, and all end with one") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Claimants claimants(8, seed, {net::Ipv4Address(10, 1, 0, 0), 16}, net::Ipv4Address(10, 1, 2, 3));
    claimants.run_for(15s);
    CHECK(claimants.holders() == 8);
    // All eight were under way together, so somebody was kept out by another one.
    CHECK(claimants.most_claims_at_once == 8);
    CHECK(claimants.refusals > 0);
  }
}

TEST_CASE("in a pool with hardly an address to spare, claims that meet again and again find one each") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    // 13 addresses that can be leased.
    Claimants claimants(10, seed, {net::Ipv4Address(10, 1, 0, 0), 28}, net::Ipv4Address(10, 1, 0, 5));
    claimants.run_for(60s);
    CHECK(claimants.holders() == 10);
    CHECK(claimants.most_claims_at_once > 1);
    CHECK(claimants.refusals > 9);
  }
}

TEST_CASE("of nodes that want one name at the same moment one has it, and the others keep their addresses") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    CAPTURE(seed);
    Claimants claimants(6, seed, {net::Ipv4Address(10, 1, 0, 0), 16}, net::Ipv4Address(), "printer");
    claimants.run_for(60s);
    CHECK(claimants.holders() == 6);
    CHECK(claimants.names_held() == 1);
    CHECK(claimants.refusals > 0);
  }
}
