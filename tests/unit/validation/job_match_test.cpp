#include "validation/job_match.hpp"

#include <doctest/doctest.h>

using namespace ipop::validation;

namespace {

/// As HTCondor 23.9 ends its analysis.
std::string summary(int by_job, int by_machine, int running, int others, int free) {
  return "-- Schedd: erin.ipop\nThe Requirements expression for job 7.000 is\n    (Memory >= 32)\n\n"
         "007.000:  Run analysis summary ignoring user priority.  Of 2 machines,\n      " +
         std::to_string(by_job) + " are rejected by your job's requirements\n      " + std::to_string(by_machine) +
         " reject your job because of their own requirements\n      " + std::to_string(running) +
         " match and are already running your jobs\n      " + std::to_string(others) +
         " match but are serving other users\n      " + std::to_string(free) + " are able to run your job\n";
}

}  // namespace

TEST_CASE("HTCondor's analysis of a job that waits is read") {
  CHECK(parse_job_match(summary(1, 0, 0, 1, 0)) == JobMatch{2, 1, 0, 1});
  CHECK_FALSE(parse_job_match("007.000:  Job is running.\n"));
  CHECK_FALSE(parse_job_match("Run analysis summary ignoring\n"));
}

TEST_CASE("a job that a busy machine could run is not hopeless; one that none can is, with the reason") {
  CHECK(describe_mismatch(*parse_job_match(summary(1, 0, 0, 1, 0))).empty());
  CHECK(describe_mismatch(*parse_job_match(summary(0, 0, 0, 0, 2))).empty());
  CHECK(describe_mismatch(*parse_job_match(summary(2, 0, 0, 0, 0))) ==
        "2 of 2 slots do not meet the job's requirements");
  CHECK(describe_mismatch(*parse_job_match(summary(1, 1, 0, 0, 0))) ==
        "1 of 2 slots do not meet the job's requirements, 1 of 2 slots refuse it by their own (START)");
  CHECK(describe_mismatch(JobMatch{}) == "the pool has no machines");
}
