#include "base/base64.hpp"

#include <doctest/doctest.h>

#include "base/rng.hpp"

using namespace ipop;

TEST_CASE("base64 agrees with the vectors of RFC 4648, section 10") {
  for (const auto& [text, expected] : {std::pair<const char*, const char*>{"", ""},
                                       {"f", "Zg=="},
                                       {"fo", "Zm8="},
                                       {"foo", "Zm9v"},
                                       {"foob", "Zm9vYg=="},
                                       {"fooba", "Zm9vYmE="},
                                       {"foobar", "Zm9vYmFy"}}) {
    CHECK(to_base64(as_bytes(text)) == expected);
    const auto octets = parse_base64(expected);
    REQUIRE(octets);
    CHECK(as_text(*octets) == text);
  }
}

TEST_CASE("white space in base64 means nothing, wherever it stands") {
  CHECK(parse_base64("\r\n Zm9\nvYg\t=\r\n= \n") == to_bytes(as_bytes("foob")));
  CHECK(parse_base64(" \n") == Bytes{});
}

TEST_CASE("base64 of another alphabet or padding, or with bits left over, is refused") {
  for (const char* wrong :
       {"Z", "Zg", "Zg=", "Zg===", "Zm8", "Zm8==", "=", "====", "Zm9v=", "Zg==Zg==", "Zh==", "Zm9=", "Zm-_", "Zm9\x80"})
    CHECK_MESSAGE(!parse_base64(wrong), wrong);
}

TEST_CASE("octets of every length survive base64") {
  SeededRng rng(3);
  for (std::size_t size = 0; size < 40; ++size) {
    Bytes octets(size);
    rng.fill(octets);
    CHECK(parse_base64(to_base64(octets)) == octets);
  }
}
