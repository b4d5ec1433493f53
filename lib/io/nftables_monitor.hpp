#pragma once

#include <functional>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// Calls its handler after anybody changed the packet filter of this network namespace, also after a change of ours.
class NftablesMonitor {
 public:
  /// Errors: errno (a kernel without nftables).
  static Result<NftablesMonitor> open(EventLoop& loop, std::function<void()> on_change);

 private:
  NftablesMonitor(UniqueFd socket, EventLoop& loop, std::function<void()> on_change);

  UniqueFd socket_;
  ReadWatch watch_;
};

}  // namespace ipop::io
