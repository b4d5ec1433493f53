#include "io/control_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/accept_connection.hpp"
#include "io/file.hpp"
#include "io/unix_address.hpp"

namespace ipop::io {

namespace {

constexpr const char* readers_group = "ga";
constexpr int control_backlog = 16;
constexpr std::size_t control_block = 65'536;

std::optional<gid_t> find_group(const char* name) {
  group entry{};
  group* found = nullptr;
  std::array<char, 16'384> buffer{};  // of the group's member list; a longer one reads as "no group"
  if (::getgrnam_r(name, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return std::nullopt;
  return entry.gr_gid;
}

Result<PeerCredentials> credentials_of(int fd) {
  ucred peer{};
  socklen_t length = sizeof(peer);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return last_error("reading SO_PEERCRED");
  PeerCredentials out{peer.uid, {peer.gid}};
  std::array<gid_t, 256> groups{};
  length = sizeof(groups);
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &length) == 0) {
    const std::size_t count = std::min(groups.size(), length / sizeof(gid_t));
    out.groups.insert(out.groups.end(), groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return out;
}

/// Whether a socket file is there that nobody serves. Errors: as of listen().
Result<bool> has_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return false;
  if (!S_ISSOCK(status.st_mode)) {
    return make_error(std::make_error_code(std::errc::file_exists),
                      "control socket " + path + ": something else is there (remove it, or choose --socket PATH)");
  }
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return last_error("control socket " + path);
  const bool answers = ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  // EAGAIN: somebody listens, and his queue is full.
  if (answers || errno == EAGAIN) {
    return make_error(std::make_error_code(std::errc::address_in_use),
                      "control socket " + path + ": a node is running there (stop it, or choose --socket PATH)");
  }
  if (errno != ECONNREFUSED) return last_error("control socket " + path);
  return true;
}

/// Empty: the working directory, or the root.
std::string directory_above(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

}  // namespace

Access access_of(const PeerCredentials& peer, uid_t own_user, std::optional<gid_t> readers) {
  if (peer.user == 0 || peer.user == own_user) return Access::change;
  if (readers && std::ranges::find(peer.groups, *readers) != peer.groups.end()) return Access::read;
  return Access::none;
}

struct ControlSocket::Client {
  UniqueFd socket;
  Access access = Access::none;
  std::string received;
  std::string unsent;
  bool waits_to_write = false;
  bool finished = false;
  std::unique_ptr<ReadWatch> watch;
};

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(EventLoop& loop, const std::string& path,
                                                             Handlers handlers) {
  const std::string context = "control socket " + path;
  const auto address = unix_address(path);
  if (!address) return address.error();
  if (const std::string directory = directory_above(path); !directory.empty()) {
    if (auto made = make_directories(directory, 0755); !made) return std::move(made).error().in(context);
  }
  const auto stale = has_stale(path, *address);
  if (!stale) return stale.error();
  if (*stale && ::unlink(path.c_str()) != 0) return last_error(context);

  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_error(context);
  // Nobody can connect before owner and mode are right.
  const mode_t mask = ::umask(0177);
  const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address));
  ::umask(mask);
  if (bound != 0) return last_error(context);
  // From here the destructor removes the file.
  std::unique_ptr<ControlSocket> out(new ControlSocket(loop, std::move(socket), path, std::move(handlers)));
  if (out->readers_ && ::chown(path.c_str(), static_cast<uid_t>(-1), *out->readers_) != 0) {
    // A user outside the group can't give it the file; it stays with the user alone.
    if (errno != EPERM) return last_error(context);
    out->readers_.reset();
  }
  if (::chmod(path.c_str(), out->readers_ ? 0660 : 0600) != 0) return last_error(context);
  if (::listen(out->socket_.get(), control_backlog) != 0) return last_error(context);
  out->watch_ = std::make_unique<ReadWatch>(loop, out->socket_.get(), [raw = out.get()] { raw->accept(); });
  return out;
}

Result<void> ControlSocket::check(const std::string& path) {
  const std::string context = "control socket " + path;
  const auto address = unix_address(path);
  if (!address) return address.error();
  if (const std::string directory = directory_above(path); !directory.empty()) {
    if (auto can = check_directories(directory); !can) return std::move(can).error().in(context);
    if (exists(directory) && !may_write_in(directory)) return last_error(context);
  }
  const auto stale = has_stale(path, *address);
  return stale ? Result<void>() : Result<void>(stale.error());
}

ControlSocket::ControlSocket(EventLoop& loop, UniqueFd socket, std::string path, Handlers handlers)
    : loop_(loop),
      socket_(std::move(socket)),
      path_(std::move(path)),
      readers_(find_group(readers_group)),
      handlers_(std::move(handlers)) {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0) file_ = {status.st_dev, status.st_ino};
}

