#include "firewall/firewall_settings.hpp"

#include <doctest/doctest.h>

#include "firewall/subordinate_uids.hpp"

using namespace ipop;
using namespace ipop::firewall;

namespace {

FirewallSettings full_settings() {
  FirewallSettings out;
  out.groups = {"lab", "home"};
  out.interfaces = {*parse_interface_name("br-lab")};
  out.port = 25000;
  out.role = PoolRole::manager;
  out.ssh_port.reset();
  out.allow = {{Transport::tcp, 80, 90}, {Transport::udp, 7, 7}};
  out.allow_physical = {{Transport::tcp, 22, 22}};
  out.reach = {{Transport::tcp, 443, 443}};
  out.needs = {true, false, true, false};
  out.job_users = {"nobody", "_slot-1"};
  out.job_uids = {{2000, 2999}};
  return out;
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_firewall_settings(text, "settings.toml");
  return parsed ? "no error" : parsed.error().message();
}

}  // namespace

TEST_CASE("what is written as firewall settings reads back as the same value") {
  for (const FirewallSettings& settings : {FirewallSettings{}, full_settings()}) {
    const auto read = parse_firewall_settings(to_toml(settings), "settings.toml");
    REQUIRE(read);
    CHECK(*read == settings);
  }
  CHECK(*parse_firewall_settings("", "settings.toml") == FirewallSettings{});
}

TEST_CASE("firewall settings that are cut off anywhere are refused in one line or still hold whole values") {
  const std::string text = to_toml(full_settings());
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto read = parse_firewall_settings(std::string_view(text).substr(0, n), "settings.toml");
    if (!read) CHECK(read.error().message().find('\n') == std::string::npos);
  }
}

TEST_CASE("a wrong firewall setting names its line and what would be right") {
  CHECK(error_of("\nrole = \"boss\"") == "settings.toml:2: \"boss\" is not a role: none, worker, submit or manager");
  CHECK(error_of("rolle = \"worker\"") == "settings.toml:1: unknown key \"rolle\" (did you mean \"role\"?)");
  CHECK(error_of("allow = \"tcp:22\"").starts_with("settings.toml:1: the key \"allow\" needs a list"));
  CHECK(error_of("allow = [22]").starts_with("settings.toml:1: the key \"allow\" needs a list of texts"));
  CHECK(error_of("allow = [\n\"tcp:22\",\n\"tcp:22; flush ruleset\"]").starts_with("settings.toml:3: "));
  CHECK(error_of("port = \"none\"").starts_with("settings.toml:1: "));
  CHECK(error_of("job_user = [\"a b\"]").starts_with("settings.toml:1: "));
  CHECK(error_of("interface = [\"ipop*\"]").starts_with("settings.toml:1: "));
}

TEST_CASE("a user's name is one that useradd takes") {
  for (const std::string_view name : {"nobody", "_apt", "slot1_2", "a-b"})
    CHECK(check_user_name(name));
  for (const std::string_view name :
       {"", "-a", "1a", "a b", "a;b", "Root", "a\n", "this-name-has-more-than-32-octets-"})
    CHECK_FALSE(check_user_name(name));
}

TEST_CASE("S25: the numbers that a user may take in a namespace of his own are found by name and by number") {
  const std::string file =
      "alice:100000:65536\n# a comment\nbob:165536:65536\n1001:300000:10\nbroken\nalice:x:1\n"
      "alice:5:0\nalice:4294967290:100\n";
  CHECK(subordinate_uids(file, "alice", 1001) ==
        std::vector<UidRange>{{100000, 165535}, {300000, 300009}, {4294967290, 4294967294}});
  CHECK(subordinate_uids(file, "carol", 1003).empty());
  CHECK(subordinate_uids("", "alice", 1001).empty());
  CHECK(subordinate_uids("alice:7:2", "alice", 1001) == std::vector<UidRange>{{7, 8}});
}
