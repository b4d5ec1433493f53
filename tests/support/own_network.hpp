#pragma once

#include <functional>
#include <sched.h>
#include <thread>

namespace ipop::test_support {

/// Runs `body` in a network namespace of its own, which ends with it; false, and nothing is run, without the right to
/// make one.
inline bool in_own_network(const std::function<void()>& body) {
  bool made = false;
  // A namespace belongs to a thread, so the program's own network stays as it is.
  std::thread([&] {
    made = ::unshare(CLONE_NEWNET) == 0;
    if (made) body();
  }).join();
  return made;
}

}  // namespace ipop::test_support
