#include "cli/question.hpp"

#include <sstream>
#include <string>

#include <doctest/doctest.h>

using namespace ipop::cli;

namespace {

struct Terminal {
  explicit Terminal(const std::string& typed) : in(typed) {}
  std::istringstream in;
  std::ostringstream out{};
  std::ostringstream err{};
  Streams streams{in, out, err, true, true, false, false, true, 80};
};

}  // namespace

TEST_CASE("a question is answered by y, Y or yes, and by nothing else") {
  for (const char* yes : {"y\n", "Y\n", "yes\n", "y"})
    CHECK(ask_yes(Terminal(yes).streams, "Write it?"));
  for (const char* no : {"", "\n", "n\n", "yeah\n", " y\n", "no\ny\n"})
    CHECK_FALSE(ask_yes(Terminal(no).streams, "Write it?"));
  Terminal terminal("y\n");
  (void)ask_yes(terminal.streams, "Write it?");
  CHECK(terminal.err.str() == "Write it? [y/N] ");
  CHECK(terminal.out.str().empty());
}

TEST_CASE("where a slip would be dear only the whole word is a yes") {
  CHECK(ask_for_word_yes(Terminal("yes\n").streams, "Is it the same?"));
  for (const char* no : {"", "y\n", "Yes\n", "yes \n"})
    CHECK_FALSE(ask_for_word_yes(Terminal(no).streams, "Is it the same?"));
}

TEST_CASE("nobody is asked who can't see the question or has no keyboard") {
  Terminal terminal("y\n");
  CHECK(can_ask(terminal.streams));
  terminal.streams.err_is_terminal = false;
  CHECK_FALSE(can_ask(terminal.streams));
  terminal.streams.err_is_terminal = true;
  terminal.streams.in_is_terminal = false;
  CHECK_FALSE(can_ask(terminal.streams));
}
