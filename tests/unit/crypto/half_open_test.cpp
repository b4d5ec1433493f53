#include "crypto/half_open.hpp"

#include <doctest/doctest.h>

#include "base/bytes.hpp"

namespace ipop::crypto {
namespace {

/// Address `host` of the /24 `network`.
Carrier carrier_in(std::uint8_t network, std::uint8_t host = 1) {
  const Bytes octets{std::byte{10}, std::byte{0}, std::byte{network}, std::byte{host}};
  return Carrier(Carrier::Transport::endpoint, octets, {.source = 4, .network = 3});
}

TEST_CASE("S6: the oldest handshake of the fullest network gives way") {
  HalfOpen half_open({.all = 3, .working = 3});
  const TimePoint now{};
  half_open.add(now, Spi{300}, carrier_in(1));
  half_open.add(now, Spi{301}, carrier_in(2, 1));
  half_open.add(now, Spi{302}, carrier_in(2, 2));
  CHECK_FALSE(half_open.one_too_many(now).has_value());
  half_open.add(now, Spi{303}, carrier_in(3));
  CHECK(half_open.one_too_many(now) == Spi{301});
  half_open.remove(Spi{301});
  CHECK_FALSE(half_open.one_too_many(now).has_value());
}

TEST_CASE("S6: what gave way is remembered for a while, what ended well is not") {
  HalfOpen half_open({.all = 1, .working = 1});
  TimePoint now{};
  for (std::uint32_t i = 0; i < 4; ++i) {
    half_open.add(now, Spi{300 + i}, carrier_in(1));
    half_open.remove(Spi{300 + i});
    half_open.add(now, Spi{400 + i}, carrier_in(2));
    half_open.give_back(Spi{400 + i});
  }
  half_open.add(now, Spi{310}, carrier_in(2));
  half_open.add(now, Spi{311}, carrier_in(1));
  CHECK(half_open.one_too_many(now) == Spi{311});
  half_open.remove(Spi{311});
  now += 30s;
  half_open.add(now, Spi{312}, carrier_in(1));
  // Equally light: the older one.
  half_open.remove(Spi{310});
  half_open.add(now, Spi{313}, carrier_in(2));
  CHECK(half_open.one_too_many(now) == Spi{312});
}

TEST_CASE("S6: places for those at work go by the same rule") {
  HalfOpen half_open({.all = 9, .working = 1});
  const TimePoint now{};
  half_open.add(now, Spi{300}, carrier_in(1, 1));
  half_open.add(now, Spi{301}, carrier_in(1, 2));
  half_open.add(now, Spi{302}, carrier_in(2));
  half_open.set_working(Spi{301});
  CHECK_FALSE(half_open.one_too_many(now).has_value());
  half_open.set_working(Spi{302});
  CHECK(half_open.one_too_many(now) == Spi{301});
  half_open.remove(Spi{301});
  CHECK(half_open.working() == 1);
  CHECK_FALSE(half_open.one_too_many(now).has_value());
}

}  // namespace
}  // namespace ipop::crypto
