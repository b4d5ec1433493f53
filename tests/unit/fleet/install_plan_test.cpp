#include "fleet/install_plan.hpp"

#include <doctest/doctest.h>

#include "base/hex.hpp"
#include "crypto/hash.hpp"

using namespace ipop;
using namespace ipop::fleet;

namespace {

using Steps = std::vector<std::string>;

Wanted some_wish() {
  Wanted wanted;
  wanted.group.name = "lab";
  wanted.group.name_space = "lab-x";
  wanted.group.bootstrap = {{"boot1.example.org", 25000}, {"192.0.2.2", 25001}};
  for (const char* name : {"ipop_0.1.0+deb12_amd64.deb", "ipop_0.1.0+deb13_amd64.deb"})
    wanted.source.files.push_back(*parse_package_file(name));
  return wanted;
}

Report bare_host() {
  Report report;
  report.is_root = true;
  report.system = "debian 12";
  report.codename = "bookworm";
  report.architecture = "amd64";
  return report;
}

Result<HostPlan> plan(const Wanted& wanted, const Report& report, const char* host = "boot1.example.org") {
  return plan_install(wanted, *parse_host(host), report);
}

std::string refusal(const Wanted& wanted, const Report& report, const char* host = "boot1.example.org") {
  const auto planned = plan(wanted, report, host);
  return planned ? "planned" : planned.error().message();
}

/// A host that has all of it.
Report good_host(const Wanted& wanted) {
  Report report = bare_host();
  const auto planned = plan(wanted, report);
  REQUIRE(planned);
  report.packages["ipop"] = "0.1.0+deb12";
  report.files.config = planned->group_file;
  report.files.settings = planned->settings;
  report.files.is_enabled = true;
  report.nodes.push_back({"lab", node::StatusAnswer{}});
  return report;
}

}  // namespace

TEST_CASE("a bare host gets the package of its release, the group, the node's settings, and a start") {
  const auto planned = plan(some_wish(), bare_host());
  REQUIRE(planned);
  CHECK(planned->steps == Steps{"install ipop_0.1.0+deb12_amd64.deb", "write the file of the group lab",
                                "set no_tap = true", "start the node on UDP port 25000"});
  REQUIRE(planned->files.size() == 1);
  const auto config = groups::parse_group_config(planned->group_file.value_or(""), "lab.toml");
  REQUIRE(config);
  CHECK(config->port == 25000);
  CHECK(config->name_space == "lab-x");
  CHECK(planned->settings == "no_tap = true\n");
}

TEST_CASE("what is right is left alone") {
  const auto wanted = some_wish();
  const auto planned = plan(wanted, good_host(wanted));
  REQUIRE(planned);
  CHECK(planned->steps.empty());
  CHECK(!planned->group_file);
  CHECK(!planned->settings);
}

TEST_CASE("a node that stands still is started, one that would not start with the host is enabled") {
  const auto wanted = some_wish();
  auto report = good_host(wanted);
  report.nodes[0].status.reset();
  CHECK(plan(wanted, report)->steps == Steps{"start the node on UDP port 25000"});
  report = good_host(wanted);
  report.files.is_enabled = false;
  CHECK(plan(wanted, report)->steps == Steps{"let the node start with the host"});
}

TEST_CASE("a new bootstrap address comes to hosts of the group, and what is the host's own stays") {
  auto wanted = some_wish();
  auto report = good_host(wanted);
  auto config = *groups::parse_group_config(*report.files.config, "lab.toml");
  config.port = 4000;
  config.relay_limit = 7;
  report.files.config = to_toml(config);
  report.files.settings = "no_tap = true\nhostname = \"boot\"\n";
  wanted.group.bootstrap.push_back({"192.0.2.3", 25000});
  const auto planned = plan(wanted, report, "other");
  REQUIRE(planned);
  CHECK(planned->steps == Steps{"bring the file of the group lab up to date", "restart the node"});
  const auto written = groups::parse_group_config(*planned->group_file, "lab.toml");
  REQUIRE(written);
  CHECK(written->port == 4000);
  CHECK(written->relay_limit == 7);
  CHECK(written->bootstrap.size() == 3);
  CHECK(!planned->settings);
}

