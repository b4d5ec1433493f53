#include <doctest/doctest.h>

#include "groups/group_config.hpp"

using namespace ipop;
using namespace ipop::groups;

TEST_CASE("a bootstrap entry is a name or an address and a port") {
  CHECK(*parse_bootstrap_entry("bootstrap.example.org:4000") == BootstrapEntry{"bootstrap.example.org", 4000});
  CHECK(*parse_bootstrap_entry("udp:192.0.2.1:65535") == BootstrapEntry{"192.0.2.1", 65535});
  CHECK(*parse_bootstrap_entry("[2001:DB8:0::1]:1") == BootstrapEntry{"2001:db8::1", 1});
  CHECK(*parse_bootstrap_entry("localhost:4000") == BootstrapEntry{"localhost", 4000});
}

TEST_CASE("a bootstrap entry is written as it is read") {
  for (const char* text : {"bootstrap.example.org:4000", "192.0.2.1:1", "[2001:db8::1]:65535"})
    CHECK(to_string(*parse_bootstrap_entry(text)) == text);
}

TEST_CASE("what is no bootstrap entry is refused with an example of one") {
  for (const char* text : {"", ":", "host", "host:", "host:0", "host:65536", "host:4000x", ":4000", "2001:db8::1:4000",
                           "[2001:db8::1:4000", "[]:4000", "[host]:4000", "192.0.2:4000", "192.0.2.256:4000",
                           "a b:4000", "-a:4000", "a..b:4000", "a\n:4000", "tcp:192.0.2.1:4000"}) {
    CAPTURE(text);
    const auto entry = parse_bootstrap_entry(text);
    REQUIRE_FALSE(entry);
    CHECK(entry.error().message().find("write host:port") != std::string::npos);
  }
}
