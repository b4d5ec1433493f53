#include "updates/package_plan.hpp"

#include <doctest/doctest.h>

#include "updates/debian_version.hpp"

using namespace ipop;
using namespace ipop::updates;

TEST_CASE("versions are ordered as Debian's policy says") {
  // Each is newer than the one before it.
  constexpr const char* rising[] = {"0.9",
                                    "1.0~~",
                                    "1.0~~a",
                                    "1.0~",
                                    "1.0~rc1",
                                    "1.0",
                                    "1.0-1~b",
                                    "1.0-1",
                                    "1.0-1+b1",
                                    "1.0-1.1",
                                    "1.0a",
                                    "1.0+deb12",
                                    "1.0+deb13",
                                    "1.0+deb13.1",
                                    "1.0.1",
                                    "1.2",
                                    "1.10",
                                    "1.99999999999999999999",
                                    "1.100000000000000000000",
                                    "2-1-1",
                                    "2-1-2",
                                    "1:0.1",
                                    "2:0"};
  for (std::size_t i = 0; i < std::size(rising); ++i) {
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      CAPTURE(rising[i]);
      CAPTURE(rising[j]);
      CHECK(compare_debian_versions(rising[i], rising[j]) == (i <=> j));
    }
  }
  CHECK(compare_debian_versions("0:1.0", "1.0") == 0);
  CHECK(compare_debian_versions("1.0-0", "1.0") == 0);
  CHECK(compare_debian_versions("1.001", "1.1") == 0);
}

TEST_CASE("a plan is what apt says that it would install") {
  const auto plan = parse_simulation(
      "Reading package lists...\n"
      "The following packages will be upgraded:\n  ga-one ga-two\n"
      "Inst ga-two [1.0+deb12] (2.0+deb12 Grid Appliance:bookworm [amd64]) [ga-one:amd64 ]\n"
      "Inst ga-three (1.0+deb12 Grid Appliance:bookworm [amd64])\n"
      "Inst ga-one:i386 [1:1.0] (1:2.0 Debian:12.5/stable, Debian-Security:12/stable-security [i386])\n"
      "Conf ga-two (2.0+deb12 Grid Appliance:bookworm [amd64])\n");
  REQUIRE(plan);
  CHECK(*plan == PackagePlan{{"ga-one:i386", "1:1.0", "1:2.0"},
                             {"ga-three", "", "1.0+deb12"},
                             {"ga-two", "1.0+deb12", "2.0+deb12"}});
  CHECK(to_string(*plan) ==
        "grid-appliance packages 1\nga-one:i386 1:1.0 1:2.0\nga-three - 1.0+deb12\nga-two 1.0+deb12 2.0+deb12\n");
  CHECK(*parse_plan(to_string(*plan), "p") == *plan);
  CHECK(parse_simulation("0 upgraded, 0 newly installed\n")->empty());
}

TEST_CASE("a plan that removes something, and one that is not understood, is none") {
  CHECK(parse_simulation("Inst a [1] (2 X [amd64])\nRemv libc6 [2.36]\n").error().message() ==
        "libc6 would have to be removed, which an upgrade never does");
  for (const char* wrong :
       {"Inst\n", "Inst a\n", "Inst a [1 (2 X)\n", "Inst a [1]\n", "Inst a 2\n", "Inst a (\n", "Inst a [-] (2 X)\n"})
    CHECK_FALSE(parse_simulation(wrong).has_value());
}

TEST_CASE("a wrong line of a plan is named") {
  CHECK(parse_plan("grid-appliance packages 2\n", "p").error().message() ==
        "p, line 1: must be \"grid-appliance packages 1\"");
  for (const char* wrong : {"a 1\n", "a 1 -\n", "a  1 2\n", "a 1 2 3\n", "a 1 2"})
    CHECK(parse_plan(std::string("grid-appliance packages 1\n") + wrong, "p").error().message() ==
          "p, line 2: must be a package, its version and a newer one");
}

TEST_CASE("the name of a plan stands for what it leads to") {
  const PackagePlan plan{{"a", "1", "2"}};
  CHECK(name_of_plan(plan).size() == 16);
  CHECK(name_of_plan(plan) == name_of_plan({{"a", "1.5", "2"}}));
  CHECK(name_of_plan(plan) != name_of_plan({{"a", "1", "2.1"}}));
  CHECK(name_of_plan(plan) != name_of_plan({{"a", "1", "2"}, {"b", "", "1"}}));
}

TEST_CASE("an upgrade needs room for the archives and for what is in them") {
  CHECK(octets_of_packages("Package: a\nInstalled-Size: 100\nSize: 2000\n\nPackage: b\nSize: 7\nInstalled-Size: x\n") ==
        100 * 1024 + 2007);
  CHECK(octets_of_packages("") == 0);
}
