#pragma once

#include <string>

namespace ipop::ga_condorcfg {

/// Ends the process (condor_shadow) by which this machine's schedd follows the job, `12.0`; false when there is none.
/// The schedd starts another one at once; when that does not find the job's worker either, the job waits for a new one.
///
/// No tool of HTCondor does that: told to vacate, a shadow waits for the worker's consent until the lease ends.
bool end_shadow(const std::string& job);

}  // namespace ipop::ga_condorcfg
