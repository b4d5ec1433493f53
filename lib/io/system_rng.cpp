#include "io/system_rng.hpp"

#include <sys/random.h>
#include <utility>

namespace ipop::io {

std::uint64_t SystemRng::next() {
  if (used_ == drawn_.size()) {
    // Up to 256 octets are never cut short once the kernel's pool is ready (getrandom(2)); before
    // that the call waits and a signal may interrupt it.
    ssize_t got = -1;
    while (got != static_cast<ssize_t>(sizeof(drawn_)))
      got = ::getrandom(drawn_.data(), sizeof(drawn_), 0);
    used_ = 0;
  }
  return std::exchange(drawn_[used_++], 0);
}

}  // namespace ipop::io
