#include "io/accept_connection.hpp"

#include <cerrno>

namespace ipop::io {

UniqueFd accept_connection(int listening, ReadWatch& watch, sockaddr* from, socklen_t* length) {
  UniqueFd out(::accept4(listening, from, length, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!out && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) watch.rest();
  return out;
}

}  // namespace ipop::io
