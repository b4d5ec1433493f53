#pragma once

#include <functional>
#include <span>

#include "io/unique_fd.hpp"
#include "net/vnet_header.hpp"

namespace ipop::bench {

/// Runs `body` in a network namespace of its own, which ends with it; false, and nothing is run, without the right to
/// make one.
bool in_own_network(const std::function<void()>& body);

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
