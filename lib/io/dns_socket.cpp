#include "io/dns_socket.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include "io/socket_address.hpp"

namespace ipop::io {
namespace {

constexpr int dns_backlog = 64;

}  // namespace

Result<UniqueFd> open_dns_socket(const net::Endpoint& address, int type) {
  const std::string context = to_string(address) + (type == SOCK_DGRAM ? " over UDP" : " over TCP");
  SocketAddress kernel_form = to_socket_address(address);
  UniqueFd fd(::socket(kernel_form.get()->sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return last_error(context);
  const int on = 1;
  // TCP alone: connections that just ended must not keep a server from starting again. On UDP it would
  // let two servers share the port.
  if (type == SOCK_STREAM) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (!address.is_ipv4()) (void)::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(fd.get(), kernel_form.get(), kernel_form.length) != 0) return last_error(context);
  if (type == SOCK_STREAM && ::listen(fd.get(), dns_backlog) != 0) return last_error(context);
  return fd;
}

Result<net::Endpoint> address_of_socket(int fd) {
  SocketAddress address;
  address.length = sizeof(address.storage);
  if (::getsockname(fd, address.get(), &address.length) != 0) return last_error("reading the socket's address");
  const auto endpoint = to_endpoint(address.get());
  if (!endpoint) return {Errc::unsupported, "the socket's address"};
  return *endpoint;
}

}  // namespace ipop::io
