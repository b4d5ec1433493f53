#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "io/event_loop.hpp"
#include "io/watched_process.hpp"

namespace ipop::daemon {

/// A program that does something for this node, one run at a time: it asks the authority for the next certificate, or
/// carries a request to the lease server. It is a program of its own because it talks HTTP and TLS, perhaps over the
/// virtual network that this process carries, and because a node needs to know nothing of either.
class Errand {
 public:
  using Handler = std::function<void(const std::string&)>;

  /// `program` is its name, as its complaints begin. Called from the loop when it has ended: `on_output` with what it
  /// printed, or `on_failure` with a sentence that says why it did not do it. After `limit` it is killed.
  Errand(io::EventLoop& loop, std::string program, Duration limit, Handler on_output, Handler on_failure);

  /// Runs the command; nothing while the one before still runs.
  void start(const std::vector<std::string>& command);

 private:
  void handle_end(const Result<io::ProcessResult>& result);

  io::EventLoop& loop_;
  std::string program_;
  Duration limit_;
  Handler on_output_;
  Handler on_failure_;
  std::unique_ptr<io::WatchedProcess> process_;
};

/// The rest of the first line that begins so; empty without one.
std::string_view line_after(std::string_view text, std::string_view begin);

}  // namespace ipop::daemon
