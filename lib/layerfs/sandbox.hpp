#pragma once

#include <cstdint>
#include <functional>

#include "base/result.hpp"

namespace ipop::layerfs {

/// What a confined process may have.
struct Confinement {
  int directory = -1;              ///< the only place in which it may write
  std::uint64_t largest_file = 0;  ///< octets
};

/// Runs `work` in a process that can read what is open already and make files in one directory, and nothing else: no
/// other file (Landlock, or a root directory of its own where the kernel has no Landlock), no link, program, socket or
/// mount (seccomp), no capability, 1 GiB of memory.
///
/// Nothing of what `work` says is more than a claim of somebody who may have been taken over by what he read. Errors:
/// what `work` reports; not_authorized when it was ended, or when this kernel can't confine it.
Result<void> run_confined(const Confinement& confinement, const std::function<Result<void>()>& work);

}  // namespace ipop::layerfs
