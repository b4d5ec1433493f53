#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "control/rpc.hpp"
#include "io/control_socket.hpp"
#include "node/command.hpp"

namespace ipop::daemon {

/// Between the control socket and the node: lines become commands, answers and events become lines.
///
/// Who may only read gets `permission_denied` for a change. A client may have 64 questions under way; one
/// that ends its stream is told no more events, gets its answers and is disconnected with the last. It may
/// watch 16 keys of the DHT; the changes of a key are for those alone who watch it.
class ControlDoor {
 public:
  using OnCommand = std::function<void(node::CommandId, const node::Command&)>;

  /// Errors: those of io::ControlSocket::listen.
  static Result<std::unique_ptr<ControlDoor>> open(io::EventLoop& loop, const std::string& path, OnCommand on_command);

  /// The node's answer; nobody's when its client has gone.
  void answer(node::CommandId id, const Result<node::Answer>& answer);
  /// For every subscriber; a change in the DHT for those who watch its key.
  void publish(const node::Event& event);
  /// Keys that clients watch: another node behind this door is to watch them as well.
  [[nodiscard]] std::vector<std::string> watched_keys() const;
  /// Keys that nobody watches any more, since their clients have gone or were refused.
  std::vector<std::string> take_ended_watches();
  [[nodiscard]] const Counters& counters() const { return socket_->counters(); }

 private:
  struct Pending {
    io::ClientId client{};
    control::RequestId request{};
    std::optional<std::string> watch{};  ///< the key that it asks to watch
  };

  explicit ControlDoor(OnCommand on_command) : on_command_(std::move(on_command)) {}
  void handle_line(io::ClientId client, io::Access access, std::string_view line);
  void handle_request(io::ClientId client, io::Access access, const control::Request& request);
  [[nodiscard]] std::vector<std::string> keys_of(io::ClientId client) const;
  void end_watch(io::ClientId client, const std::string& key);
  void handle_end(io::ClientId client);
  void forget(io::ClientId client);

  OnCommand on_command_;
  std::map<node::CommandId, Pending> pending_;
  std::map<io::ClientId, std::size_t> questions_;  // under way, of each client that has one
  std::set<io::ClientId> subscribers_;
  std::map<std::string, std::set<io::ClientId>> watchers_;  // by key of the DHT
  std::vector<std::string> ended_watches_;
  std::set<io::ClientId> ended_;  // that ask no more, and wait for answers
  std::uint64_t next_id_ = 1;
  std::unique_ptr<io::ControlSocket> socket_;
};

}  // namespace ipop::daemon
