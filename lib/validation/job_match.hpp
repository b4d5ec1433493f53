#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ipop::validation {

/// What `condor_q -better-analyze` counts of a job that waits, without regard to users' priorities.
struct JobMatch {
  std::size_t machines = 0;
  std::size_t rejected_by_job = 0;      ///< do not meet the job's requirements
  std::size_t rejected_by_machine = 0;  ///< refuse the job by their own requirements
  std::size_t possible = 0;             ///< run it, run others' jobs, or are free for it
  friend bool operator==(const JobMatch&, const JobMatch&) = default;
};

/// The first summary in the program's output; nothing where the job does not wait.
std::optional<JobMatch> parse_job_match(std::string_view text);

/// "2 of 2 machines do not meet the job's requirements": why no machine can run it; empty when one can.
std::string describe_mismatch(const JobMatch& match);

}  // namespace ipop::validation
