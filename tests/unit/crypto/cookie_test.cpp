#include "crypto/cookie.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"

namespace ipop::crypto {
namespace {

TEST_CASE("a cookie's sum is HMAC-SHA-256 over time, source and claim, cut to 128 bits") {
  Digest256 secret{};
  for (std::size_t i = 0; i < secret.size(); ++i)
    secret[i] = static_cast<std::byte>(i);
  const Bytes source = *parse_hex("040a0000011388");
  const Bytes claim = *parse_hex("4041424344454647808182838485868788898a8b8c8d8e8f90919293");
  CHECK(to_hex(cookie_mac(secret, 0x01020304, source, claim)) == "4f1e5339a954d74a589f0cf38fbdf73b");
}

TEST_CASE("a cookie is good for its source and claim alone") {
  SeededRng rng(1);
  CookieJar jar(rng);
  const TimePoint now{};
  const Cookie cookie = jar.make(now, as_bytes("source"), as_bytes("claim"));
  CHECK(jar.is_good(now, cookie, as_bytes("source"), as_bytes("claim")));
  CHECK_FALSE(jar.is_good(now, cookie, as_bytes("Source"), as_bytes("claim")));
  CHECK_FALSE(jar.is_good(now, cookie, as_bytes("source"), as_bytes("Claim")));
  CHECK_FALSE(jar.is_good(now, cookie, as_bytes("sourcec"), as_bytes("laim")));
  Cookie later = cookie;
  ++later.issued;
  CHECK_FALSE(jar.is_good(now + 5s, later, as_bytes("source"), as_bytes("claim")));
  CHECK_FALSE(jar.is_good(now, Cookie{}, as_bytes("source"), as_bytes("claim")));
}

TEST_CASE("a cookie lives for a minute, over a change of the secret") {
  SeededRng rng(2);
  CookieJar jar(rng);
  TimePoint now{};
  jar.make(now, {}, {});
  now += 119s;
  const Cookie cookie = jar.make(now, as_bytes("s"), as_bytes("c"));
  CHECK(jar.is_good(now + 2s, cookie, as_bytes("s"), as_bytes("c")));
  CHECK(jar.is_good(now + 60s, cookie, as_bytes("s"), as_bytes("c")));
  CHECK_FALSE(jar.is_good(now + 62s, cookie, as_bytes("s"), as_bytes("c")));
}

TEST_CASE("after a reset no older cookie is good") {
  SeededRng rng(3);
  CookieJar jar(rng);
  const TimePoint now{};
  const Cookie cookie = jar.make(now, {}, {});
  jar.reset();
  CHECK_FALSE(jar.is_good(now, cookie, {}, {}));
}

TEST_CASE("a jar that was left alone for hours uses a new secret") {
  SeededRng rng(4);
  CookieJar jar(rng);
  const Cookie old = jar.make(TimePoint{}, {}, {});
  const TimePoint later = TimePoint{} + std::chrono::hours(5);
  CHECK_FALSE(jar.is_good(later, old, {}, {}));
  CHECK(jar.is_good(later + 30s, jar.make(later, {}, {}), {}, {}));
}

}  // namespace
}  // namespace ipop::crypto
