#include "io/loop_thread.hpp"

#include <csignal>
#include <system_error>

namespace ipop::io {

Result<void> LoopThread::start() {
  // A thread begins with the signals of who makes it: those of this process are for the thread that waits for them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Result<void> out;
  try {
    thread_ = std::thread([this] { loop_.run(); });
  } catch (const std::system_error& error) {
    out = make_error(error.code(), "starting a thread");
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return out;
}

void LoopThread::stop() {
  if (!thread_.joinable()) return;
  // By a handler, since a loop that has not begun yet would not notice.
  loop_.post([this] { loop_.stop(); });
  thread_.join();
}

}  // namespace ipop::io
