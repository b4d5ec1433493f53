#include "updates/successor.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::updates;
using layers::LayerKind;

namespace {

layers::Manifest release_of(const char* name, LayerKind kind, std::uint64_t number) {
  layers::Manifest out;
  out.name = name;
  out.kind = kind;
  out.number = number;
  out.made = WallTime{1000};
  return out;
}

layers::Entry folder(const char* path) {
  layers::Entry out;
  out.kind = layers::EntryKind::directory;
  out.path = path;
  return out;
}

struct Fixture {
  layers::Stack stack{{{"debian", LayerKind::base, 3, 2, 3}, {"tools", LayerKind::module, 7, 0, 8}}, {}};
  History history{};
  crypto::Digest256 site = crypto::sha256(as_bytes("site"));
  crypto::Digest256 stranger = crypto::sha256(as_bytes("stranger"));
  Standing standing{stack, history, site, WallTime{900}, {}, false, false};

  [[nodiscard]] std::string verdict(const layers::Manifest& manifest) const {
    const auto checked = check_offer({manifest, site}, standing);
    if (!checked) return checked.error().message();
    return *checked ? to_string(**checked) : "nothing to do";
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a newer release of a base or a module is an update, the one in use is none") {
  CHECK(verdict(release_of("debian", LayerKind::base, 4)) == "base debian 3 4");
  CHECK(verdict(release_of("tools", LayerKind::module, 9)) == "module tools 7 9");
  CHECK(verdict(release_of("games", LayerKind::module, 1)) == "module games 0 1");
  CHECK(verdict(release_of("debian", LayerKind::base, 3)) == "nothing to do");
  CHECK(verdict(release_of("home", LayerKind::home, 1)) == "home-1: a home is no update");
}

TEST_CASE_FIXTURE(Fixture, "S20: an older release, and one that somebody went back from, is refused") {
  CHECK(verdict(release_of("debian", LayerKind::base, 2)) ==
        "debian: release 2 is older than 3, which was in use here");
  CHECK(verdict(release_of("tools", LayerKind::module, 8)) ==
        "tools-8: it was in use here, and somebody went back to release 7; --again tries it again");
  standing.again = true;
  CHECK(verdict(release_of("tools", LayerKind::module, 8)) == "module tools 7 8");
  CHECK(verdict(release_of("debian", LayerKind::base, 2)) ==
        "debian: release 2 is older than 3, which was in use here");
  layers::Manifest older = release_of("debian", LayerKind::base, 4);
  older.made = WallTime{899};
  CHECK(verdict(older) == "debian-4: it was made before the release in use");
}

TEST_CASE_FIXTURE(Fixture, "S20: a release of another repository does not mix in") {
  const auto manifest = release_of("debian", LayerKind::base, 4);
  CHECK(check_offer({manifest, stranger}, standing).error().message() ==
        "debian-4: it is signed by another key than the release in use; --other-signer takes it");
  standing.other_signer = true;
  CHECK(check_offer({manifest, stranger}, standing).has_value());
  CHECK(verdict(release_of("fedora", LayerKind::base, 4)) == "fedora: the base here is debian");
  CHECK(verdict(release_of("debian", LayerKind::module, 4)) == "debian: is a base here");
}

TEST_CASE_FIXTURE(Fixture, "a release that the machine went back from is not tried again by itself") {
  history.push_back({WallTime{1}, WallTime{2}, false, {ChangeKind::base, "debian", 3, 4}, "no condor"});
  CHECK(verdict(release_of("debian", LayerKind::base, 4)) ==
        "debian-4: the machine went back from it (no condor); --again tries it again");
  CHECK(verdict(release_of("debian", LayerKind::base, 5)) == "base debian 3 5");
  standing.again = true;
  CHECK(verdict(release_of("debian", LayerKind::base, 4)) == "base debian 3 4");
}

TEST_CASE_FIXTURE(Fixture, "while a module is worked on there is no update") {
  stack.development = "tools";
  CHECK(verdict(release_of("debian", LayerKind::base, 4)) ==
        "debian-4: the module tools is worked on (ga-layer dev tools --end)");
}

TEST_CASE_FIXTURE(Fixture, "a base must have the modules of the kernel that the boot disk starts") {
  standing.kernel = "6.12.57+deb13-cloud-amd64";
  layers::Manifest base = release_of("debian", LayerKind::base, 4);
  CHECK(verdict(base) == "base debian 3 4");
  base.entries = {folder("."),
                  folder("usr"),
                  folder("usr/lib"),
                  folder("usr/lib/modules"),
                  folder("usr/lib/modules/6.12.60+deb13-cloud-amd64"),
                  folder("usr/lib/modules/6.12.60+deb13-cloud-amd64/kernel")};
  CHECK(verdict(base) ==
        "debian-4: it has no modules for 6.12.57+deb13-cloud-amd64, the kernel that the boot disk starts");
  base.entries.push_back(folder("usr/lib/modules/6.12.57+deb13-cloud-amd64"));
  CHECK(verdict(base) == "base debian 3 4");
  CHECK(fits_kernel(base, ""));
  base.entries = {folder("lib/modules/6.1.0")};
  CHECK_FALSE(fits_kernel(base, standing.kernel));
  CHECK(fits_kernel(base, "6.1.0"));
}

TEST_CASE_FIXTURE(Fixture, "S20: newer packages are an update, unless the machine went back from them") {
  const PackagePlan plan{{"ipop", "1.0", "1.1"}, {"libx", "", "3"}};
  const auto judged = [&](const PackagePlan& what) {
    const auto checked = check_packages(what, standing);
    if (!checked) return checked.error().message();
    return *checked ? to_string(**checked) : "nothing to do";
  };
  const std::string name = name_of_plan(plan);
  CHECK(judged({}) == "nothing to do");
  CHECK(judged(plan) == "packages " + name + " 0 1");
  CHECK(judged({{"ipop", "1.1", "1.1~rc1"}}) == "ipop 1.1~rc1 is older than 1.1, which is in use");
  history.push_back(Ended{WallTime{1}, WallTime{2}, true, {ChangeKind::packages, "00", 6, 7}, {}});
  CHECK(judged(plan) == "packages " + name + " 7 8");
  history.push_back(Ended{WallTime{3}, WallTime{4}, false, {ChangeKind::packages, name, 7, 8}, "why"});
  CHECK(judged(plan) == "packages-8: the machine went back from it (why); --again tries it again");
  CHECK(judged({{"ipop", "1.0", "1.2"}}).starts_with("packages "));
  standing.again = true;
  CHECK(judged(plan) == "packages " + name + " 7 8");
  stack.development = "tools";
  CHECK(judged(plan) == "packages-8: the module tools is worked on (ga-layer dev tools --end)");
}
