#include "node/twin_watch.hpp"

#include <algorithm>
#include <array>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;

namespace {

constexpr WallTime epoch{1'767'225'600};

LifeSign sign_of(const Bytes& octets) {
  const auto sign = decode_life_sign(octets);
  REQUIRE(sign);
  return *sign;
}

/// A node's watch beside what its key holds in the DHT: one record, the one with the highest sequence.
struct Twin {
  explicit Twin(std::uint64_t seed) : rng(seed), watch(rng) {}

  void drain(std::vector<TwinWatch::Value>& held) {
    while (auto output = watch.poll_output()) {
      if (auto* put = std::get_if<TwinWatch::Put>(&*output)) {
        last = sign_of(put->sign);
        held = {{put->sign, put->above + 1}};
      }
      asks = asks || std::holds_alternative<TwinWatch::Get>(*output);
      found = found || std::holds_alternative<TwinWatch::Found>(*output);
      gone = gone || std::holds_alternative<TwinWatch::Gone>(*output);
      left = left || std::holds_alternative<TwinWatch::StepBack>(*output);
      goes_on = goes_on || std::holds_alternative<TwinWatch::GoOn>(*output);
      returns = returns || std::holds_alternative<TwinWatch::Return>(*output);
    }
  }
  void answer(TimePoint now, std::vector<TwinWatch::Value>& held) {
    drain(held);
    if (!std::exchange(asks, false)) return;
    const auto seen = held;
    watch.handle_signs(now, true, seen);
    drain(held);
  }

  SeededRng rng;
  TwinWatch watch;
  LifeSign last{};
  bool asks = false, found = false, gone = false, left = false, goes_on = false, returns = false;
};

/// Both watches for `time`, a second at a time.
void run(std::vector<Twin*> machines, TimePoint& now, std::vector<TwinWatch::Value>& held, Duration time) {
  for (const TimePoint end = now + time; now < end; now += 1s) {
    for (Twin* machine : machines) {
      machine->watch.handle_timeout(now);
      machine->answer(now, held);
    }
  }
}

}  // namespace

TEST_CASE("a life sign has 25 octets, and each truncation and wrong field is refused") {
  const LifeSign sign{0x0102030405060708, WallTime{0x1112}, 0x2122232425262728};
  Bytes octets;
  encode(sign, octets);
  const Bytes golden = {std::byte{1},    std::byte{1},    std::byte{2},    std::byte{3},    std::byte{4},
                        std::byte{5},    std::byte{6},    std::byte{7},    std::byte{8},    std::byte{0},
                        std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0},    std::byte{0},
                        std::byte{0x11}, std::byte{0x12}, std::byte{0x21}, std::byte{0x22}, std::byte{0x23},
                        std::byte{0x24}, std::byte{0x25}, std::byte{0x26}, std::byte{0x27}, std::byte{0x28}};
  CHECK(octets == golden);
  CHECK(sign_of(octets) == sign);
  for (std::size_t size = 0; size < octets.size(); ++size)
    CHECK(decode_life_sign(ByteSpan(octets).first(size)).error().code == make_error_code(Errc::truncated));
  Bytes longer = octets;
  longer.push_back(std::byte{0});
  CHECK(decode_life_sign(longer).error().code == make_error_code(Errc::malformed));
  Bytes version = octets;
  version[0] = std::byte{2};
  CHECK(decode_life_sign(version).error().code == make_error_code(Errc::unsupported));
  std::fill(octets.begin() + 1, octets.begin() + 9, std::byte{0});
  CHECK(decode_life_sign(octets).error().code == make_error_code(Errc::malformed));
}

TEST_CASE("S22: a node alone with its key takes its address at once and says nothing") {
  TimePoint now{};
  std::vector<TwinWatch::Value> held;
  Twin one(1);
  one.watch.handle_joined(now, epoch);
  one.drain(held);
  CHECK(one.goes_on);
  run({&one}, now, held, 3h);
  CHECK(held.size() == 1);
  CHECK_FALSE(one.found);
  CHECK(one.watch.notice().empty());
}

TEST_CASE("S22: what a former life wrote is no proof, whatever it says and whoever shows it again") {
  TimePoint now{};
  std::vector<TwinWatch::Value> held;
  Twin former(1);
  former.watch.handle_joined(now, epoch);
  run({&former}, now, held, 1min);
  const auto replayed = held;
  Twin again(2);
  again.watch.handle_joined(now, epoch + std::chrono::seconds(60));
  for (int i = 0; i < 50; ++i) {
    run({&again}, now, held, 1min);
    held = replayed;
    again.watch.handle_hint(now);
  }
  CHECK(again.goes_on);
  CHECK_FALSE(again.found);
  CHECK_FALSE(again.left);
  CHECK(again.watch.notice().empty());
}

TEST_CASE("S22: of two both know, the younger leaves, and goes on when the elder is gone") {
  TimePoint now{};
  std::vector<TwinWatch::Value> held;
  Twin elder(1);
  Twin younger(2);
  elder.watch.handle_joined(now, epoch);
  run({&elder}, now, held, 1min);
  younger.watch.handle_joined(now, epoch + std::chrono::seconds(60));
  elder.watch.handle_hint(now);
  run({&elder, &younger}, now, held, 20s);
  CHECK(elder.found);
  CHECK(younger.found);
  CHECK_FALSE(elder.left);
  REQUIRE(younger.left);
  CHECK(younger.watch.is_resting());
  CHECK(elder.watch.notice() == "another machine runs with this node's key");
  CHECK(younger.watch.notice().find("waits") != std::string::npos);

  // It comes back now and then, and leaves again before it takes anything.
  younger.goes_on = false;
  unsigned returned = 0;
  for (int i = 0; i < 3600; ++i) {
    run({&elder, &younger}, now, held, 1s);
    if (!std::exchange(younger.returns, false)) continue;
    ++returned;
    younger.watch.handle_joined(now, epoch + std::chrono::seconds(60));
    elder.watch.handle_hint(now + 1s);
  }
  CHECK(returned >= 3);
  CHECK(returned <= 9);
  CHECK_FALSE(younger.goes_on);
  CHECK_FALSE(elder.left);

  for (int i = 0; i < 1800 && !younger.goes_on; ++i) {
    run({&younger}, now, held, 1s);
    if (std::exchange(younger.returns, false)) younger.watch.handle_joined(now, epoch);
  }
  CHECK(younger.goes_on);
  CHECK(younger.gone);
  CHECK(younger.watch.notice().empty());
}

TEST_CASE("S22: a running machine that was copied is told apart once it knows that it slept") {
  TimePoint now{};
  std::vector<TwinWatch::Value> held;
  Twin one(1);
  Twin copy(1);  // the same chance, so the same instance
  one.watch.handle_joined(now, epoch);
  copy.watch.handle_joined(now, epoch);
  run({&one}, now, held, 10s);
  copy.watch.handle_suspend(now);
  one.watch.handle_hint(now);
  run({&one, &copy}, now, held, 30s);
  CHECK(one.found);
  CHECK(copy.found);
  CHECK(one.left != copy.left);
}
