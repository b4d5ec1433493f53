#pragma once

#include <string>
#include <vector>

#include "base/time.hpp"
#include "io/unique_fd.hpp"

namespace ipop::layerfs {

/// The processes that serve a FUSE file system at `where`, by their command lines: `fuse-overlayfs ... WHERE`.
///
/// Such a process goes on for a moment after its mount is gone, and holds what it was mounted over. Found before the
/// unmount, it can be waited for.
class FuseServers {
 public:
  explicit FuseServers(const std::string& where);

  /// Until all of them have ended, at most `limit` each.
  void wait(Duration limit) const;

 private:
  std::vector<io::UniqueFd> processes_;  // pidfd_open(2)
};

}  // namespace ipop::layerfs
