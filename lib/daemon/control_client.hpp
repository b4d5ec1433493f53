#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/control_socket.hpp"
#include "node/command.hpp"

namespace ipop::daemon {

/// A tool's end of a node's control socket: blocks, with a limit on every wait.
///
/// One connection carries both questions and a subscription: events that come while an answer is
/// waited for are kept (at most 1024, the oldest make room) for next_event(). To miss nothing, subscribe first and ask
/// for the status after.
///
/// Error codes, for a tool's exit status: std::errc::no_such_file_or_directory,
/// connection_refused and not_connected (node not running: 3), permission_denied and operation_not_permitted (4),
/// timed_out (6); the rest are the node's refusals.
class ControlClient {
 public:
  static Result<ControlClient> connect(const std::string& path);

  /// Asks and waits for the answer.
  Result<node::Answer> call(const node::Command& command, Duration limit);
  /// From here on events come. Errors: as call().
  Result<void> subscribe(Duration limit);
  /// The next event. Events that this release does not know are skipped.
  Result<node::Event> next_event(Duration limit);
  /// Whether the node's program was replaced since it started; none: this user may not know.
  [[nodiscard]] std::optional<bool> is_node_replaced() const { return socket_.is_server_replaced(); }

 private:
  explicit ControlClient(io::LineClient socket) : socket_(std::move(socket)) {}
  Result<node::Answer> wait_for_answer(std::int64_t id, TimePoint end);

  io::LineClient socket_;
  std::int64_t next_id_ = 1;
  std::deque<node::Event> events_;
};

}  // namespace ipop::daemon
