#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "layers/stack.hpp"

namespace ipop::layers {

/// Where things are in a store.
struct StoreLayout {
  std::string root{};

  [[nodiscard]] std::string stack_file() const { return root + "/stack"; }
  [[nodiscard]] std::string images() const { return root + "/images"; }
  [[nodiscard]] std::string release(std::string_view name, std::uint64_t number) const;  ///< without an ending
  [[nodiscard]] std::string image(std::string_view name, std::uint64_t number) const;
  [[nodiscard]] std::string manifest(std::string_view name, std::uint64_t number) const;
  [[nodiscard]] std::string mount_point(std::string_view name, std::uint64_t number) const;
  [[nodiscard]] std::string unpacked(std::string_view name, std::uint64_t number) const;
  [[nodiscard]] std::string mounts() const { return root + "/mounts"; }
  [[nodiscard]] std::string incoming() const { return root + "/incoming"; }
  /// A writable layer is a directory with two in it: its tree, and overlayfs' own work beside it.
  [[nodiscard]] std::string home() const { return root + "/home"; }
  [[nodiscard]] std::string home_before() const { return root + "/home.before"; }
  [[nodiscard]] std::string development(std::string_view name) const;
};
constexpr const char* tree_of_writable = "/up";
constexpr const char* work_of_writable = "/wk";

/// Who lays the layers over one another.
enum class MountWay {
  kernel,          ///< root: loop devices and overlayfs
  user_namespace,  ///< overlayfs in a user namespace; the mount is seen inside only
  fuse,            ///< fuse-overlayfs, for ordinary users
};

struct MountFacts {
  MountWay way = MountWay::kernel;
  bool has_squashfuse = false;  ///< without it, images are unpacked where the kernel does not mount them
  std::string target{};
  std::uint32_t uid = 0;  ///< of who mounts: through FUSE all is his, as in a user namespace
  std::uint32_t gid = 0;
  std::vector<std::string> attached{};  ///< where something is mounted already
};

/// One step; what its fields mean is in its text.
struct MountStep {
  enum class Kind { attach_loop, attach_fuse, unpack, make_writable, overlay, fuse_overlay, detach };
  Kind kind = Kind::overlay;
  std::string from{};  ///< image, or for make_writable the directory whose owner and mode the root takes
  std::string to{};
  std::vector<std::string> lowers{};  ///< the highest first
  std::string upper{};                ///< empty: read-only
  std::string work{};
  std::string options{};
  friend bool operator==(const MountStep&, const MountStep&) = default;
};
std::string to_string(const MountStep& step);

/// The steps that mount the stack on `facts.target`: base, modules, and home; in development mode home is left out and
/// what is written goes to the module. Steps that were done already are not in it. Errors: not_found (nothing to lie
/// over one another), malformed (a path with octets that overlayfs takes for its own).
Result<std::vector<MountStep>> make_mount_plan(const Stack& stack, const StoreLayout& store, const MountFacts& facts);

/// The steps back: the target, then the images that lie there for it.
std::vector<MountStep> make_unmount_plan(const StoreLayout& store, const MountFacts& facts);

}  // namespace ipop::layers
