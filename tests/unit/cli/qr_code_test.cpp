#include "cli/qr_code.hpp"

#include <doctest/doctest.h>

#include "cli/text.hpp"

using namespace ipop::cli;

TEST_CASE("a code of 25 modules is 29 wide with its border, and half as high") {
  const auto code = qr_code("GA1-AEAQG3DBMIKGYYLCFV3GSZZSGU2DE2TZ", false);
  REQUIRE(code);
  std::size_t lines = 0;
  for (std::size_t at = 0; at < code->size(); ++lines) {
    const std::size_t end = code->find('\n', at);
    CHECK(display_width(std::string_view(*code).substr(at, end - at)) == 29);
    at = end + 1;
  }
  CHECK(lines == 15);
  // The border is light; the corner below it is the dark frame of a finder pattern.
  CHECK(code->starts_with("\xe2\x96\x88\xe2\x96\x88"));
}

TEST_CASE("with colour every line says which, and ends so") {
  const auto code = qr_code("A", true);
  REQUIRE(code);
  CHECK(code->starts_with("\x1b[97;40m"));
  CHECK(code->ends_with("\x1b[0m\n"));
}

TEST_CASE("what no code holds gives none") {
  CHECK_FALSE(qr_code(std::string(8000, 'x'), false));
}
