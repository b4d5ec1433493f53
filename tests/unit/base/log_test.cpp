#include "base/log.hpp"

#include <doctest/doctest.h>

using namespace ipop;

TEST_CASE("a line is the text and then key=value, with quotes where a value needs them") {
  CHECK(format_line({LogLevel::info, "link up", {{"peer", "abcd"}, {"why", "two words"}, {"none", ""}}}) ==
        "link up peer=abcd why=\"two words\" none=\"\"");
  CHECK(format_line({LogLevel::debug, "plain"}) == "plain");
}

TEST_CASE("whatever a field holds, one event is one line and its fields can be told apart") {
  const std::string line =
      format_line({LogLevel::debug, "dropped\nlink up", {{"name", "a\"b\n\x1b[31m"}, {"x", "k=v"}}});
  CHECK(line == "dropped\\x0alink up name=\"a\\x22b\\x0a\\x1b[31m\" x=\"k=v\"");
}

TEST_CASE("control octets, backslashes and octets above 126 are escaped") {
  CHECK(escape_text("a\\b") == "a\\x5cb");
  CHECK(escape_text(std::string_view("\0\t\r\x7f\xff", 5)) == "\\x00\\x09\\x0d\\x7f\\xff");
  CHECK(escape_text("10.128.0.1 ~!") == "10.128.0.1 ~!");
}

TEST_CASE("escaped text can be told from text that looks escaped") {
  CHECK(escape_text("\n") != escape_text("\\x0a"));
}

TEST_CASE("levels have names") {
  CHECK(to_string(LogLevel::error) == "error");
  CHECK(to_string(LogLevel::warning) == "warning");
  CHECK(to_string(LogLevel::info) == "info");
  CHECK(to_string(LogLevel::debug) == "debug");
}
