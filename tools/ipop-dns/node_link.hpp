#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "control/rpc.hpp"
#include "io/control_socket.hpp"
#include "io/event_loop.hpp"
#include "router/dns_relay.hpp"

namespace ipop::ipop_dns {

/// A connection to a node's control socket that is made again whenever the node comes back, for DNS
/// queries; never waits.
class NodeLink {
 public:
  struct Handlers {
    /// What the node answers for, told after each connection. None: it has no virtual network.
    std::function<void(std::optional<router::DnsZone>)> on_connected;
    std::function<void()> on_lost;
    std::function<void(std::uint64_t number, ByteSpan message)> on_answer;
    std::function<void(std::uint64_t number)> on_failure;
  };

  /// All calls of the handlers come from the loop.
  NodeLink(io::EventLoop& loop, std::string socket, Handlers handlers);

  /// The answer, or the failure, carries `number`.
  void ask(std::uint64_t number, ByteSpan query);

 private:
  struct Connection {
    io::LineClient client;
    std::optional<io::ReadWatch> watch{};
  };

  void connect();
  void read();
  void take(const control::AnswerMessage& message);
  void lose();

  io::EventLoop& loop_;
  std::string socket_;
  Handlers handlers_;
  io::LoopTimer retry_;
  std::unique_ptr<Connection> connection_;
  std::map<std::int64_t, std::uint64_t> asked_;  // id of a request, number of a query
  std::optional<std::int64_t> status_asked_;
  std::int64_t next_id_ = 1;
};

}  // namespace ipop::ipop_dns
