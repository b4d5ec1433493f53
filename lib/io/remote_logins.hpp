#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "net/endpoint.hpp"

namespace ipop::io {

/// Somebody's connection to the secure shell server of this machine.
struct RemoteLogin {
  net::Endpoint local{};
  net::Endpoint remote{};
  friend auto operator<=>(const RemoteLogin&, const RemoteLogin&) = default;
};

/// The logins that this process comes from, by the SSH_CONNECTION of its own environment or of a process
/// above it (sudo takes it out of its own), and all established connections of servers called sshd or
/// dropbear. What may not be read is left out. Sorted, each one once.
std::vector<RemoteLogin> remote_logins();

/// `192.0.2.7 50000 198.51.100.1 22`, as SSH_CONNECTION has it (ssh(1)); none for anything else.
std::vector<RemoteLogin> parse_ssh_connection(std::string_view text);

/// An established connection in /proc/net/tcp or tcp6 (proc(5)) and the number of its socket.
struct TcpConnection {
  RemoteLogin ends{};
  std::uint64_t inode = 0;
};
/// All of them; lines that are none are skipped.
std::vector<TcpConnection> parse_tcp_table(std::string_view text);

}  // namespace ipop::io
