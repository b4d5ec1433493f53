#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "control/rpc.hpp"
#include "io/control_socket.hpp"
#include "io/event_loop.hpp"
#include "node/command.hpp"

namespace ipop::follow {

/// Follows a node of this machine over its control socket: connects, subscribes, keeps its status, asks,
/// and connects again whenever the node comes back.
///
/// Never blocks but in wait_until(). All handlers are called from the loop; they may call the follower.
class NodeFollower {
 public:
  struct Handlers {
    /// The node's state: after each connection, and after each event that changes it.
    std::function<void(const node::StatusAnswer&)> on_status{};
    /// Every event of the node, in its order; the status that it changes comes after it.
    std::function<void(const node::Event&)> on_event{};
    /// The node went away, or did not answer the first time: told once until it answers again.
    std::function<void(const Error&)> on_lost{};
  };
  using AnswerHandler = std::function<void(Result<node::Answer>)>;

  /// Questions under way at once; each one more fails with Errc::exhausted.
  static constexpr std::size_t most_asked = 4096;

  NodeFollower(io::EventLoop& loop, std::string socket, Handlers handlers);
  NodeFollower(const NodeFollower&) = delete;
  NodeFollower& operator=(const NodeFollower&) = delete;

  /// Asks; `on_answer` is called exactly once, while the follower lives. Errors that it gets:
  /// std::errc::not_connected (the node is not running, or went away), Errc::exhausted, and the node's refusals.
  void ask(const node::Command& command, AnswerHandler on_answer);

  /// Runs the loop until `is_so`, which is looked at after each handler. Errors: timed_out; why the node
  /// may not be asked (permission_denied). A node that is away is waited for.
  Result<void> wait_until(const std::function<bool()>& is_so, Duration limit);

  [[nodiscard]] bool is_connected() const { return connection_ != nullptr; }
  /// What the node said last; none while it is away.
  [[nodiscard]] const std::optional<node::StatusAnswer>& status() const { return status_; }
  /// Why it is away; none while it is connected.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

 private:
  struct Connection {
    io::LineClient client;
    std::optional<io::ReadWatch> watch{};
  };

  void connect();
  void read();
  void take(const control::AnswerMessage& message);
  void take(const node::Event& event);
  void ask_status();
  void lose(Error why);
  void fail_later(AnswerHandler on_answer, Error why);

  io::EventLoop& loop_;
  std::string socket_;
  Handlers handlers_;
  io::LoopTimer retry_;
  std::unique_ptr<Connection> connection_;
  std::map<std::int64_t, AnswerHandler> asked_;
  std::optional<node::StatusAnswer> status_;
  std::optional<Error> trouble_;
  bool is_status_asked_ = false;
  bool is_status_stale_ = false;  // changed again while the answer was on its way
  std::int64_t next_id_ = 1;
  std::shared_ptr<bool> is_alive_ = std::make_shared<bool>(true);  // for what was posted to the loop
};

}  // namespace ipop::follow
