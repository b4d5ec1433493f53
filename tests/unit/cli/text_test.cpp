#include "cli/text.hpp"

#include <doctest/doctest.h>

using namespace ipop::cli;

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
