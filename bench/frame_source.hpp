#pragma once

#include "io/unique_fd.hpp"
#include "net/vnet_header.hpp"

namespace ipop::bench {

/// Hands frames to the kernel as if its own stack had made them: they leave by this interface.
class FrameSource {
 public:
  explicit FrameSource(unsigned interface);
  /// False when the kernel does not take it.
  bool send(const net::TapFrame& frame);

 private:
  io::UniqueFd fd_;
};

}  // namespace ipop::bench
