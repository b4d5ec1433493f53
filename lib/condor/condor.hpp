#pragma once

// HTCondor's programs, run on this machine: the tests of a pool over them. What the jobs are and what their end means
// is in lib/validation; what HTCondor's configuration says is in lib/pool, and this layer knows nothing of either group
// or node.
//
//   condor_program.hpp   runs one of the programs
//   job_run.hpp          submits jobs and follows their log
//   pool_fault.hpp       why no job can run
//   pool_tests.hpp       the tests, one after another

#include "condor/condor_program.hpp"
#include "condor/job_run.hpp"
#include "condor/pool_fault.hpp"
#include "condor/pool_tests.hpp"
