#include "io/process.hpp"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace ipop::io {

void harden_process() {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)::signal(SIGPIPE, SIG_IGN);
}

bool is_root() {
  return ::geteuid() == 0;
}

}  // namespace ipop::io
