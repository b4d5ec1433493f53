#include "cli/human.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::cli;

TEST_CASE("a span of time has the unit that a person would choose") {
  CHECK(human_duration(-1us) == "0 s");
  CHECK(human_duration(0us) == "0 s");
  CHECK(human_duration(850us) == "850 us");
  CHECK(human_duration(12'400us) == "12.4 ms");
  CHECK(human_duration(3'100ms) == "3.1 s");
  CHECK(human_duration(5s) == "5.0 s");
  CHECK(human_seconds(5s) == "5 s");
  CHECK(human_seconds(std::chrono::floor<std::chrono::seconds>(569ms)) == "0 s");
  CHECK(human_seconds(-1s) == "0 s");
  CHECK(human_duration(250s) == "4 min 10 s");
  CHECK(human_duration(2h) == "2 h");
  CHECK(human_duration(2h + 5min) == "2 h 5 min");
  CHECK(human_duration(219h) == "9 d 3 h");
}

TEST_CASE("octets are shown in powers of 1024") {
  CHECK(human_octets(0) == "0 B");
  CHECK(human_octets(1023) == "1023 B");
  CHECK(human_octets(4096) == "4.0 KiB");
  CHECK(human_octets(1024 * 1024 - 1) == "1.0 MiB");
  CHECK(human_octets(~std::uint64_t{0}) == "16.0 EiB");
}

TEST_CASE("a point in time is written in UTC") {
  CHECK(utc_text(WallTime{0}) == "1970-01-01T00:00:00Z");
  CHECK(utc_text(WallTime{1795316770}) == "2026-11-22T03:06:10Z");
}

TEST_CASE("a point in time is read as it is written, and in no other way") {
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{1795316770}, std::int64_t{4102444800}})
    CHECK(parse_utc_text(utc_text(WallTime{seconds})) == WallTime{seconds});
  for (const char* bad :
       {"", "2026-11-22", "2026-11-22T03:06:10", "2026-11-22 03:06:10Z", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z", "2026-11-22T23:60:00Z", "+026-11-22T03:06:10Z"})
    CHECK_FALSE(parse_utc_text(bad));
}

TEST_CASE("a duration is a whole number and a unit") {
  CHECK(parse_duration("90") == 90s);
  CHECK(parse_duration("90s") == 90s);
  CHECK(parse_duration("5min") == 300s);
  CHECK(parse_duration("12h") == 12h);
  CHECK(parse_duration("7d") == 168h);
  CHECK(parse_duration("2w") == 336h);
}

TEST_CASE("what is no duration above zero and below ten years is refused") {
  for (const char* text :
       {"", "0", "-1s", "7 d", "d", "1.5h", "7x", "3661d", "99999999999999999999", "9223372036854775807w"})
    CHECK_FALSE(parse_duration(text).has_value());
}
