#include "io/run_process.hpp"

#include <doctest/doctest.h>

#include "emulated.hpp"

using namespace ipop;
using namespace ipop::io;

TEST_CASE("a program's output and exit status come back, its stdin is empty") {
  const auto result = run_process({"sh", "-c", "cat; echo out; echo err >&2; exit 3"}, 30s);
  REQUIRE(result);
  CHECK(result->status == 3);
  CHECK(result->output == "out\nerr\n");
}

TEST_CASE("arguments reach a program as they are, no shell reads them") {
  const auto result = run_process({"printf", "%s|", "a b", "$HOME", "'"}, 30s);
  REQUIRE(result);
  CHECK(result->output == "a b|$HOME|'|");
}

TEST_CASE("a program that a signal ended has 128 and the signal as its status") {
  const auto result = run_process({"sh", "-c", "kill -TERM $$"}, 30s);
  REQUIRE(result);
  CHECK(result->status == 128 + 15);
}

TEST_CASE("a program that is not installed is an error of its own") {
  if (is_emulated("the caller does not hear that a program was not found")) return;
  const auto result = run_process({"/nonexistent/program"}, 30s);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == std::errc::no_such_file_or_directory);
}

TEST_CASE("a program that does not end in time is ended") {
  const auto result = run_process({"sleep", "60"}, 50ms);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == std::errc::timed_out);
}

TEST_CASE("of very long output the beginning is kept") {
  const auto result = run_process({"head", "-c", "200000", "/dev/zero"}, 30s);
  REQUIRE(result);
  CHECK(result->output.size() == 65'536);
  CHECK(result->status == 0);
}
