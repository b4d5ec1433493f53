#include "cli/text.hpp"

#include <doctest/doctest.h>

using namespace ipop::cli;

TEST_CASE("a message repeats no more than the beginning of a long value") {
  const std::string usual =
      "/etc/ipop/lab.toml:3: the prefix \"10.128.0.0/33\" has no length from 8 to 29, like \"10.128.0.0/9\"";
  CHECK(shortened(usual) == usual);
  const std::string many(100'000, 'x');
  CHECK(shortened("the name \"" + many + "\" is too long") == "the name \"" + many.substr(0, 60) + "...\" is too long");
  CHECK(shortened("Value " + many + " not in range") == "Value " + many.substr(0, 200) + "... not in range");
  CHECK(shortened(many) == many.substr(0, 200) + "...");
  // Quotes and blanks in the value itself.
  std::string pieces;
  for (int i = 0; i < 10'000; ++i)
    pieces += "a \"b\" ";
  CHECK(shortened("the name \"" + pieces + "\" is too long").size() == 2003);
  CHECK(shortened("one \" alone: " + many).size() < 300);
  CHECK(shortened("").empty());
  std::string greek;
  for (int i = 0; i < 50; ++i)
    greek += "\xce\xb1";
  CHECK(shortened("\"a" + greek + "\"") == "\"a" + greek.substr(0, 58) + "...\"");
}

TEST_CASE("printable text stays as it is, in any script") {
  CHECK(printable("alice-desktop") == "alice-desktop");
  CHECK(printable("Zo\xc3\xab") == "Zo\xc3\xab");
  CHECK(printable("\xe6\x97\xa5\xe6\x9c\xac") == "\xe6\x97\xa5\xe6\x9c\xac");
}

TEST_CASE("control characters, escape sequences and direction marks are shown octet by octet") {
  CHECK(printable("a\tb\n") == "a\\x09b\\x0a");
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("\x7f") == "\\x7f");
  CHECK(printable("\xc2\x9b") == "\\xc2\\x9b");
  CHECK(printable("\xe2\x80\xae") == "\\xe2\\x80\\xae");
}

TEST_CASE("octets that are not UTF-8 are shown octet by octet") {
  CHECK(printable("\xff\xfe") == "\\xff\\xfe");
  CHECK(printable("\xc0\x80") == "\\xc0\\x80");           // overlong
  CHECK(printable("\xe0\x80\x80") == "\\xe0\\x80\\x80");  // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("a\xc3") == "a\\xc3");
}

TEST_CASE("the width of text counts columns, not octets") {
  CHECK(display_width("") == 0);
  CHECK(display_width("abc") == 3);
  CHECK(display_width("Zo\xc3\xab") == 3);
  CHECK(display_width("e\xcc\x81") == 1);
  CHECK(display_width("\xe6\x97\xa5") == 2);
}
