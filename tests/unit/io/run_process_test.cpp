#include "io/run_process.hpp"

#include <memory>
#include <optional>

#include <doctest/doctest.h>

#include "emulated.hpp"
#include "io/memory_file.hpp"
#include "io/watched_process.hpp"

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

TEST_CASE("a program beside an event loop: its output and exit status come to the handler, which may end it") {
  EventLoop loop;
  std::unique_ptr<WatchedProcess> process;
  std::optional<ProcessResult> got;
  auto started = WatchedProcess::start(loop, {"sh", "-c", "cat; echo out; echo err >&2; exit 3"}, 30s,
                                       [&](const Result<ProcessResult>& result) {
                                         REQUIRE(result);
                                         got = *result;
                                         process.reset();
                                       });
  REQUIRE(started);
  process = *std::move(started);
  REQUIRE(loop.run_until([&] { return got.has_value(); }, 30s));
  CHECK(got->status == 3);
  CHECK(got->output == "out\nerr\n");
}

TEST_CASE("a program beside an event loop that does not end in time is ended") {
  EventLoop loop;
  std::optional<Error> why;
  const auto started = WatchedProcess::start(loop, {"sleep", "60"}, 50ms, [&](const Result<ProcessResult>& result) {
    REQUIRE_FALSE(result);
    why = result.error();
  });
  REQUIRE(started);
  REQUIRE(loop.run_until([&] { return why.has_value(); }, 30s));
  CHECK(why->code == std::errc::timed_out);
}

TEST_CASE("a program that closes its output and goes on holds up no event loop") {
  EventLoop loop;
  std::optional<int> status;
  const auto started =
      WatchedProcess::start(loop, {"sh", "-c", "exec >&- 2>&-; sleep 60"}, 50s,
                            [&](const Result<ProcessResult>& result) { status = result ? result->status : -1; });
  REQUIRE(started);
  REQUIRE(loop.run_until([&] { return status.has_value(); }, 30s));
  CHECK(*status == 128 + 9);
}

TEST_CASE("several programs beside an event loop read one file in memory, each from its beginning") {
  const auto file = MemoryFile::make("a text");
  REQUIRE(file);
  EventLoop loop;
  std::vector<std::unique_ptr<WatchedProcess>> processes;
  std::vector<std::string> read;
  for (int i = 0; i < 3; ++i) {
    auto started = WatchedProcess::start(
        loop, {"cat"}, 30s, [&](const Result<ProcessResult>& result) { read.push_back(result ? result->output : ""); },
        100, file->path());
    REQUIRE(started);
    processes.push_back(*std::move(started));
  }
  REQUIRE(loop.run_until([&] { return read.size() == 3; }, 30s));
  CHECK(read == std::vector<std::string>(3, "a text"));
}
