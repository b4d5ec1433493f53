#include "io/dns_exchanges.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include "io/dns_stream.hpp"
#include "io/socket_address.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {
namespace {

constexpr std::size_t max_datagram = 65'536;

}  // namespace

struct DnsExchanges::Exchange {
  net::Endpoint server{};
  UniqueFd datagrams{};
  std::unique_ptr<ReadWatch> watch{};
  std::unique_ptr<DnsStream> stream{};
};

struct DnsExchanges::State : std::enable_shared_from_this<DnsExchanges::State> {
  State(EventLoop& in, Handlers calls) : loop(in), handlers(std::move(calls)), buffer(max_datagram) {}

  EventLoop& loop;
  Handlers handlers;
  Bytes buffer;
  std::map<std::uint64_t, std::shared_ptr<Exchange>> exchanges;

  void begin(std::uint64_t number, const net::Endpoint& server, net::DnsTransport transport, ByteSpan query) {
    const auto exchange = std::make_shared<Exchange>();
    exchange->server = server;
    exchanges[number] = exchange;
    if (!open(number, *exchange, transport, query)) {
      // Not from here: the caller is in the middle of its own work.
      loop.post([weak = weak_from_this(), number, exchange] {
        if (const auto state = weak.lock()) state->fail(number, exchange.get());
      });
    }
  }

  bool open(std::uint64_t number, Exchange& exchange, net::DnsTransport transport, ByteSpan query) {
    const SocketAddress address = to_socket_address(exchange.server);
    const bool is_udp = transport == net::DnsTransport::udp;
    UniqueFd fd(
        ::socket(address.get()->sa_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return false;
    if (::connect(fd.get(), address.get(), address.length) != 0 && errno != EINPROGRESS) return false;
    if (is_udp) {
      if (::send(fd.get(), query.data(), query.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return false;
      exchange.watch =
          std::make_unique<ReadWatch>(loop, fd.get(), [this, number, raw = &exchange] { read(number, raw); });
      exchange.datagrams = std::move(fd);
      return true;
    }
    DnsStream::Handlers calls{[this, number, raw = &exchange](ByteSpan message) {
                                if (const auto held = find(number, raw))
                                  handlers.on_message(number, held->server, message);
                              },
                              [this, number, raw = &exchange] { fail(number, raw); }};
    exchange.stream = std::make_unique<DnsStream>(loop, std::move(fd), std::move(calls));
    exchange.stream->send(query);
    return true;
  }

  /// The exchange, when it is still the one under this number; it lives as long as the result.
  std::shared_ptr<Exchange> find(std::uint64_t number, const Exchange* exchange) {
    const auto it = exchanges.find(number);
    return it == exchanges.end() || it->second.get() != exchange ? nullptr : it->second;
  }

  void read(std::uint64_t number, const Exchange* exchange) {
    const auto held = find(number, exchange);
    if (!held) return;
    const ssize_t got = ::recv(held->datagrams.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    // ECONNREFUSED: nobody serves the port there.
    if (got < 0) return fail(number, exchange);
    handlers.on_message(number, held->server, ByteSpan(buffer).first(static_cast<std::size_t>(got)));
  }

  void fail(std::uint64_t number, const Exchange* exchange) {
    if (!find(number, exchange)) return;
    exchanges.erase(number);
    handlers.on_failure(number);
  }
};

DnsExchanges::DnsExchanges(EventLoop& loop, Handlers handlers)
    : state_(std::make_shared<State>(loop, std::move(handlers))) {}
DnsExchanges::~DnsExchanges() = default;

void DnsExchanges::begin(std::uint64_t number, const net::Endpoint& server, net::DnsTransport transport,
                         ByteSpan query) {
  state_->begin(number, server, transport, query);
}
void DnsExchanges::end(std::uint64_t number) {
  state_->exchanges.erase(number);
}
std::size_t DnsExchanges::size() const {
  return state_->exchanges.size();
}

}  // namespace ipop::io
