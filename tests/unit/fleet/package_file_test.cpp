#include "fleet/package_file.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::fleet;

TEST_CASE("a package says by its name what it is, and for which release") {
  const auto package = parse_package_file("build/deb/bookworm/ipop_0.1.0+deb12.1_amd64.deb");
  REQUIRE(package);
  CHECK(package->name == "ipop");
  CHECK(package->version == "0.1.0+deb12.1");
  CHECK(package->architecture == "amd64");
  CHECK(release_of(*package) == "12");
  CHECK(package->file() == "ipop_0.1.0+deb12.1_amd64.deb");
  const auto other = parse_package_file("libssl3_3.0.11-1~deb12u2_amd64.deb");
  REQUIRE(other);
  CHECK(release_of(*other).empty());
}

TEST_CASE("what is not called as a package is refused") {
  for (const char* path :
       {"", "ipop.deb", "ipop_1.deb", "ipop_1_amd64", "_1_amd64.deb", "ipop__amd64.deb", "ipop_1_.deb",
        "ip op_1_amd64.deb", "ipop_1;x_amd64.deb", "ipop_1_amd64_x.deb", "x/'_1_a.deb"})
    CHECK_MESSAGE(!parse_package_file(path), path);
}

TEST_CASE("versions are in dpkg's order") {
  // Each is older than the next one; deb-version(7), and what dpkg --compare-versions says.
  constexpr std::array<std::string_view, 16> rising{
      "0~rc1",           "0",           "0.1.0~beta", "0.1.0", "0.1.0+deb12", "0.1.0+deb12.1",
      "0.1.0+deb12.1-1", "0.1.0+deb13", "0.1.1",      "0.2",   "0.10",        "1.0-1",
      "1.0-1.1",         "1.0-2",       "1.0a",       "1:0.1"};
  for (std::size_t i = 0; i < rising.size(); ++i)
    for (std::size_t j = 0; j < rising.size(); ++j)
      CHECK_MESSAGE((compare_versions(rising[i], rising[j]) == (i <=> j)), rising[i] << " " << rising[j]);
  CHECK(compare_versions("1.0", "1.00") == 0);
  CHECK(compare_versions("1.0", "0:1.0") == 0);
  CHECK(compare_versions("1.0", "1.0-0") == 0);
}

TEST_CASE("a host gets the newest package for its release and architecture") {
  std::vector<PackageFile> packages;
  for (const char* name :
       {"ipop_0.1.0+deb12_amd64.deb", "ipop_0.1.0+deb12.10_amd64.deb", "ipop_0.1.0+deb12.9_amd64.deb",
        "ipop_0.2.0+deb13_amd64.deb", "ipop_0.1.0+deb12_arm64.deb", "grid-appliance-doc_0.1.0+deb12_all.deb"})
    packages.push_back(*parse_package_file(name));
  CHECK(choose_package(packages, "ipop", "12", "amd64") == packages[1]);
  CHECK(choose_package(packages, "ipop", "13", "amd64") == packages[3]);
  CHECK(choose_package(packages, "ipop", "12", "arm64") == packages[4]);
  CHECK(choose_package(packages, "grid-appliance-doc", "12", "arm64") == packages[5]);
  CHECK(!choose_package(packages, "ipop", "13", "arm64"));
  CHECK(!choose_package(packages, "ga", "12", "amd64"));
}
