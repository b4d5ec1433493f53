#include "net/resolv_conf.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::net;

TEST_CASE("the servers of resolv.conf keep their order, and other lines are skipped") {
  const auto servers = parse_resolv_conf(
      "# nameserver 192.0.2.1\n"
      "domain example.org\n"
      "nameserver 192.0.2.2\n"
      "options edns0\n"
      "nameserver\t2001:db8::53  \r\n");
  REQUIRE(servers.size() == 2);
  CHECK(to_string(servers[0]) == "192.0.2.2:53");
  CHECK(to_string(servers[1]) == "[2001:db8::53]:53");
}

TEST_CASE("only the first three servers of resolv.conf count") {
  CHECK(
      parse_resolv_conf("nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4").size() ==
      3);
}

TEST_CASE("what is no nameserver line with a usable address gives no server") {
  for (const char* text :
       {"", "\n", "nameserver", "nameserver ", "nameserver10.0.0.1", " nameserver 10.0.0.1", "nameserver 10.0.0",
        "nameserver fe80::1%eth0", "nameserver fe80::1", "nameservers 10.0.0.1"})
    CHECK(parse_resolv_conf(text).empty());
}
