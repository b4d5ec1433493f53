#pragma once

#include <sys/socket.h>

#include "io/event_loop.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {

/// The next connection that waits at a listening socket, non-blocking. Empty: none waits, or nothing is left to take
/// it with (descriptors, memory); then `watch`, which called, rests, since the kernel goes on saying that one waits.
/// `from` and `length` as accept(2) has them.
UniqueFd accept_connection(int listening, ReadWatch& watch, sockaddr* from = nullptr, socklen_t* length = nullptr);

}  // namespace ipop::io
