#include "node/twin_watch.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;

namespace {

constexpr WallTime epoch{1'767'225'600};
constexpr std::uint64_t ours = 0x1111;
constexpr std::uint64_t theirs = 0x2222;
const Bytes ring_name = to_bytes(as_bytes("twins"));

crypto::PrivateKey key_of(std::string_view seed) {
  return crypto::PrivateKey::from_seed(as_bytes(seed));
}

struct Holder {
  explicit Holder(std::uint64_t seed) : rng(seed), watch(key, ring_name, rng) { watch.handle_start(now); }

  void drain() {
    while (auto output = watch.poll_output()) {
      if (auto* send = std::get_if<TwinWatch::SendClaim>(&*output)) claims.push_back(std::move(send->octets));
      left += std::holds_alternative<TwinWatch::StepBack>(*output) ? 1U : 0U;
      returned += std::holds_alternative<TwinWatch::Return>(*output) ? 1U : 0U;
      if (const auto* line = std::get_if<LogLine>(&*output)) log.push_back(line->text);
    }
  }
  void hear_of(std::uint64_t other, const NodeId& informant = {}) {
    watch.handle_other(moment(), {informant, {}, std::nullopt}, other);
    drain();
  }
  void hear(ByteSpan claim) {
    watch.handle_claim(moment(), {{}, {}, net::Endpoint{net::Ipv4Address(192, 0, 2, 1), 4000}}, claim);
    drain();
  }
  void pass(Duration time) {
    for (const TimePoint end = now + time; now < end;) {
      now = std::min(end, watch.poll_timeout().value_or(end));
      watch.handle_timeout(now);
      drain();
    }
  }
  [[nodiscard]] TwinWatch::Moment moment() const {
    return {now, epoch + std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()), instance};
  }

  TimePoint now{};
  std::uint64_t instance = ours;
  crypto::PrivateKey key = key_of("both");
  SeededRng rng;
  TwinWatch watch;
  std::vector<Bytes> claims;
  std::vector<std::string> log;
  unsigned left = 0;
  unsigned returned = 0;
};

Bytes claim_of(const crypto::PrivateKey& key, std::uint64_t instance, WallTime started, std::uint64_t seen,
               ByteSpan name = ring_name) {
  LifeClaim claim{instance, started, seen, {}};
  sign(claim, name, key);
  Bytes octets;
  encode(claim, octets);
  return octets;
}

}  // namespace

TEST_CASE("a life claim has 89 octets, and each truncation and wrong field is refused") {
  LifeClaim claim{0x0102030405060708, WallTime{0x1112}, 0x2122232425262728, {}};
  claim.signature.fill(std::byte{0xaa});
  Bytes octets;
  encode(claim, octets);
  REQUIRE(octets.size() == 89);
  const auto decoded = decode_life_claim(octets);
  REQUIRE(decoded);
  CHECK(*decoded == claim);
  for (std::size_t size = 0; size < octets.size(); ++size)
    CHECK(decode_life_claim(ByteSpan(octets).first(size)).error().code == make_error_code(Errc::truncated));
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK(decode_life_claim(longer).error().code == make_error_code(Errc::malformed));
  Bytes version = octets;
  version[0] = std::byte{2};
  CHECK(decode_life_claim(version).error().code == make_error_code(Errc::unsupported));
  std::fill(octets.begin() + 1, octets.begin() + 9, std::byte{0});
  CHECK(decode_life_claim(octets).error().code == make_error_code(Errc::malformed));
}

TEST_CASE("S22: who hears of another instance claims his own, and believes nothing") {
  Holder one(1);
  one.hear_of(theirs);
  REQUIRE(one.claims.size() == 1);
  const auto claim = decode_life_claim(one.claims.front());
  REQUIRE(claim);
  CHECK(claim->instance == ours);
  CHECK(claim->seen == theirs);
  CHECK(is_signed(*claim, ring_name, one.key.public_key()));
  CHECK(one.watch.notice().empty());
  CHECK(one.left == 0);
  // Ourselves, by whichever way.
  one.hear_of(ours);
  CHECK(one.claims.size() == 1);
}

