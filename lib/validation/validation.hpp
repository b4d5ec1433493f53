#pragma once

// The tests of a pool as values: which jobs each of them submits, and what HTCondor's answers and the jobs' log say of
// the pool. Nothing here runs a program or reads a file; lib/condor does.
//
//   validation_jobs.hpp  the jobs, as texts for condor_submit
//   job_log.hpp          what happened to them, from HTCondor's job event log
//   job_match.hpp        whether any worker could run a job that waits
//   verdicts.hpp         passed or failed, and why

#include "validation/job_log.hpp"
#include "validation/job_match.hpp"
#include "validation/validation_jobs.hpp"
#include "validation/verdicts.hpp"
