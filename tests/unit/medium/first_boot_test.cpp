#include "medium/first_boot.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::groups;
using namespace ipop::medium;

namespace {

constexpr WallTime now{1'800'000'000};

std::string medium_text(const std::string& more = "") {
  return std::string(medium_mark) + "\ntoken = \"" + to_string(JoinToken{.group = demo_group()}) + "\"\n" + more;
}

const FirstBootFile* file_at(const FirstBootPlan& plan, std::string_view path) {
  const auto at = std::find_if(plan.files.begin(), plan.files.end(), [&](const auto& f) { return f.path == path; });
  return at == plan.files.end() ? nullptr : &*at;
}

}  // namespace

TEST_CASE("without a medium a machine joins the demo group of its LAN and says so") {
  const auto plan = plan_first_boot({}, "id", now);
  REQUIRE(plan);
  CHECK(plan->said.find("joins the open group \"demo\"") != std::string::npos);
  const auto token = parse_join_token(plan->token);
  REQUIRE(token);
  CHECK(token->group == demo_group());
  CHECK(token->group.bootstrap.empty());
  CHECK(file_at(*plan, "/etc/ga/administrator.keys")->octets.empty());
}

TEST_CASE("S22: machines with different ids get different names, and one machine keeps its own") {
  const auto name = [](std::string_view id) { return plan_first_boot({}, id, now)->host_name; };
  CHECK(name("one") == name("one"));
  CHECK(name("one") != name("two"));
  CHECK(check_host_name(name("one")));
}

TEST_CASE("a medium becomes the files of the machine, secrets for root only") {
  const std::string key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBu7pZ6kpJ7xB2J1cGmVJmN0yqfQv3jJ0o0Xv3mQ0a1Z admin@desk";
  const auto plan = plan_first_boot(
      {{"a", medium_text("roles = [\"worker\"]\nhost_name = \"seven\"\nssh_keys = [\"" + key + "\"]\n")}}, "id", now);
  REQUIRE_MESSAGE(plan, plan.error().context);
  CHECK(plan->host_name == "seven");
  CHECK(file_at(*plan, "/etc/hostname")->octets == "seven\n");
  CHECK(file_at(*plan, "/etc/ga/pool.toml")->octets.find("roles = [\"worker\"]") != std::string::npos);
  CHECK(file_at(*plan, "/etc/ga/administrator.keys")->octets == key + "\n");
  CHECK(plan->enrolment_file.empty());
  CHECK(file_at(*plan, "/etc/ga/host-node") == nullptr);
}

TEST_CASE("a machine that its host's node serves joins nothing, and lets its administrator in") {
  const auto plan = plan_first_boot({{"a", std::string(medium_mark) + "\nnode = \"host\"\n"}}, "id", now);
  REQUIRE_MESSAGE(plan, plan.error().context);
  CHECK(plan->token.empty());
  CHECK(plan->said == "Configured by a; the node of this machine's host serves it");
  CHECK(file_at(*plan, "/etc/ga/administrator.keys") != nullptr);
  CHECK(file_at(*plan, "/etc/ga/host-node") != nullptr);
  CHECK(file_at(*plan, "/etc/ga/pool.toml") == nullptr);
}

TEST_CASE("an expired medium is refused before anything is planned") {
  const std::string text =
      std::string(medium_mark) + "\ntoken = \"" + to_string(JoinToken{.group = demo_group(), .expires = now}) + "\"\n";
  CHECK(plan_first_boot({{"medium", text}}, "id", WallTime{now.seconds - 1}));
  const auto late = plan_first_boot({{"medium", text}}, "id", now);
  REQUIRE_FALSE(late);
  CHECK(late.error().message().find("medium:1: its join token has expired") != std::string::npos);
}

TEST_CASE("a medium without roles leaves HTCondor alone") {
  CHECK(file_at(*plan_first_boot({{"a", medium_text()}}, "id", now), "/etc/ga/pool.toml") == nullptr);
}

TEST_CASE("a role cannot be more than a role") {
  for (const char* role : {"worker\\\"]\\nflock = [\\\"x", "boss", ""}) {
    CAPTURE(role);
    CHECK_FALSE(plan_first_boot({{"a", medium_text(std::string("roles = [\"") + role + "\"]\n")}}, "id", now));
  }
}

TEST_CASE("the same medium twice counts once; two that differ, or a broken one beside a good one, are refused") {
  CHECK(plan_first_boot({{"a", medium_text()}, {"b", medium_text("# with a remark\n")}}, "id", now));
  const auto two = plan_first_boot({{"a", medium_text()}, {"b", medium_text("pool = \"big\"\n")}}, "id", now);
  REQUIRE_FALSE(two);
  CHECK(two.error().context == "b:1: says otherwise than a; take one of the two media out");
  const auto broken = plan_first_boot({{"a", medium_text()}, {"b", ""}}, "id", now);
  REQUIRE_FALSE(broken);
  CHECK(broken.error().context.starts_with("b:1: empty"));
}
