#include "authority/request_limiter.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

net::Endpoint from(const char* text) {
  return *net::parse_endpoint(text);
}

}  // namespace

TEST_CASE("S11: an address may ask ten times at once, and ten times a minute after that") {
  RequestLimiter limiter;
  TimePoint now{};
  for (unsigned i = 0; i < 10; ++i)
    CHECK(limiter.take(now, from("10.0.0.1:1000")));
  CHECK_FALSE(limiter.take(now, from("10.0.0.1:2000")));
  CHECK(limiter.wait(now, from("10.0.0.1:3000")) == 6s);
  unsigned allowed = 0;
  for (unsigned second = 1; second <= 60; ++second) {
    now += 1s;
    for (unsigned i = 0; i < 100; ++i)
      if (limiter.take(now, from("10.0.0.1:1000"))) ++allowed;
  }
  CHECK(allowed == 10);
}

TEST_CASE("S11: who asks too often takes nothing from others") {
  RequestLimiter limiter;
  const TimePoint now{};
  while (limiter.take(now, from("10.0.0.1:1000"))) {
  }
  CHECK(limiter.take(now, from("10.0.0.2:1000")));
  CHECK(limiter.wait(now, from("10.0.0.3:1000")) == 1s);
}

TEST_CASE("the addresses of one IPv6 network count as one") {
  RequestLimiter limiter;
  const TimePoint now{};
  for (unsigned i = 0; i < 10; ++i)
    CHECK(limiter.take(now, from(("[2001:db8::" + std::to_string(i) + "]:1000").c_str())));
  CHECK_FALSE(limiter.take(now, from("[2001:db8::ffff:1]:1000")));
  CHECK(limiter.take(now, from("[2001:db8:0:1::1]:1000")));
}

TEST_CASE("S11: a flood from very many addresses fills a bounded table") {
  RequestLimiter limiter;
  TimePoint now{};
  for (unsigned i = 0; i < 100'000; ++i)
    (void)limiter.take(now, net::Endpoint{net::Ipv4Address(0x0a000000U + i), 1});
  CHECK(limiter.size() == RequestLimiter::capacity);
  now += 10min;
  CHECK(limiter.take(now, from("10.0.0.1:1")));
  CHECK(limiter.size() == 1);
}
