#pragma once

#include <sys/types.h>

namespace ipop::ga_condorcfg {

/// Ends `root` and all that descends from it, as SIGKILL does: HTCondor's daemons outlive a condor_master that is
/// killed, and hold its port.
void end_process_tree(pid_t root);

}  // namespace ipop::ga_condorcfg
