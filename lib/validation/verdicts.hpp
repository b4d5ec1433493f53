#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "validation/job_log.hpp"

namespace ipop::validation {

/// How one test of a pool ended.
struct TestOutcome {
  enum class Kind { passed, failed, not_run };
  Kind kind = Kind::failed;
  std::string detail{};  ///< what was seen, or why it was not run
  friend bool operator==(const TestOutcome&, const TestOutcome&) = default;
};

/// A test that an error ended.
TestOutcome failed(const Error& error);

/// Why jobs failed that ended otherwise than well, in HTCondor's words.
TestOutcome judge_broken(const std::vector<JobEvent>& events);

/// The following judge jobs of which none failed.
TestOutcome judge_many(const JobCounts& counts);
/// `result`: what the last job of the diamond wrote.
TestOutcome judge_diamond(std::string_view result);
/// `output`: what the counting program said, in all its runs.
TestOutcome judge_checkpoint(const JobCounts& counts, std::string_view output);
TestOutcome judge_absence(const JobCounts& counts, std::chrono::seconds away);
/// `cores`: of the home pool; `host`: where a job ran outside it.
TestOutcome judge_flock(std::size_t cores, const std::string& host);

/// Whether the job sent its state to the submit machine.
bool has_checkpoint(const std::vector<JobEvent>& events);

/// The host outside `home` where a job ran last; empty without one.
std::string host_abroad(const std::vector<JobEvent>& events, const std::set<std::string>& home);
/// The hosts of addresses as `condor_status -af MyAddress` prints them, `<10.128.0.5:9618?...>`.
std::set<std::string> hosts_of(const std::vector<std::string>& addresses);
/// The sum of numbers as `condor_status -af TotalSlotCpus` prints them; what is none counts nothing.
std::size_t sum_of(const std::vector<std::string>& numbers);

/// The cluster that `condor_submit -terse` names, `12.0 - 12.99` between what else is said; empty without one.
std::string submitted_cluster(std::string_view output);
/// The cluster that `condor_submit_dag` names: `submitted to cluster 12.`; empty without one.
std::string submitted_dag(std::string_view output);

/// Whether a text may be a machine's name in a job's requirements.
bool is_host_name(std::string_view text);

/// What stands between spaces and line ends.
std::vector<std::string> words_in(const std::string& text);
/// The first line of what a program said, for a message.
std::string first_line(std::string_view output);

}  // namespace ipop::validation
