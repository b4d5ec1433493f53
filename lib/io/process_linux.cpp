#include "io/process.hpp"

#include <csignal>
#include <sys/prctl.h>

namespace ipop::io {

void harden_process() {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void)::signal(SIGPIPE, SIG_IGN);
}

}  // namespace ipop::io