ControlSocket::~ControlSocket() {
  // What is still queued (the answer to "stop") gets one chance to leave.
  for (auto& [id, client] : clients_)
    (void)::send(client->socket.get(), client->unsent.data(), client->unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0 && std::pair(status.st_dev, status.st_ino) == file_) ::unlink(path_.c_str());
}

void ControlSocket::accept() {
  while (true) {
    UniqueFd fd = accept_connection(socket_.get(), *watch_);
    if (!fd) return;
    if (clients_.size() >= max_clients) {
      counters_.add("drop_control_too_many");
      continue;
    }
    const auto credentials = credentials_of(fd.get());
    const Access access = credentials ? access_of(*credentials, ::geteuid(), readers_) : Access::none;
    if (access == Access::none) {
      counters_.add("drop_control_not_permitted");
      continue;
    }
    const ClientId id{next_client_++};
    auto client = std::make_unique<Client>();
    client->access = access;
    client->watch = std::make_unique<ReadWatch>(loop_, fd.get(), [this, id] { read(id); });
    client->socket = std::move(fd);
    clients_.emplace(id, std::move(client));
    counters_.add("control_clients");
  }
}

void ControlSocket::read(ClientId id) {
  Client* client = find(id);
  if (client == nullptr) return;
  std::array<char, control_block> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
  const ssize_t got = ::recv(client->socket.get(), block.data(), block.size(), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got < 0) return disconnect(id);
  if (got == 0) return take_end(id);
  client->received.append(block.data(), static_cast<std::size_t>(got));
  take_lines(id);
}

/// A handler may disconnect the client, so it is looked up again for every line.
void ControlSocket::take_lines(ClientId id) {
  while (Client* client = find(id)) {
    const auto end = client->received.find('\n');
    if (end == std::string::npos) {
      if (client->received.size() <= max_line) return;
      counters_.add("drop_control_line_too_long");
      return disconnect(id);
    }
    std::string line = client->received.substr(0, end);
    client->received.erase(0, end + 1);
    if (line.size() > max_line) {
      counters_.add("drop_control_line_too_long");
      return disconnect(id);
    }
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) handlers_.on_line(id, client->access, line);
  }
}

void ControlSocket::take_end(ClientId id) {
  Client* client = find(id);
  client->watch->on_closed([this, id] { disconnect(id); });
  if (!client->received.empty()) {
    client->received += '\n';
    take_lines(id);
  }
  if (find(id) != nullptr) handlers_.on_end(id);
}

void ControlSocket::send(ClientId id, std::string_view line) {
  Client* client = find(id);
  if (client == nullptr) return;
  client->unsent += line;
  client->unsent += '\n';
  flush(id);
}

void ControlSocket::finish(ClientId id) {
  Client* client = find(id);
  if (client == nullptr) return;
  client->finished = true;
  flush(id);
}

void ControlSocket::flush(ClientId id) {
  Client* client = find(id);
  if (client == nullptr) return;
  while (!client->unsent.empty()) {
    const ssize_t sent =
        ::send(client->socket.get(), client->unsent.data(), client->unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno != EAGAIN) return disconnect(id);
    if (sent < 0) break;
    client->unsent.erase(0, static_cast<std::size_t>(sent));
  }
  if (client->unsent.size() > max_backlog) {
    counters_.add("drop_control_slow_reader");
    return disconnect(id);
  }
  if (client->unsent.empty() && client->finished) return disconnect(id);
  if (client->unsent.empty() || client->waits_to_write) return;
  client->waits_to_write = true;
  client->watch->on_writable([this, id] {
    if (Client* waiting = find(id)) waiting->waits_to_write = false;
    flush(id);
  });
}

void ControlSocket::disconnect(ClientId id) {
  const auto it = clients_.find(id);
  if (it == clients_.end()) return;
  it->second->watch.reset();
  clients_.erase(it);
  handlers_.on_gone(id);
}

ControlSocket::Client* ControlSocket::find(ClientId id) {
  const auto it = clients_.find(id);
  return it == clients_.end() ? nullptr : it->second.get();
}

}  // namespace ipop::io
