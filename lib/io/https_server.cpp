#include "io/https_server.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "io/socket_address.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {
namespace {

constexpr int https_backlog = 128;
// The suites that GnuTLS calls secure at 128 bits, in the two versions that are not deprecated (RFC 8996).
constexpr const char* tls_priorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

Result<UniqueFd> open_listener(const net::Endpoint& address) {
  const std::string context = to_string(address);
  SocketAddress kernel_form = to_socket_address(address);
  UniqueFd fd(::socket(kernel_form.get()->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_error(context);
  const int on = 1;
  // Connections that just ended must not keep a server from starting again.
  (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!address.is_ipv4()) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(fd.get(), kernel_form.get(), kernel_form.length) != 0) return last_error(context);
  if (::listen(fd.get(), https_backlog) != 0) return last_error(context);
  return fd;
}

std::string header_of(MHD_Connection* connection, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
  return value == nullptr ? std::string() : std::string(value);
}

std::optional<net::Endpoint> source_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info == nullptr || info->client_addr == nullptr ? std::nullopt : to_endpoint(info->client_addr);
}

/// DER of the client's own certificate; TLS has verified that it holds the key.
Bytes client_certificate_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  if (info == nullptr || info->tls_session == nullptr) return {};
  unsigned count = 0;
  const auto* chain = gnutls_certificate_get_peers(static_cast<gnutls_session_t>(info->tls_session), &count);
  if (chain == nullptr || count == 0) return {};
  return to_bytes(std::as_bytes(std::span(chain[0].data, chain[0].size)));
}

bool is_longer(std::string_view number, std::size_t limit) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  return error == std::errc::result_out_of_range || (error == std::errc() && value > limit);
}

MHD_Result send(MHD_Connection* connection, const net::HttpAnswer& answer) {
  // The library copies the octets and writes none of them.
  MHD_Response* response = MHD_create_response_from_buffer(
      answer.body.size(), const_cast<char*>(answer.body.data()),  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) (void)MHD_add_response_header(response, name, value.c_str());
  };
  add(MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
  add(MHD_HTTP_HEADER_ALLOW, answer.allow);
  if (answer.retry_after) add(MHD_HTTP_HEADER_RETRY_AFTER, std::to_string(answer.retry_after->count()));
  add(MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  add(MHD_HTTP_HEADER_CONNECTION, "close");
  const MHD_Result queued = MHD_queue_response(connection, answer.status, response);
  MHD_destroy_response(response);
  return queued;
}

net::HttpAnswer too_large(std::size_t limit) {
  return {413, "text/plain; charset=utf-8", "the body is longer than " + std::to_string(limit) + " octets\n"};
}

}  // namespace

/// What libmicrohttpd calls; `self` is the server.
struct HttpsServer::Callbacks {
  /// What of a request has come.
  struct Incoming {
    net::HttpRequest request{};
    bool is_too_large = false;
  };

  static MHD_Result add_argument(void* query, MHD_ValueKind /*kind*/, const char* key, const char* value) noexcept {
    auto& out = *static_cast<std::string*>(query);
    out.append(out.empty() ? "" : "&").append(key);
    if (value != nullptr) out.append("=").append(value);
    return MHD_YES;
  }

  /// First without a body, then with each piece of it, then once more at its end.
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method,
                               const char* /*version*/, const char* piece, std::size_t* size, void** state) noexcept {
    auto& server = *static_cast<HttpsServer*>(self);
    if (*state == nullptr) {
      auto incoming = std::make_unique<Incoming>();
      incoming->request = {method, url, header_of(connection, MHD_HTTP_HEADER_CONTENT_TYPE)};
      incoming->request.authorization = header_of(connection, MHD_HTTP_HEADER_AUTHORIZATION);
      incoming->request.host = header_of(connection, MHD_HTTP_HEADER_HOST);
      (void)MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, &add_argument, &incoming->request.query);
      *state = incoming.release();
      // Nobody waits for the octets of a body that says of itself that it is too long.
      if (!is_longer(header_of(connection, MHD_HTTP_HEADER_CONTENT_LENGTH), server.max_body_)) return MHD_YES;
      server.counters_.add("drop_https_large");
      return send(connection, too_large(server.max_body_));
    }
    auto& incoming = *static_cast<Incoming*>(*state);
    if (*size > 0) {
      incoming.is_too_large = incoming.is_too_large || *size > server.max_body_ - incoming.request.body.size();
      if (!incoming.is_too_large) incoming.request.body.append(piece, *size);
      *size = 0;
      return MHD_YES;
    }
    if (incoming.is_too_large) {
      server.counters_.add("drop_https_large");
      return send(connection, too_large(server.max_body_));
    }
    Connection* known = connection_of(connection);
    if (known == nullptr) return MHD_NO;
    if (known->answer) return send(connection, *known->answer);
    const auto source = source_of(connection);
    if (!source) return MHD_NO;
    server.counters_.add("https_requests");
    incoming.request.client_certificate = client_certificate_of(connection);
    known->is_asking = true;
    server.handler_(*source, incoming.request,
                    [weak = std::weak_ptr(server.self_), number = known->number](auto answer) {
                      if (const auto there = weak.lock()) (*there)->reply(number, std::move(answer));
                    });
    known->is_asking = false;
    if (known->answer) return send(connection, *known->answer);
    known->waiting = connection;
    MHD_suspend_connection(connection);
    return MHD_YES;
  }

  static Connection* connection_of(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == nullptr ? nullptr : static_cast<Connection*>(info->socket_context);
  }

  static void on_completed(void* /*self*/, MHD_Connection* /*connection*/, void** state,
                           MHD_RequestTerminationCode /*why*/) noexcept {
    const std::unique_ptr<Incoming> incoming(static_cast<Incoming*>(std::exchange(*state, nullptr)));
  }

  static void on_connection(void* self, MHD_Connection* connection, void** context,
                            MHD_ConnectionNotificationCode what) noexcept {
    auto& server = *static_cast<HttpsServer*>(self);
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
      const Connection& closing = *static_cast<const Connection*>(*context);
      if (closing.fd >= 0) server.watched_->forget(closing.fd);
      server.connections_.erase(closing.number);
      return;
    }
    server.counters_.add("https_connections");
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const std::uint64_t number = server.next_connection_++;
    Connection& added = server.connections_[number];
    added = {number, info == nullptr ? -1 : info->connect_fd, monotonic_now()};
    *context = &added;
  }

  /// Paths are compared as they were sent: one path has one spelling.
  static std::size_t leave_escapes(void* /*self*/, MHD_Connection* /*connection*/, char* text) noexcept {
    return std::strlen(text);
  }
};

