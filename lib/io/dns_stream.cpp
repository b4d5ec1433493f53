#include "io/dns_stream.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

namespace ipop::io {
namespace {

constexpr std::size_t dns_block = 16'384;
constexpr std::size_t length_size = 2;

}  // namespace

/// Shared with the calls that are under way, each of which may be the last.
struct DnsStream::State : std::enable_shared_from_this<DnsStream::State> {
  State(EventLoop& in, UniqueFd fd, Handlers calls) : loop(in), socket(std::move(fd)), handlers(std::move(calls)) {}

  EventLoop& loop;
  UniqueFd socket;
  Handlers handlers;
  std::unique_ptr<ReadWatch> watch;
  Bytes received;
  Bytes unsent;
  bool waits_to_write = false;
  bool closed = false;

  void start() {
    watch = std::make_unique<ReadWatch>(loop, socket.get(), [this] { read(); });
    wait_writable();
  }

  void close() {
    closed = true;
    watch.reset();
  }

  void end() {
    if (closed) return;
    close();
    handlers.on_end();
  }

  void read() {
    const auto self = shared_from_this();
    std::array<std::byte, dns_block> block;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by recv
    const ssize_t got = ::recv(socket.get(), block.data(), block.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return end();
    append(received, ByteSpan(block).first(static_cast<std::size_t>(got)));
    std::size_t taken = 0;
    while (!closed) {
      ByteReader in(ByteSpan(received).subspan(taken));
      const ByteSpan message = in.take_sized16();
      if (!in.ok()) break;
      taken += length_size + message.size();
      // A copy: what the handler sends may come back to this stream.
      handlers.on_message(to_bytes(message));
    }
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(taken));
  }

  void write() {
    while (!unsent.empty()) {
      const ssize_t sent = ::send(socket.get(), unsent.data(), unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      // ENOTCONN: the connection is being made.
      if (sent < 0 && errno != EAGAIN && errno != ENOTCONN) return end();
      if (sent < 0) return wait_writable();
      unsent.erase(unsent.begin(), unsent.begin() + sent);
    }
  }

  void wait_writable() {
    if (waits_to_write || closed) return;
    waits_to_write = true;
    watch->on_writable([this] {
      const auto self = shared_from_this();
      waits_to_write = false;
      write();
    });
  }
};

DnsStream::DnsStream(EventLoop& loop, UniqueFd socket, Handlers handlers)
    : state_(std::make_shared<State>(loop, std::move(socket), std::move(handlers))) {
  state_->start();
}

DnsStream::~DnsStream() {
  state_->close();
}

void DnsStream::send(ByteSpan message) {
  ByteWriter out(state_->unsent);
  out.write_sized16(message);
  if (state_->unsent.size() <= max_backlog) return state_->wait_writable();
  // From the loop: the caller may stand in one of this stream's own calls.
  state_->loop.post([weak = std::weak_ptr(state_)] {
    if (const auto state = weak.lock()) state->end();
  });
}

}  // namespace ipop::io
