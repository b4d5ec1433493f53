#include "condor/job_run.hpp"

#include <algorithm>
#include <utility>

#include "condor/condor_program.hpp"
#include "condor/pool_fault.hpp"
#include "io/file.hpp"
#include "io/file_growth.hpp"
#include "io/system_clock.hpp"
#include "validation/verdicts.hpp"

namespace ipop::condor {
namespace {

// 10,000 jobs have logs of some 10 MB.
constexpr std::size_t largest_log = std::size_t{64} << 20U;
constexpr Duration tool_limit = 120s;
// A job that can run begins within a negotiation or two; what follows in a log comes later, and costs two questions.
constexpr Duration quiet_limit = 10s;

}  // namespace

Result<JobRun> JobRun::submit(const std::string& directory, const std::string& name, const std::string& description) {
  const std::string log = directory + "/" + name + ".log";
  const std::string file = directory + "/" + name + ".sub";
  // There before HTCondor writes it, so that it can be watched.
  if (auto made = io::write_file_atomically(log, "", 0644); !made) return std::move(made).error();
  if (auto written = io::write_file_atomically(file, description, 0644); !written) return std::move(written).error();
  const auto submitted = run_condor({"condor_submit", "-terse", file}, tool_limit);
  if (!submitted) return submitted.error();
  if (submitted->status == 0)
    if (std::string cluster = validation::submitted_cluster(submitted->output); !cluster.empty())
      return JobRun(log, std::move(cluster));
  return make_error(std::make_error_code(std::errc::io_error),
                    "condor_submit: " + validation::first_line(submitted->output));
}

Result<void> JobRun::follow(TimePoint end,
                            const std::function<bool(const std::vector<validation::JobEvent>&)>& is_over) const {
  const auto growth = io::FileGrowth::watch(log_);
  if (!growth) return Result<void>(growth.error());
  while (true) {
    const auto seen = events();
    if (!seen) return Result<void>(seen.error());
    if (is_over(*seen)) return {};
    const Duration left = end - io::monotonic_now();
    if (left <= Duration::zero())
      return Result<void>(make_error(std::make_error_code(std::errc::timed_out), "timed out"));
    const TimePoint before = io::monotonic_now();
    if (const auto grown = growth->wait(std::min(left, quiet_limit)); !grown) return Result<void>(grown.error());
    const validation::JobCounts counts = count_events(*seen);
    // A worker that runs a job may be away for that long.
    const bool is_running = counts.executing > counts.succeeded + counts.failed + counts.evicted;
    if (is_running || io::monotonic_now() - before < quiet_limit) continue;
    // Nothing happens: perhaps nothing can.
    auto fault = find_pool_fault();
    if (!fault) fault = find_match_fault(cluster_);
    if (fault) return Result<void>(make_error(make_error_code(Errc::not_found), fault->what + "; try: " + fault->next));
  }
}

Result<std::vector<validation::JobEvent>> JobRun::events() const {
  const auto text = io::read_file(log_, largest_log);
  if (!text) return text.error();
  return validation::parse_job_log(*text);
}

void JobRun::remove() const {
  // Jobs that have ended are no failure.
  const auto removed = run_condor({"condor_rm", cluster_}, tool_limit);
  (void)removed;
}

}  // namespace ipop::condor
