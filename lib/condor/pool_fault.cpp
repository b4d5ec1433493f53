#include "condor/pool_fault.hpp"

#include <algorithm>
#include <vector>

#include "condor/condor_program.hpp"
#include "validation/job_match.hpp"
#include "validation/verdicts.hpp"

namespace ipop::condor {
namespace {

// A manager that is gone does not answer at all; one that is there does so at once.
constexpr Duration answer_limit = 10s;
constexpr std::size_t largest_analysis = std::size_t{1} << 20U;

/// What a program of HTCondor printed; nothing when it failed, which `why` then says.
std::optional<std::string> answer_of(const std::vector<std::string>& command, std::string& why) {
  const auto said = run_condor(command, answer_limit, largest_analysis);
  if (said && said->status == 0) return said->output;
  why = said ? validation::first_line(said->output) : said.error().message();
  return std::nullopt;
}

}  // namespace

std::optional<PoolFault> find_pool_fault() {
  std::string why;
  const auto negotiators = answer_of({"condor_status", "-negotiator", "-af", "Name"}, why);
  if (!negotiators)
    return PoolFault{"the pool's manager does not answer: " + why, "ga-condorcfg show, which names the manager"};
  if (negotiators->empty())
    return PoolFault{"the pool has no negotiator, so no job gets a worker", "ga-condorcfg check, on the manager"};
  if (!answer_of({"condor_q", "-limit", "1", "-af", "ClusterId"}, why))
    return PoolFault{"this machine's queue does not answer: " + why,
                     "ga-condorcfg check, on a machine with the role submit"};
  const auto workers = answer_of({"condor_status", "-af", "Machine"}, why);
  if (workers && workers->empty())
    return PoolFault{"the pool has no worker", "ga-condorcfg check, on a machine with the role worker"};
  return std::nullopt;
}

std::optional<PoolFault> find_match_fault(const std::string& cluster) {
  const bool is_number = !cluster.empty() && std::ranges::all_of(cluster, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  std::string why;
  const std::string wanted = "JobStatus == 1 && ClusterId == " + cluster;
  const auto analysis = answer_of({"condor_q", "-better-analyze", "-constraint", wanted, "-limit", "1"}, why);
  const auto match = analysis ? validation::parse_job_match(*analysis) : std::nullopt;
  const std::string mismatch = match ? validation::describe_mismatch(*match) : "";
  if (mismatch.empty()) return std::nullopt;
  return PoolFault{"no worker can run the job: " + mismatch, "condor_status -af Machine State Cpus Memory Disk Start"};
}

}  // namespace ipop::condor
