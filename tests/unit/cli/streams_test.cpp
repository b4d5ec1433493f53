#include "cli/streams.hpp"

#include <sstream>

#include <doctest/doctest.h>

#include "cli/progress.hpp"
#include "cli/version.hpp"

using namespace ipop::cli;

namespace {

struct Fixture {
  std::istringstream in{};
  std::ostringstream out{};
  std::ostringstream err{};
  Streams streams{in, out, err};
};

}  // namespace

TEST_CASE("results are coloured only on a terminal that can, unless a choice was made") {
  Fixture f;
  CHECK_FALSE(use_color(f.streams, ColorChoice::automatic));
  CHECK(use_color(f.streams, ColorChoice::always));
  f.streams.out_is_terminal = true;
  CHECK(use_color(f.streams, ColorChoice::automatic));
  CHECK_FALSE(use_color(f.streams, ColorChoice::never));
  f.streams.no_color = true;
  CHECK_FALSE(use_color(f.streams, ColorChoice::automatic));
  f.streams.no_color = false;
  f.streams.dumb_terminal = true;
  CHECK_FALSE(use_color(f.streams, ColorChoice::automatic));
}

TEST_CASE("a program whose results could not be written has not done its work") {
  Fixture f;
  CHECK(finish(f.streams, "tool", ExitStatus::done) == ExitStatus::done);
  f.out.setstate(std::ios::badbit);
  CHECK(finish(f.streams, "tool", ExitStatus::done) == ExitStatus::no);
  CHECK(finish(f.streams, "tool", ExitStatus::bad_config) == ExitStatus::bad_config);
  CHECK(f.err.str().starts_with("tool: could not write the results\n"));
}

TEST_CASE("a message is one line, whatever it quotes") {
  Fixture f;
  complain(f.streams, "tool", "bad name \"a\nb\"");
  suggest(f.streams, "tool --help");
  CHECK(f.err.str() == "tool: bad name \"a\\x0ab\"\n  next: tool --help\n");
}

TEST_CASE("progress is silent when stderr is no terminal") {
  Fixture f;
  {
    Progress progress(f.streams);
    progress.show("waiting");
  }
  CHECK(f.err.str().empty());
}

TEST_CASE("progress on a terminal replaces its line and takes it away at the end") {
  Fixture f;
  f.streams.err_is_terminal = true;
  {
    Progress progress(f.streams);
    progress.show("one");
    progress.show("two");
  }
  CHECK(f.err.str() == "\r\x1b[Kone\r\x1b[Ktwo\r\x1b[K");
}

TEST_CASE("the version line names the tool") {
  CHECK(version_line("ga-group").starts_with("ga-group "));
}
