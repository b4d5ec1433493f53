#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "io/control_socket.hpp"
#include "io/event_loop.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::ga_cert {

/// The open group's node, as a server on its virtual network needs it: what address it holds, and a
/// place in the DHT to tell where the server is. Never blocks; a node that goes away is waited for.
class OpenGroup {
 public:
  struct Handlers {
    /// The node's address changed; none: it lost its lease.
    std::function<void(std::optional<net::Ipv4Address>)> on_address;
    std::function<void(const LogLine&)> log;
  };

  OpenGroup(io::EventLoop& loop, std::string socket, Handlers handlers);

  /// Stores `value` in the DHT and keeps it there; empty: no longer.
  void announce(std::string value);

 private:
  void connect();
  void disconnect(const std::string& reason);
  void read();
  void take_line(std::string_view line);
  void set_address(std::optional<net::Ipv4Address> address);
  void put();

  io::EventLoop& loop_;
  std::string socket_;
  Handlers handlers_;
  std::optional<io::LineClient> client_;
  std::optional<io::ReadWatch> watch_;
  std::optional<net::Ipv4Address> address_;
  std::string announcement_;
  bool is_complaining_ = false;
  bool is_announced_ = false;
  io::LoopTimer reconnect_;
  io::LoopTimer renew_;
};

}  // namespace ipop::ga_cert