void HttpsServer::StopDaemon::operator()(MHD_Daemon* daemon) const {
  MHD_stop_daemon(daemon);
}

Result<std::unique_ptr<HttpsServer>> HttpsServer::listen(EventLoop& loop, const net::Endpoint& address,
                                                         const Identity& identity, std::size_t max_body,
                                                         Handler handler) {
  return listen_for_later(loop, address, identity, max_body,
                          [handler = std::move(handler)](const net::Endpoint& source, const net::HttpRequest& request,
                                                         const Reply& reply) { reply(handler(source, request)); });
}

Result<std::unique_ptr<HttpsServer>> HttpsServer::listen_for_later(EventLoop& loop, const net::Endpoint& address,
                                                                   const Identity& identity, std::size_t max_body,
                                                                   LaterHandler handler) {
  auto socket = open_listener(address);
  if (!socket) return std::move(socket).error();
  SocketAddress bound;
  bound.length = sizeof(bound.storage);
  if (::getsockname(socket->get(), bound.get(), &bound.length) != 0) return last_error(to_string(address));
  std::unique_ptr<HttpsServer> server(
      new HttpsServer(loop, to_endpoint(bound.get()).value_or(address), max_body, std::move(handler)));
  if (auto started = server->start(*std::move(socket), identity); !started) return std::move(started).error();
  return server;
}

HttpsServer::HttpsServer(EventLoop& loop, const net::Endpoint& address, std::size_t max_body, LaterHandler handler)
    : loop_(loop),
      address_(address),
      max_body_(max_body),
      handler_(std::move(handler)),
      timer_(loop, [this] { work(); }),
      self_(std::make_shared<HttpsServer*>(this)) {}

HttpsServer::~HttpsServer() {
  end_daemon();
}

void HttpsServer::end_daemon() {
  // The library ends no daemon with connections that wait.
  for (auto& [number, connection] : connections_) {
    if (connection.waiting == nullptr) continue;
    connection.answer = net::HttpAnswer{503, {}, {}, {}, {}};
    MHD_resume_connection(std::exchange(connection.waiting, nullptr));
  }
  daemon_.reset();
}

void HttpsServer::reply(std::uint64_t number, net::HttpAnswer answer) {
  const auto found = connections_.find(number);
  if (found == connections_.end() || found->second.answer) return;
  found->second.answer = std::move(answer);
  if (found->second.is_asking || found->second.waiting == nullptr) return;
  MHD_resume_connection(std::exchange(found->second.waiting, nullptr));
  // Within work() the library is in the midst of its round.
  if (!std::exchange(has_replies_, true))
    loop_.post([weak = std::weak_ptr(self_)] {
      const auto self = weak.lock();
      if (!self) return;
      (*self)->has_replies_ = false;
      (*self)->work();
    });
}

Result<void> HttpsServer::change_identity(const Identity& identity) {
  watch_.reset();
  timer_.disarm();
  if (!daemon_) return {Errc::malformed, "the server has ended"};
  UniqueFd socket(MHD_quiesce_daemon(daemon_.get()));
  end_daemon();
  return start(std::move(socket), identity);
}

