#include <doctest/doctest.h>

#include "base/base32.hpp"
#include "base/hex.hpp"
#include "base/rng.hpp"

using namespace ipop;

TEST_CASE("base32 agrees with the vectors of RFC 4648, section 10, in lower case and without padding") {
  for (const auto& [text, expected] : {std::pair<const char*, const char*>{"", ""},
                                       {"f", "my"},
                                       {"fo", "mzxq"},
                                       {"foo", "mzxw6"},
                                       {"foob", "mzxw6yq"},
                                       {"fooba", "mzxw6ytb"},
                                       {"foobar", "mzxw6ytboi"}}) {
    CHECK(to_base32(as_bytes(text)) == expected);
    const auto octets = parse_base32(expected);
    REQUIRE(octets);
    CHECK(as_text(*octets) == text);
  }
  CHECK(parse_base32("MZXW6ytb") == parse_base32("mzxw6ytb"));
}

TEST_CASE("base32 of another length, alphabet or with bits left over is refused") {
  for (const char* wrong : {"a", "abc", "abcdef", "mz======", "m1", "m8", "m ", "mz", "mzxr"})
    CHECK_MESSAGE(!parse_base32(wrong), wrong);
}

TEST_CASE("octets of every length survive base32 and hexadecimal") {
  SeededRng rng(3);
  for (std::size_t size = 0; size < 40; ++size) {
    Bytes octets(size);
    rng.fill(octets);
    CHECK(parse_base32(to_base32(octets)) == octets);
    CHECK(parse_hex(to_hex(octets)) == octets);
  }
}

TEST_CASE("hexadecimal is written in lower case, read in either, and only whole octets") {
  CHECK(to_hex(as_bytes("foobar")) == "666f6f626172");  // RFC 4648, section 10
  CHECK(parse_hex("666F6f") == to_bytes(as_bytes("foo")));
  for (const char* wrong : {"6", "6g", "0x", " 6", "66 6"})
    CHECK_MESSAGE(!parse_hex(wrong), wrong);
}
