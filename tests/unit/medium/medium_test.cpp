#include "medium/medium.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::groups;
using namespace ipop::medium;

namespace {

const std::string good_key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBu7pZ6kpJ7xB2J1cGmVJmN0yqfQv3jJ0o0Xv3mQ0a1Z admin@desk";

std::string token_line() {
  return "token = \"" + to_string(JoinToken{.group = demo_group()}) + "\"\n";
}

std::string marked(const std::string& lines) {
  return std::string(medium_mark) + "\n" + lines;
}

std::string refusal_of(const std::string& text) {
  const auto got = parse_medium(text, "m");
  return got ? "" : got.error().context;
}

}  // namespace

TEST_CASE("a medium with nothing but a token is enough") {
  const auto medium = parse_medium(marked(token_line()), "m");
  REQUIRE_MESSAGE(medium, refusal_of(marked(token_line())));
  CHECK(parse_join_token(medium->token)->group == demo_group());
  CHECK(medium->roles.empty());
  CHECK(medium->pool == "main");
  CHECK(medium->ssh_keys.empty());
}

TEST_CASE("what is written on a medium is read back as the same value") {
  Medium medium;
  medium.token = to_string(JoinToken{.group = demo_group()});
  CHECK(*parse_medium(to_toml(medium), "m") == medium);
  medium.roles = {"manager", "submit"};
  medium.pool = "big";
  medium.user = "alice b";
  medium.ssh_keys = {good_key};
  medium.host_name = "node-7";
  REQUIRE_MESSAGE(parse_medium(to_toml(medium), "m"), refusal_of(to_toml(medium)));
  CHECK(*parse_medium(to_toml(medium), "m") == medium);
}

TEST_CASE("a machine that its host's node serves has no token, and nothing that a node of its own would need") {
  Medium medium;
  medium.host_node = true;
  medium.host_name = "node-7";
  medium.ssh_keys = {good_key};
  REQUIRE_MESSAGE(parse_medium(to_toml(medium), "m"), refusal_of(to_toml(medium)));
  CHECK(*parse_medium(to_toml(medium), "m") == medium);
  const std::string line = "node = \"host\"\n";
  CHECK(refusal_of(marked(line + token_line())).starts_with("m:3: with node = \"host\" the machine runs no node"));
  CHECK(refusal_of(marked(line + "roles = [\"worker\"]\n")).starts_with("m:3: with node"));
  CHECK(refusal_of(marked("node = \"guest\"\n")) == "m:2: the node is \"host\", or the line is left out");
}

TEST_CASE("a text with the line ends of other systems is a medium as well") {
  std::string text = marked(token_line() + "pool = \"big\"\n");
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.insert(at, "\r");
  REQUIRE_MESSAGE(parse_medium(text, "m"), refusal_of(text));
  CHECK(parse_medium(text, "m")->pool == "big");
}

TEST_CASE("an empty, foreign or broken medium is refused with its line and what would be right") {
  CHECK(refusal_of("").starts_with("m:1: empty; the first line must be #grid-appliance"));
  CHECK(refusal_of(" \r\n").starts_with("m:1: empty; "));
  CHECK(refusal_of("#cloud-config\nusers: []\n").starts_with("m:1: made for something else than this appliance"));
  CHECK(refusal_of(token_line()).starts_with("m:1: made for something else"));
  CHECK(refusal_of(marked("")).find("token") != std::string::npos);
  CHECK(refusal_of(marked("token = \"ga1-nonsense\"\n")).starts_with("m:2: "));
  CHECK(refusal_of(marked(token_line() + "rolls = [\"worker\"]\n")) ==
        "m:3: unknown key \"rolls\" (did you mean \"roles\"?)");
  CHECK(refusal_of(marked(token_line() + "roles = [\"worker\", \"wrker\"]\n")) ==
        "m:3: unknown role \"wrker\" (did you mean \"worker\"?); the roles are manager, worker and submit");
  CHECK(refusal_of(marked(token_line() + "host_name = \"a.b\"\n")).starts_with("m:3: the machine's name \"a.b\""));
  CHECK(refusal_of(marked(token_line() + "enrolment = \"gae1-x\"\n")).starts_with("m:3: "));
  CHECK(refusal_of(marked(token_line() + "user = \"a\\\"b\"\n")).starts_with("m:3: the user has a character"));
  CHECK(refusal_of(std::string(largest_medium + 1, '#')).starts_with("m:1: longer than 64 KiB"));
}

TEST_CASE("S28: an ssh key that is none, or a private one, is refused") {
  CHECK(check_ssh_key(good_key));
  CHECK_FALSE(check_ssh_key(""));
  CHECK_FALSE(check_ssh_key("ssh-ed25519"));
  CHECK_FALSE(check_ssh_key("-----BEGIN OPENSSH PRIVATE KEY-----"));
  CHECK_FALSE(check_ssh_key("command=\"sh\" " + good_key));
  CHECK_FALSE(check_ssh_key(good_key.substr(0, 30)));
  CHECK_FALSE(check_ssh_key("ssh-rsa " + good_key.substr(good_key.find(' ') + 1)));
  CHECK_FALSE(check_ssh_key(good_key + "\nssh-rsa x"));
}
