#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "layers/mount_plan.hpp"

namespace ipop::layerfs {

/// One line of /proc/self/mountinfo (proc(5)).
struct Mount {
  std::string where{};
  std::string type{};
  std::string options{};  ///< the file system's own, for an overlay its directories
};

/// Lines that are none are left out.
std::vector<Mount> parse_mounts(std::string_view mountinfo);
/// What is mounted for this process. Errors: errno.
Result<std::vector<Mount>> mounts_of_process();

/// Whether an overlay writes to this directory; where it is mounted, or empty.
std::string mounted_over(const std::vector<Mount>& mounts, const std::string& upper);

/// What this process may do about mounts.
struct MountRights {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  bool is_root = false;  ///< of the machine, not of a user namespace
  bool in_user_namespace = false;
  bool has_fuse = false;  ///< /dev/fuse may be opened
  bool has_squashfuse = false;
  bool has_fuse_overlayfs = false;
};
MountRights rights_of_process();

/// Does one step. Steps are repeatable after an interruption. Errors: errno, or what the program says.
Result<void> carry_out(const layers::MountStep& step);

}  // namespace ipop::layerfs