TEST_CASE("another group of the same name is replaced only where that was said") {
  auto wanted = some_wish();
  auto report = good_host(wanted);
  wanted.group.name_space = "lab-y";
  CHECK(refusal(wanted, report) == "has another group called lab; --replace puts yours in its place");
  wanted.replaces = true;
  CHECK(plan(wanted, report)->steps.front() == "write the file of the group lab");
  wanted.replaces = false;
  report.files.config = "name = ";
  CHECK(refusal(wanted, report).starts_with("--replace puts yours there: its group file lab.toml:1: "));
}

TEST_CASE("the port is what was said, else the host's own, else that of its address in the group") {
  auto wanted = some_wish();
  CHECK(plan(wanted, bare_host(), "root@192.0.2.2")->port == 25001);
  CHECK(refusal(wanted, bare_host(), "other") ==
        "no bootstrap address of the group says which port it has; give --port");
  auto report = bare_host();
  report.files.settings = "port = 7\n";
  CHECK(plan(wanted, report)->port == 7);
  wanted.port = 9;
  CHECK(refusal(wanted, report) == "its settings node/lab.toml say port = 7");
  CHECK(plan(wanted, bare_host())->port == 9);
  wanted.port.reset();
  wanted.group.bootstrap[1].port = 25000;
  CHECK(plan(wanted, bare_host(), "other")->port == 25000);
}

TEST_CASE("settings that contradict are not written over") {
  auto report = bare_host();
  report.files.settings = "[x]\n";
  CHECK(plan(some_wish(), report)->settings == "no_tap = true\n[x]\n");
  report.files.settings = "no_tap = false\n";
  CHECK(refusal(some_wish(), report) == "its settings node/lab.toml say that its node has an interface");
  report.files.settings = "port = x\n";
  CHECK(refusal(some_wish(), report).starts_with("its settings node/lab.toml:1: "));
}

TEST_CASE("a host on which nothing can be installed says why") {
  auto report = bare_host();
  report.is_root = false;
  CHECK(refusal(some_wish(), report) == "the user there is neither root nor may use sudo without a password");
  report = bare_host();
  report.system = "ubuntu 24.04";
  CHECK(refusal(some_wish(), report) == "it runs ubuntu 24.04, and the packages are for Debian");
  report = bare_host();
  report.architecture = "arm64";
  CHECK(refusal(some_wish(), report) == "no package ipop for Debian 12 on arm64 is among those given");
  auto wanted = some_wish();
  wanted.group.authority = "PEM";
  CHECK(refusal(wanted, bare_host()).starts_with("the group is closed, and the host has no certificate"));
}

TEST_CASE("a repository is trusted once, with its key, for the host's release") {
  auto wanted = some_wish();
  wanted.source = {{}, Repository{"https://example.org/apt", "KEY"}};
  auto report = bare_host();
  const auto planned = plan(wanted, report);
  REQUIRE(planned);
  CHECK(planned->source ==
        "deb [signed-by=/etc/apt/keyrings/grid-appliance.gpg] https://example.org/apt bookworm main\n");
  CHECK(planned->key == "KEY");
  CHECK(planned->steps[0] == "trust the repository https://example.org/apt");
  CHECK(planned->steps[1] == "install ipop with apt-get");
  report.source = *planned->source;
  report.key = to_hex(crypto::sha256(as_bytes("KEY")));
  CHECK(plan(wanted, report)->steps.front() == "install ipop with apt-get");
  report.codename = "x main\ndeb y";
  CHECK(refusal(wanted, report) == "it does not say which Debian it is");
  for (const char* url : {"", "example.org", "https://x y", "https://x\ny", "file:", "https://[x]", "https://x#y"})
    CHECK_MESSAGE(!check_repository_url(url), url);
  CHECK(check_repository_url("file:/srv/repository"));
}
