#include "layers/stack.hpp"

#include <doctest/doctest.h>

#include "layers/mount_plan.hpp"

using namespace ipop;
using namespace ipop::layers;

namespace {

Stack two_layers() {
  return {{{"debian", LayerKind::base, 3, 2, 3}, {"tools", LayerKind::module, 7, 0, 7}}, {}};
}

Manifest release_of(const char* name, LayerKind kind, std::uint64_t number, const char* octets = "image") {
  Manifest out;
  out.name = name;
  out.kind = kind;
  out.number = number;
  out.payload = crypto::sha256(as_bytes(octets));
  return out;
}

std::string text_of(const std::vector<MountStep>& steps) {
  std::string out;
  for (const MountStep& step : steps)
    out += to_string(step) + '\n';
  return out;
}

}  // namespace

TEST_CASE("a stack is read as it was written, and a wrong line of it is named") {
  Stack stack = two_layers();
  stack.development = "tools";
  CHECK(*parse_stack(to_string(stack), "s") == stack);
  CHECK(to_string(stack) ==
        "grid-appliance layer stack 1\nlayer base debian 3 2 3\nlayer module tools 7 0 7\ndevelopment tools\n");
  const std::string head = "grid-appliance layer stack 1\n";
  CHECK(parse_stack(head + "layer base debian 3 2 2\n", "s").error().message() ==
        "s, line 2: the numbers must be whole, and the highest last");
  for (const char* wrong :
       {"", "layer base x 1 0 1", "layer home x 1 0 1\n", "layer base x 1 0\n", "layer base X 1 0 1\n",
        "layer module x 1 0 1\nlayer module x 1 0 1\n", "layer module x 1 0 1\nlayer base y 1 0 1\n", "development x\n",
        "layer base x 1 0 1\ndevelopment x\n", "layer module x 1 0 1\ndevelopment x\nmore\n"})
    CHECK((parse_stack(head + wrong, "s").has_value() == (*wrong == '\0')));
  CHECK_FALSE(parse_stack("", "s").has_value());
}

TEST_CASE("a new release goes over the one before, and rollback goes back to that once") {
  const auto next = with_release(two_layers(), release_of("tools", LayerKind::module, 8));
  REQUIRE(next.has_value());
  CHECK(*find_layer(*next, "tools") == StackLayer{"tools", LayerKind::module, 8, 7, 8});
  const auto back = with_rollback(*next, "tools");
  REQUIRE(back.has_value());
  CHECK(*find_layer(*back, "tools") == StackLayer{"tools", LayerKind::module, 7, 0, 8});
  CHECK_FALSE(with_rollback(*back, "tools").has_value());
  CHECK_FALSE(with_rollback(*back, "nothing").has_value());
}

TEST_CASE("S12: a number below one that was in use is refused, also after a rollback") {
  CHECK(with_release(two_layers(), release_of("tools", LayerKind::module, 6)).error().code == Errc::expired);
  auto back = with_rollback(*with_release(two_layers(), release_of("tools", LayerKind::module, 9)), "tools");
  CHECK(with_release(*back, release_of("tools", LayerKind::module, 8)).error().code == Errc::expired);
  CHECK(with_release(*back, release_of("tools", LayerKind::module, 9)).has_value());
}

TEST_CASE("S12: one number stands for one image") {
  const Stack stack = two_layers();
  const auto same = release_of("tools", LayerKind::module, 7);
  CHECK(*with_release(stack, same, same.payload) == stack);
  CHECK(with_release(stack, release_of("tools", LayerKind::module, 7, "other"), same.payload).error().code ==
        Errc::conflict);
}

