#include "fleet/tar.hpp"

#include <doctest/doctest.h>

using namespace ipop::fleet;

TEST_CASE("an archive has a header, its octets in blocks, and an end of two") {
  TarWriter tar;
  tar.add("a/b", "text");
  tar.add("empty", "");
  tar.add("whole", std::string(512, 'x'));
  const std::string out = std::move(tar).finish();
  REQUIRE(out.size() == 512 * (2 + 1 + 2 + 2));
  CHECK(out.starts_with(std::string_view("a/b\0", 4)));
  CHECK(out.substr(124, 12) == std::string("00000000004\0", 12));
  CHECK(out.substr(257, 8) == std::string("ustar\0"
                                          "00",
                                          8));
  CHECK(out.substr(512, 4) == "text");
  CHECK(out.substr(1024, 5) == "empty");
  CHECK(out.substr(out.size() - 1024) == std::string(1024, '\0'));
}
