#include "groups/group_config.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::groups;

namespace {

constexpr std::string_view smallest = "name = \"lab\"\nnamespace = \"lab-x\"\n";

std::string group_error_of(std::string_view text) {
  const auto parsed = parse_group_config(text, "lab.toml");
  return parsed ? "no error" : parsed.error().message();
}

std::string error_of_line(std::string_view line) {
  return group_error_of(std::string(smallest) + std::string(line) + "\n");
}

GroupConfig full_config() {
  GroupConfig config;
  config.name = "lab";
  config.name_space = "lab-abcdefghijklmnop";
  config.prefix = net::Ipv4Prefix(net::Ipv4Address(100, 64, 0, 0), 10);
  config.domain = "lab.example";
  config.bootstrap = {{"bootstrap.example.org", 4000}, {"192.0.2.1", 5000}, {"2001:db8::1", 6000}};
  config.port = 4000;
  config.relay_share = 50;
  config.relay_limit = 0;
  return config;
}

}  // namespace

TEST_CASE("a group file with a name and a namespace has the default network") {
  const auto config = parse_group_config(smallest, "lab.toml");
  REQUIRE(config);
  CHECK(config->name == "lab");
  CHECK(config->name_space == "lab-x");
  CHECK(to_string(config->prefix) == "10.128.0.0/9");
  CHECK(config->domain == "ipop");
  CHECK(config->bootstrap.empty());
  CHECK_FALSE(config->port.has_value());
}

TEST_CASE("what is written as a group file reads back as the same value") {
  GroupConfig plain;
  plain.name = "lab";
  plain.name_space = "lab-x";
  for (const GroupConfig& config : {plain, full_config()}) {
    const auto read = parse_group_config(to_toml(config), "lab.toml");
    REQUIRE(read);
    CHECK(*read == config);
  }
}

TEST_CASE("a group whose addresses a server gives out says where, and by whose key") {
  GroupConfig config = full_config();
  auto& server = config.address_server.emplace();
  server.place = "http://192.0.2.1:8067/";
  server.key.fill(std::byte{0xa7});
  server.pool = {{net::Ipv4Address(100, 64, 1, 10), net::Ipv4Address(100, 64, 1, 99)},
                 {net::Ipv4Address(100, 64, 2, 5), net::Ipv4Address(100, 64, 2, 5)}};
  server.ring_when_silent = true;
  const auto read = parse_group_config(to_toml(config), "lab.toml");
  REQUIRE(read);
  CHECK(*read == config);
  JoinToken token{config, {}, {}};
  token.group.port.reset();
  token.group.relay_share.reset();
  token.group.relay_limit.reset();
  const auto carried = parse_join_token(to_string(token));
  REQUIRE(carried);
  CHECK(carried->group == token.group);
  CHECK(server.member().empty());
}

TEST_CASE("a server may be a member, by its name") {
  GroupConfig config = full_config();
  auto& server = config.address_server.emplace();
  server.place = *parse_server_place("desk-2");
  server.key.fill(std::byte{0xa7});
  CHECK(server.member() == "desk-2");
  CHECK(parse_group_config(to_toml(config), "lab.toml")->address_server == server);
  const auto carried = parse_join_token(to_string(JoinToken{config, {}, {}}));
  REQUIRE(carried);
  CHECK(carried->group.address_server == server);
  for (const char* wrong : {"", "Desk", "desk.ipop", "-desk", "desk:8067", "192.0.2.1:8067", "ftp://desk/"})
    CHECK_FALSE(parse_server_place(wrong));
}

TEST_CASE("a server of addresses needs its place and key, and its keys need it") {
  const std::string key(64, 'a');
  const std::string whole = "addresses = \"dhcp\"\ndhcp_server = \"http://192.0.2.1:8067\"\ndhcp_key = \"" + key + "\"";
  CHECK(error_of_line(whole) == "no error");
  CHECK(error_of_line("addresses = \"ring\"") == "no error");
  CHECK(error_of_line("addresses = \"dhcp\"").find("dhcp_server") != std::string::npos);
  CHECK(error_of_line("addresses = \"desk\"").find("lab.toml:3") != std::string::npos);
  CHECK(error_of_line("dhcp_key = \"" + key + "\"").find("needs addresses") != std::string::npos);
  CHECK(error_of_line(whole + "\ndhcp_fallback = \"ring\"").find("dhcp_pool") != std::string::npos);
  CHECK(error_of_line(whole + "\ndhcp_pool = [\"10.0.0.9-10.0.0.1\"]") != "no error");
  CHECK(error_of_line("addresses = \"dhcp\"\ndhcp_server = \"192.0.2.1\"").find("URL") != std::string::npos);
}

