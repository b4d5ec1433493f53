#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

#include "base/counters.hpp"
#include "base/result.hpp"
#include "base/strong_id.hpp"
#include "base/time.hpp"
#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

using ClientId = StrongId<struct ClientTag, std::uint64_t>;

/// Who is at the other end of a Unix socket, as the kernel says (SO_PEERCRED, SO_PEERGROUPS).
struct PeerCredentials {
  uid_t user = 0;
  std::vector<gid_t> groups{};  ///< primary and supplementary
};

/// What a client may ask for.
enum class Access { none, read, change };

/// Root and the node's own user change; the group of the socket reads; nobody else may do anything.
Access access_of(const PeerCredentials& peer, uid_t own_user, std::optional<gid_t> readers);

/// Serves lines of text on a Unix socket: one message a line, both ways.
///
/// A client may end its stream (shutdown(2), SHUT_WR) and go on reading; what it sent last is a line also
/// without an end. It keeps its place until finish(), or until it closes.
///
/// The socket is of mode 0660 and group `ga` where the host has that group. Bounds: 64 clients, 1 MiB
/// a line, 4 MiB of answers that a client has not read; who breaks one is disconnected and counted.
class ControlSocket {
 public:
  struct Handlers {
    /// A whole line, without its end.
    std::function<void(ClientId, Access, std::string_view)> on_line;
    /// The client's stream ended after its last line: answer what is under way, then finish() it.
    std::function<void(ClientId)> on_end;
    /// The client went away or was disconnected; its id comes no more.
    std::function<void(ClientId)> on_gone;
  };

  static constexpr std::size_t max_clients = 64;
  static constexpr std::size_t max_line = std::size_t{1} << 20U;
  static constexpr std::size_t max_backlog = std::size_t{4} << 20U;

  /// Makes the directory above `path` when it is missing. A socket file that nobody serves any more is
  /// replaced. Errors: std::errc::address_in_use (another program answers there), file_exists (no
  /// socket), filename_too_long (108 octets), other errno.
  static Result<std::unique_ptr<ControlSocket>> listen(EventLoop& loop, const std::string& path, Handlers handlers);
  /// What listen() would say of `path`, which stays as it is. Errors: as of listen().
  static Result<void> check(const std::string& path);

  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  /// Disconnects all and removes the socket file, if it is still ours.
  ~ControlSocket();

  /// Queues `line` (without its end) for a client; one that is gone is skipped.
  void send(ClientId client, std::string_view line);
  /// Disconnects a client once what is queued for it is written.
  void finish(ClientId client);
  [[nodiscard]] std::size_t clients() const { return clients_.size(); }
  /// `control_clients`, `drop_control_*`.
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Client;

  ControlSocket(EventLoop& loop, UniqueFd socket, std::string path, Handlers handlers);
  void accept();
  void read(ClientId id);
  void take_lines(ClientId id);
  void take_end(ClientId id);
  void flush(ClientId id);
  void disconnect(ClientId id);
  [[nodiscard]] Client* find(ClientId id);

  EventLoop& loop_;
  UniqueFd socket_;
  std::string path_;
  std::pair<dev_t, ino_t> file_{};  // what was bound: another node's later socket stays
  std::optional<gid_t> readers_;
  Handlers handlers_;
  std::map<ClientId, std::unique_ptr<Client>> clients_;
  std::uint64_t next_client_ = 1;
  Counters counters_;
  std::unique_ptr<ReadWatch> watch_;
};

/// The client's end of such a socket; blocks, with a limit on every wait. For tools.
class LineClient {
 public:
  /// Errors: errno, with the path as context; no_such_file_or_directory and connection_refused mean
  /// that nobody serves it, permission_denied that this user may not.
  static Result<LineClient> connect(const std::string& path);

  /// Writes `line` and its end. Errors: timed_out, errno.
  Result<void> send(std::string_view line, Duration limit);
  /// The next line, without its end. Errors: timed_out; not_connected when the other end is closed;
  /// Errc::too_large; errno.
  Result<std::string> receive(Duration limit);
  /// Whether the program that listens was replaced or removed since it started. None: this user may not know.
  [[nodiscard]] std::optional<bool> is_server_replaced() const;
  /// For callers that wait for more than this: readable when a line may have come.
  [[nodiscard]] int fd() const { return socket_.get(); }

 private:
  explicit LineClient(UniqueFd socket) : socket_(std::move(socket)) {}

  UniqueFd socket_;
  std::string received_;
};

}  // namespace ipop::io