TEST_CASE("there is one base, at the bottom, and a name keeps its kind") {
  CHECK(with_release(two_layers(), release_of("fedora", LayerKind::base, 1)).error().code == Errc::conflict);
  CHECK(with_release(two_layers(), release_of("tools", LayerKind::base, 8)).error().code == Errc::conflict);
  Stack only_module{{{"tools", LayerKind::module, 7, 0, 7}}, {}};
  CHECK(with_release(only_module, release_of("debian", LayerKind::base, 1))->layers.front().name == "debian");
  Stack full;
  for (std::size_t i = 0; i < most_layers; ++i)
    full.layers.push_back({"m" + std::to_string(i), LayerKind::module, 1, 0, 1});
  CHECK(with_release(full, release_of("one-more", LayerKind::module, 1)).error().code == Errc::exhausted);
}

TEST_CASE("one module at a time is worked on, and never a base") {
  const auto next = with_development(two_layers(), "new");
  REQUIRE(next.has_value());
  CHECK(next->layers.back() == StackLayer{"new", LayerKind::module, 0, 0, 0});
  CHECK(*with_development(*next, "new") == *next);
  CHECK(with_development(*next, "tools").error().code == Errc::conflict);
  CHECK(with_development(two_layers(), "debian").error().code == Errc::conflict);
  CHECK(with_development(two_layers(), "../x").error().code == Errc::malformed);
}

TEST_CASE("root mounts images by loop devices and home over them") {
  const auto plan = make_mount_plan(two_layers(), {"/s"}, {MountWay::kernel, false, "/m", 0, 0, {}});
  REQUIRE(plan.has_value());
  CHECK(text_of(*plan) ==
        "mount /s/images/tools-7.squashfs on /s/mounts/tools-7 (squashfs, loop device)\n"
        "mount /s/images/debian-3.squashfs on /s/mounts/debian-3 (squashfs, loop device)\n"
        "make the writable folder /s/home\n"
        "mount on /m (overlayfs, redirect_dir=on,metacopy=off,index=off,xino=off): /s/mounts/tools-7 over "
        "/s/mounts/debian-3, written to /s/home/up\n");
}

TEST_CASE("in development home is left out, and the module's own folder is over all others") {
  Stack stack = two_layers();
  stack.layers.push_back({"more", LayerKind::module, 2, 0, 2});
  stack.development = "tools";
  const auto plan =
      make_mount_plan(stack, {"/s"}, {MountWay::user_namespace, true, "/m", 0, 0, {"/s/mounts/debian-3"}});
  REQUIRE(plan.has_value());
  CHECK(text_of(*plan) ==
        "mount /s/images/more-2.squashfs on /s/mounts/more-2 (squashfuse)\n"
        "make the writable folder /s/development/tools\n"
        "mount on /m (overlayfs, userxattr): /s/mounts/more-2 over /s/mounts/debian-3, written to "
        "/s/development/tools/up\n");
}

TEST_CASE("what can't mount images unpacks them, and what is mounted is not mounted again") {
  const auto plan = make_mount_plan(two_layers(), {"/s"}, {MountWay::fuse, false, "/m", 1000, 100, {}});
  CHECK(text_of(*plan).starts_with("unpack /s/images/tools-7.squashfs to /s/unpacked/tools-7\n"));
  CHECK(plan->back().options == "squash_to_uid=1000,squash_to_gid=100");
  CHECK(make_mount_plan(two_layers(), {"/s"}, {MountWay::kernel, false, "/m", 0, 0, {"/m"}})->empty());
  CHECK_FALSE(make_mount_plan({}, {"/s"}, {MountWay::kernel, false, "/m", 0, 0, {}}).has_value());
  for (const char* path : {"/a:b", "/a,b", "/a\\b", "/a\"b"})
    CHECK_FALSE(make_mount_plan(two_layers(), {path}, {MountWay::kernel, false, "/m", 0, 0, {}}).has_value());
}

TEST_CASE("the way back takes the target first, then the images") {
  CHECK(text_of(make_unmount_plan({"/s"}, {MountWay::kernel, false, "/m", 0, 0, {"/proc", "/s/mounts/a-1", "/m"}})) ==
        "unmount /m\nunmount /s/mounts/a-1\n");
  CHECK(make_unmount_plan({"/s"}, {MountWay::kernel, false, "/m", 0, 0, {"/proc"}}).empty());
}
