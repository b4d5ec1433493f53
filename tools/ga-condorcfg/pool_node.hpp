#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "control/rpc.hpp"
#include "io/control_socket.hpp"
#include "io/event_loop.hpp"
#include "node/command.hpp"

namespace ipop::ga_condorcfg {

/// The group's node, as a pool needs it: the address that it holds, the managers that are announced, and a
/// place to announce one. Never blocks; a node that goes away is waited for.
class PoolNode {
 public:
  struct Handlers {
    /// The node's state, told after each connection and each change of its lease or name.
    std::function<void(const node::StatusAnswer&)> on_status;
    /// What stands under pool::manager_key, told once and after each change.
    std::function<void(const node::DhtAnswer&)> on_managers;
    /// The node went away.
    std::function<void()> on_lost;
    std::function<void(const LogLine&)> log;
  };

  PoolNode(io::EventLoop& loop, std::string socket, Handlers handlers);

  /// Stores `text` in the DHT and keeps it there; empty: takes it away.
  void announce(std::string text);

 private:
  void connect();
  void disconnect(const std::string& reason);
  void read();
  void take_line(std::string_view line);
  void take_event(const node::Event& event);
  void take_stored(const control::AnswerMessage& message);
  void ask(std::int64_t id, const node::Command& command);
  void ask_managers();
  void put();

  io::EventLoop& loop_;
  std::string socket_;
  Handlers handlers_;
  std::optional<io::LineClient> client_;
  std::optional<io::ReadWatch> watch_;
  std::string announcement_;
  bool is_stored_ = false;  ///< something of ours may stand in the DHT
  bool is_complaining_ = false;
  bool can_watch_ = true;  ///< the node tells of changes
  std::size_t hinted_looks_ = 0;
  io::LoopTimer reconnect_;
  io::LoopTimer renew_;
  io::LoopTimer look_again_;
};

}  // namespace ipop::ga_condorcfg
