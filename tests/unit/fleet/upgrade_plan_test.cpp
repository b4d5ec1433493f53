#include "fleet/upgrade_plan.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::fleet;

namespace {

Report old_host() {
  Report report;
  report.is_root = true;
  report.system = "debian 13";
  report.codename = "trixie";
  report.architecture = "arm64";
  report.packages = {{"grid-appliance", "0.1.0+deb13"}, {"ipop", "0.1.0+deb13"}};
  report.nodes.push_back({"lab", node::StatusAnswer{}});
  return report;
}

PackageSource packages(std::initializer_list<const char*> names) {
  PackageSource out;
  for (const char* name : names)
    out.files.push_back(*parse_package_file(name));
  return out;
}

std::string refusal(const PackageSource& source, const Report& report) {
  const auto planned = plan_upgrade(source, false, report);
  return planned ? "planned" : planned.error().message();
}

}  // namespace

TEST_CASE("a host gets another version of all packages of ours that it has") {
  const auto source = packages({"ipop_0.2.0+deb13_arm64.deb", "ipop_0.2.0+deb12_arm64.deb",
                                "grid-appliance_0.2.0+deb13_arm64.deb", "grid-appliance-pool_0.2.0+deb13_arm64.deb"});
  const auto planned = plan_upgrade(source, false, old_host());
  REQUIRE(planned);
  CHECK(planned->steps == std::vector<std::string>{"upgrade grid-appliance from 0.1.0+deb13 to 0.2.0+deb13",
                                                   "upgrade ipop from 0.1.0+deb13 to 0.2.0+deb13"});
  CHECK(planned->files.size() == 2);
  CHECK(refusal(packages({"ipop_0.2.0+deb13_arm64.deb"}), old_host()) ==
        "no package grid-appliance for Debian 13 on arm64 is among those given");
}

TEST_CASE("a host that has these packages is left alone, unless its node runs the program of others") {
  const auto source = packages({"ipop_0.1.0+deb13_arm64.deb", "grid-appliance_0.1.0+deb13_arm64.deb"});
  auto report = old_host();
  auto planned = plan_upgrade(source, false, report);
  REQUIRE(planned);
  CHECK(planned->steps.empty());
  report.nodes[0].is_replaced = true;
  planned = plan_upgrade(source, false, report);
  REQUIRE(planned);
  CHECK(planned->only_restarts);
  CHECK(planned->steps.size() == 1);
}

TEST_CASE("a host goes back only where that was said") {
  const auto source = packages({"ipop_0.0.9+deb13_arm64.deb", "grid-appliance_0.0.9+deb13_arm64.deb"});
  CHECK(refusal(source, old_host()) ==
        "has grid-appliance 0.1.0+deb13, which is newer than 0.0.9+deb13; --downgrade takes the older one");
  const auto planned = plan_upgrade(source, true, old_host());
  REQUIRE(planned);
  CHECK(planned->steps[1] == "set ipop back from 0.1.0+deb13 to 0.0.9+deb13");
}

TEST_CASE("without files apt finds what is newer; a host without the package is no host of the fleet") {
  const auto planned = plan_upgrade(PackageSource{}, false, old_host());
  REQUIRE(planned);
  CHECK(planned->steps == std::vector<std::string>{"upgrade with apt-get"});
  auto report = old_host();
  report.packages.clear();
  CHECK(refusal(PackageSource{}, report) == "the package ipop is not installed there; `install` does it");
  report.is_root = false;
  CHECK(refusal(PackageSource{}, report).starts_with("the user there is neither root"));
}

TEST_CASE("a fleet of which a node is gone already is not touched") {
  CHECK(why_not_now(old_host()).empty());
  auto report = old_host();
  report.nodes.push_back({"sea", std::nullopt, "no node"});
  CHECK(why_not_now(report) == "the node of sea is silent: no node");
  report.nodes.clear();
  CHECK(why_not_now(report) == "there is no node on it");
}
