#include "cli/line_difference.hpp"

#include <doctest/doctest.h>

using namespace ipop::cli;

TEST_CASE("equal texts have no difference") {
  CHECK(line_difference("", "").empty());
  CHECK(line_difference("a\nb\n", "a\nb\n").empty());
}

TEST_CASE("a text that comes or goes is shown line by line") {
  CHECK(line_difference("", "a\n\tb\n") == "+a\n+\tb\n");
  CHECK(line_difference("a\nb\n", "") == "-a\n-b\n");
}

TEST_CASE("a line that changes stands between three that stay, and the rest is left out") {
  CHECK(line_difference("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n") ==
        "...\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n...\n");
}

TEST_CASE("lines that are shown can't move the cursor") {
  CHECK(line_difference("", "\x1b[2J\n") == "+\\x1b[2J\n");
}

TEST_CASE("texts of any size are compared") {
  std::string long_text;
  for (int i = 0; i < 3000; ++i)
    long_text += "x\n";
  CHECK(line_difference("", long_text).size() == 3000 * 3);
  CHECK(line_difference(long_text, long_text + "y\n").ends_with("+y\n"));
}