Result<void> HttpsServer::start(UniqueFd socket, const Identity& identity) {
  auto watched = DescriptorSet::make();
  if (!watched) return std::move(watched).error();
  watched_ = *std::move(watched);
  // The library's own epoll (0.9.75) is always ready while a handshake waits for the client.
  const bool is_secure = !identity.key.empty();
  const unsigned flags = MHD_ALLOW_SUSPEND_RESUME | (is_secure ? unsigned{MHD_USE_TLS} : 0U) |
                         (address_.is_ipv4() ? 0U : unsigned{MHD_USE_IPv6});
  std::vector<MHD_OptionItem> tls;
  const auto add_text = [&](MHD_OPTION option, const char* text) {
    // The library copies it.
    tls.push_back({option, 0, const_cast<char*>(text)});  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  };
  if (is_secure) {
    add_text(MHD_OPTION_HTTPS_MEM_KEY, identity.key.c_str());
    add_text(MHD_OPTION_HTTPS_MEM_CERT, identity.certificate.c_str());
    add_text(MHD_OPTION_HTTPS_MEM_TRUST, identity.client_authority.c_str());
    add_text(MHD_OPTION_HTTPS_PRIORITIES, tls_priorities);
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  const auto idle_seconds = static_cast<unsigned>(std::chrono::duration_cast<std::chrono::seconds>(idle_time).count());
  daemon_.reset(MHD_start_daemon(flags, address_.port, nullptr, nullptr, &Callbacks::on_request, this,  //
                                 MHD_OPTION_LISTEN_SOCKET, socket.get(),                                //
                                 MHD_OPTION_ARRAY, tls.data(),                                          //
                                 MHD_OPTION_CONNECTION_LIMIT, max_connections,                          //
                                 MHD_OPTION_PER_IP_CONNECTION_LIMIT, max_connections_an_address,        //
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, max_headers,                       //
                                 MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,                           //
                                 MHD_OPTION_UNESCAPE_CALLBACK, &Callbacks::leave_escapes,
                                 static_cast<void*>(nullptr),                                                        //
                                 MHD_OPTION_NOTIFY_COMPLETED, &Callbacks::on_completed, static_cast<void*>(this),    //
                                 MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::on_connection, static_cast<void*>(this),  //
                                 MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,                                               //
                                 MHD_OPTION_END));
  if (!daemon_) return {Errc::malformed, "TLS takes no such key and certificate"};
  listener_ = socket.release();  // the library closes it
  watch_ = std::make_unique<ReadWatch>(loop_, watched_->fd(), [this] { work(); });
  watch_wanted();
  return {};
}

void HttpsServer::work() {
  if (!daemon_) return;
  counters_.add("https_rounds");
  const TimePoint now = monotonic_now();
  end_slow_connections(now);
  Wanted wanted = poll_wanted();
  timeval at_once{};
  if (::select(wanted.highest + 1, &wanted.reading, &wanted.writing, &wanted.failing, &at_once) >= 0)
    (void)MHD_run_from_select(daemon_.get(), &wanted.reading, &wanted.writing, &wanted.failing);
  watch_wanted();
  TimePoint next = TimePoint::max();
  MHD_UNSIGNED_LONG_LONG wait = 0;
  if (MHD_get_timeout(daemon_.get(), &wait) == MHD_YES) next = now + std::chrono::milliseconds(wait);
  const auto oldest = std::ranges::find_if(connections_, [](const auto& entry) { return !entry.second.is_over; });
  if (oldest != connections_.end()) next = std::min(next, oldest->second.begins + time_limit());
  if (next == TimePoint::max()) return timer_.disarm();
  timer_.arm(next);
}

HttpsServer::Wanted HttpsServer::poll_wanted() {
  Wanted out;
  (void)MHD_get_fdset2(daemon_.get(), &out.reading, &out.writing, &out.failing, &out.highest, FD_SETSIZE);
  // The library would hang up on those who come when all places are taken; so they wait in the kernel's queue.
  if (connections_.size() >= max_connections) FD_CLR(listener_, &out.reading);
  return out;
}

void HttpsServer::watch_wanted() {
  const Wanted wanted = poll_wanted();
  // The library takes no descriptor that a set has no room for.
  for (const auto& [number, connection] : connections_)
    if (connection.fd >= 0)
      watched_->want(connection.fd, FD_ISSET(connection.fd, &wanted.reading), FD_ISSET(connection.fd, &wanted.writing));
  watched_->want(listener_, FD_ISSET(listener_, &wanted.reading), false);
}

Duration HttpsServer::time_limit() const {
  return connections_.size() < max_connections ? connection_time : crowded_time;
}

/// A client that sends an octet now and then is not silent, but it holds a place that others need.
void HttpsServer::end_slow_connections(TimePoint now) {
  const Duration limit = time_limit();
  for (auto& [number, connection] : connections_) {
    if (connection.is_over) continue;
    if (connection.begins + limit > now) break;
    // The library closes the descriptor when it sees the end.
    (void)::shutdown(connection.fd, SHUT_RDWR);
    connection.is_over = true;
    counters_.add("drop_https_slow");
  }
}

}  // namespace ipop::io
