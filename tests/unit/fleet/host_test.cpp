#include "fleet/host.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::fleet;

TEST_CASE("a host is what ssh takes: a name, with a user, or a URL with a port") {
  for (const char* text : {"a", "a.example.org", "root@a", "192.0.2.1", "2001:db8::1", "ssh://a", "ssh://root@a:2222",
                           "ssh://[2001:db8::1]:2222", "fe80::1%eth0", "my_alias"}) {
    const auto host = parse_host(text);
    REQUIRE_MESSAGE(host, text);
    CHECK(host->text() == text);
  }
  CHECK(parse_host("ssh://root@a.example.org:2222")->name() == "a.example.org");
  CHECK(parse_host("root@192.0.2.1")->name() == "192.0.2.1");
  CHECK(parse_host("ssh://[2001:db8::1]:22")->name() == "2001:db8::1");
  CHECK(parse_host("2001:db8::1")->name() == "2001:db8::1");
}

TEST_CASE("a host that ssh could read as an option, or a shell as a command, is refused") {
  for (const char* text : {"",
                           "-oProxyCommand=x",
                           "root@-oProxyCommand=x",
                           "ssh://-x",
                           "ssh://",
                           "a b",
                           "a;b",
                           "$(a)",
                           "`a`",
                           "a\nb",
                           "a'b",
                           "@a",
                           "root@",
                           "[",
                           "[]",
                           "[::1",
                           ":22",
                           "root@:22",
                           "a/b",
                           "ssh://a/b",
                           "\xc3\xa4"}) {
    const auto host = parse_host(text);
    CHECK_MESSAGE(!host, text);
  }
  CHECK(!parse_host(std::string(301, 'a')));
}

TEST_CASE("a port stands in a URL, and is one") {
  const auto says = [](const char* text) {
    const auto host = parse_host(text);
    return host ? std::string("taken") : host.error().message();
  };
  CHECK(says("a:22").ends_with("one with a port is ssh://NAME:PORT"));
  CHECK(says("[::1]:22").ends_with("one with a port is ssh://NAME:PORT"));
  for (const char* text : {"ssh://a:99999", "ssh://a:0", "ssh://a:", "ssh://a:x", "ssh://[::1]:65536"})
    CHECK_MESSAGE(says(text).ends_with("has no port from 1 to 65535"), text);
  CHECK(says("ssh://[::1]:65535") == "taken");
  CHECK(says("::1") == "taken");
}

TEST_CASE("a file of hosts has one a line, and comments") {
  std::vector<Host> hosts;
  REQUIRE(add_host_list(hosts, "# the fleet\na\n\n  root@b  # in the cellar\r\nssh://c:22", "fleet"));
  REQUIRE(hosts.size() == 3);
  CHECK(hosts[1].text() == "root@b");
  CHECK(hosts[2].text() == "ssh://c:22");
}

TEST_CASE("what is wrong in a file of hosts is one line with file and line") {
  std::vector<Host> hosts;
  auto added = add_host_list(hosts, "a\n\n-b\n", "fleet");
  REQUIRE(!added);
  CHECK(added.error().message().starts_with("fleet:3: \"-b\" is no host"));
  hosts.clear();
  added = add_host_list(hosts, "a\nb\na\n", "fleet");
  REQUIRE(!added);
  CHECK(added.error().message() == "fleet:3: \"a\" is named twice");
  hosts.clear();
  added = add_host_list(hosts, "a b\n", "fleet");
  CHECK(!added);
}

TEST_CASE("there is an end of hosts") {
  std::string text;
  for (std::size_t i = 0; i <= most_hosts; ++i)
    text += "h" + std::to_string(i) + "\n";
  std::vector<Host> hosts;
  const auto added = add_host_list(hosts, text, "fleet");
  REQUIRE(!added);
  CHECK(added.error().message() == "fleet:1001: more than 1000 hosts");
}