TEST_CASE("S22: without the key nobody makes a node step back") {
  Holder one(1);
  one.pass(1min);
  const WallTime before = epoch - std::chrono::hours(1);
  one.hear(claim_of(key_of("another"), theirs, before, ours));
  // The key's own, for another instance: of a former life, or from a claim that went elsewhere.
  one.hear(claim_of(one.key, theirs, before, 0x3333));
  one.hear(claim_of(one.key, ours, before, 0x3333));
  // From another ring.
  one.hear(claim_of(one.key, theirs, before, ours, as_bytes("other ring")));
  Bytes changed = claim_of(one.key, theirs, epoch + std::chrono::hours(1), ours);
  changed[16] = std::byte{0};
  one.hear(changed);
  CHECK(one.left == 0);
  CHECK(one.watch.notice().empty());
  CHECK(one.log.empty());
  CHECK(one.claims.empty());
}

TEST_CASE("S22: signatures are made and looked at by a pace for each informant") {
  Holder one(1);
  for (std::uint64_t i = 0; i < 1000; ++i)
    one.hear_of(0x10000 + i, NodeId(std::array<std::byte, 20>{std::byte{7}}));
  CHECK(one.claims.size() <= 4);
  one.hear_of(theirs, NodeId(std::array<std::byte, 20>{std::byte{8}}));
  CHECK(decode_life_claim(one.claims.back())->seen == theirs);
}

TEST_CASE("S22: the younger leaves and the elder stays, and of two of one second the larger instance leaves") {
  for (const auto& [started, leaves] : {std::pair(-60, true), std::pair(60, false), std::pair(0, false)}) {
    Holder one(1);
    one.hear(claim_of(one.key, theirs, epoch + std::chrono::seconds(started), ours));
    CHECK(one.left == (leaves ? 1U : 0U));
    CHECK(one.watch.is_resting() == leaves);
    REQUIRE_FALSE(one.log.empty());
    CHECK(one.log.front() == "another machine runs with this node's key");
    CHECK(one.watch.notice().find("192.0.2.1:4000") != std::string::npos);
    // The other one learns of us in any case.
    REQUIRE(one.claims.size() == 1);
    CHECK(decode_life_claim(one.claims.front())->seen == theirs);
    // The same again is no news.
    const std::size_t lines = one.log.size();
    one.hear(claim_of(one.key, theirs, epoch + std::chrono::seconds(started), ours));
    CHECK(one.log.size() == lines);
  }
}

TEST_CASE("S22: the younger comes back after 1, 2, 4 up to 16 minutes while the elder is there") {
  Holder one(1);
  std::vector<Duration> rests;
  for (std::uint64_t round = 0; round < 7; ++round) {
    one.hear(claim_of(one.key, theirs, epoch - std::chrono::seconds(60), one.instance));
    REQUIRE(one.watch.is_resting());
    const TimePoint left = one.now;
    while (one.watch.is_resting())
      one.pass(1s);
    rests.push_back(one.now - left);
    ++one.instance;
  }
  for (std::size_t i = 0; i < rests.size(); ++i) {
    const Duration middle = std::min<Duration>(16min, 1min * (1U << i));
    CHECK(rests[i] >= middle * 8 / 10 - 1s);
    CHECK(rests[i] <= middle * 12 / 10 + 1s);
  }
  // Nobody claims anything any more: a minute later it is alone.
  CHECK_FALSE(one.watch.notice().empty());
  one.pass(61s);
  CHECK(one.watch.notice().empty());
  CHECK(one.returned == 7);
}

TEST_CASE("S22: the elder forgets the other one when it has not come back for longer than it rests") {
  Holder one(1);
  one.hear(claim_of(one.key, theirs, epoch + std::chrono::seconds(60), ours));
  one.pass(20min);
  one.hear(claim_of(one.key, theirs + 1, epoch + std::chrono::seconds(600), ours));
  one.pass(20min);
  CHECK_FALSE(one.watch.notice().empty());
  one.pass(6min);
  CHECK(one.watch.notice().empty());
  CHECK(one.left == 0);
}
