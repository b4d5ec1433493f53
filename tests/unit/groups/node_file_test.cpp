#include "groups/node_file.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::groups;

TEST_CASE("settings of a node without a word have the usual interface and no port") {
  const auto file = parse_node_file("# nothing\n", "lab.toml");
  REQUIRE(file);
  CHECK_FALSE(file->tap);
  CHECK(file->has_tap);
  CHECK_FALSE(file->port);
}

TEST_CASE("what others need to know of a node is read, and the rest is passed over") {
  const auto file = parse_node_file("tap = \"ipop7\"\nport = 4700\nhostname = \"alice\"\n", "lab.toml");
  REQUIRE(file);
  CHECK(file->tap == "ipop7");
  CHECK(file->port == 4700);
  const auto none = parse_node_file("no_tap = true\nport = 0\n", "lab.toml");
  REQUIRE(none);
  CHECK_FALSE(none->has_register_dns);
  CHECK(parse_node_file("register_dns = true\n", "lab.toml")->has_register_dns);
  CHECK_FALSE(none->has_tap);
  CHECK_FALSE(none->port);
}

TEST_CASE("settings of a node that are none are refused with file and line") {
  for (const char* text : {"tap = 3\n", "tap = \"\"\n", "no_tap = \"yes\"\n", "port = 70000\n", "port = \n"}) {
    CAPTURE(text);
    const auto file = parse_node_file(text, "lab.toml");
    REQUIRE_FALSE(file);
    CHECK(file.error().context.starts_with("lab.toml:1"));
  }
}
