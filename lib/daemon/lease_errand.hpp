#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "io/event_loop.hpp"
#include "io/watched_process.hpp"

namespace ipop::daemon {

/// The program that carries a request to the group's lease server and brings the grant back (`ipop-dhcp ask`): HTTP and
/// TLS stay out of the process that carries the network.
class LeaseErrand {
 public:
  /// Called from the loop: with the grant's octets, or with a sentence that says why there is none.
  using OnGrant = std::function<void(ByteSpan)>;
  using OnFailure = std::function<void(const std::string&)>;
  LeaseErrand(io::EventLoop& loop, OnGrant on_grant, OnFailure on_failure);

  /// Runs the command with the request, in base64, behind it; nothing while the one before still runs.
  void start(std::vector<std::string> command, ByteSpan request);

 private:
  void handle_end(const Result<io::ProcessResult>& result);

  io::EventLoop& loop_;
  OnGrant on_grant_;
  OnFailure on_failure_;
  std::unique_ptr<io::WatchedProcess> process_;
};

}  // namespace ipop::daemon