TEST_CASE("a group file that is cut off anywhere is refused or still holds whole values") {
  const std::string text = to_toml(full_config());
  for (std::size_t n = 0; n < text.size(); ++n) {
    const auto read = parse_group_config(std::string_view(text).substr(0, n), "lab.toml");
    if (!read) {
      CHECK(read.error().message().starts_with("lab.toml:"));
      CHECK(read.error().message().find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("an unknown key names its line and the nearest known key") {
  CHECK(error_of_line("prefx = \"10.128.0.0/9\"") == "lab.toml:3: unknown key \"prefx\" (did you mean \"prefix\"?)");
  CHECK(error_of_line("[zebra]") == "lab.toml:3: unknown key \"zebra\"");
}

TEST_CASE("a missing key is named with a line that gives it") {
  CHECK(group_error_of("") == "lab.toml:1: the key \"name\" is missing; a line like name = \"lab\" gives it");
  CHECK(group_error_of("\nname = \"lab\"\n").starts_with("lab.toml:2: the key \"namespace\" is missing"));
}

TEST_CASE("a value of the wrong type says which type is right") {
  CHECK(group_error_of("name = 7\nnamespace = \"x\"") ==
        "lab.toml:1: the key \"name\" needs text in quotes, like name = \"lab\"");
  CHECK(error_of_line("bootstrap = \"a:1\"").starts_with("lab.toml:3: the key \"bootstrap\" needs a list, like"));
  CHECK(
      error_of_line("bootstrap = [\n \"a:1\",\n 7]").starts_with("lab.toml:5: the key \"bootstrap\" needs a list of"));
  CHECK(error_of_line("port = \"4000\"") ==
        "lab.toml:3: the key \"port\" needs a number from 1 to 65535 without quotes, like port = 4000");
  CHECK(error_of_line("relay_share = 101") ==
        "lab.toml:3: the key \"relay_share\" needs a number from 1 to 100, like relay_share = 75");
  CHECK(error_of_line("relay_limit = -1").starts_with("lab.toml:3: "));
  CHECK(error_of_line("port = 0").starts_with("lab.toml:3: "));
  CHECK(error_of_line("port = 65536").starts_with("lab.toml:3: "));
  CHECK(error_of_line("domain = \"\"") == "lab.toml:3: the key \"domain\" is empty; write it like domain = \"ipop\"");
}

TEST_CASE("text that is not TOML is refused with its line") {
  CHECK(error_of_line("prefix = ").starts_with("lab.toml:3: "));
  CHECK(error_of_line("name = \"lab\"").starts_with("lab.toml:3: "));  // a key twice
  CHECK(error_of_line("[=").starts_with("lab.toml:3: "));
  CHECK(group_error_of(std::string(2 << 20, '#')) == "lab.toml:1: the file is longer than 1 MiB");
}

TEST_CASE("a group file is plain text; comments may be in any script") {
  CHECK(error_of_line("domain = \"a\x1b[2J\"") == "lab.toml:3: a control character; the file has to be plain text");
  CHECK(group_error_of(std::string_view("name\0", 5)) ==
        "lab.toml:1: a control character; the file has to be plain text");
  CHECK(error_of_line("# Zo\xc3\xab's lab \xef\xb5\xbf") == "no error");
  CHECK(error_of_line("domain = \"\xc3\xab\"").starts_with("lab.toml:3: the domain \"??\""));
  CHECK(error_of_line("\xef\xb5\xbf"
                      "a")
            .starts_with("lab.toml:3: "));
}

TEST_CASE("a group name is a label that can be a file and a unit name") {
  for (const char* good : {"a", "lab", "lab-2", "0", "abcdefghijklmnopqrstuvwxyz012345"})
    CHECK(check_group_name(good).has_value());
  for (const char* bad : {"", "Lab", "-a", "a-", "a b", "a/b", "..", "a.b", "abcdefghijklmnopqrstuvwxyz0123456", "a\n"})
    CHECK_FALSE(check_group_name(bad).has_value());
}

TEST_CASE("a namespace is visible ASCII that needs no quoting") {
  for (const char* good : {"x", "lab-abcdefghijklmnop", "a:b/c"})
    CHECK(check_name_space(good).has_value());
  for (const std::string& bad : {std::string(), std::string("a b"), std::string("a\"b"), std::string("a\\b"),
                                 std::string("a\x1b"), std::string("\xc3\xab"), std::string(256, 'a')})
    CHECK_FALSE(check_name_space(bad).has_value());
}

TEST_CASE("a domain is labels between dots") {
  for (const char* good : {"ipop", "lab.ipop", "a.b.c", "x-1"})
    CHECK(check_domain(good).has_value());
  for (const std::string& bad : {std::string(), std::string("."), std::string("ipop."), std::string(".ipop"),
                                 std::string("a..b"), std::string("IPOP"), std::string(64, 'a'), std::string(129, 'a')})
    CHECK_FALSE(check_domain(bad).has_value());
}

TEST_CASE("a prefix is a unicast network of 8 to 29 bits") {
  for (const char* good : {"10.128.0.0/9", "10.0.0.0/8", "192.168.1.8/29", "100.64.0.0/10"})
    CHECK(parse_prefix(good).has_value());
  for (const char* bad : {"", "10.128.0.0", "10.128.0.1/9", "10.0.0.0/7", "192.168.1.0/30", "127.0.0.0/8",
                          "224.0.0.0/8", "240.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "10.128.0.0/9x"})
    CHECK_FALSE(parse_prefix(bad).has_value());
}

TEST_CASE("two groups of one name get different namespaces") {
  SeededRng rng(1);
  const std::string first = make_name_space("lab", rng);
  const std::string second = make_name_space("lab", rng);
  CHECK(first != second);
  CHECK(first.starts_with("lab-"));
  CHECK(first.size() == 4 + 16);  // 80 bits
  CHECK(check_name_space(first).has_value());
}
