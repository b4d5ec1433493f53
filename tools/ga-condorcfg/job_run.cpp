#include "job_run.hpp"

#include <algorithm>
#include <utility>

#include "condor_place.hpp"
#include "io/file.hpp"
#include "io/file_growth.hpp"
#include "io/system_clock.hpp"
#include "pool_fault.hpp"

namespace ipop::ga_condorcfg {
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
  // `12.0 - 12.99` between what else is said.
  std::string_view rest = submitted->output;
  while (submitted->status == 0 && !rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    const auto dot = line.find('.');
    const bool is_range = line.find(" - ") != std::string_view::npos && dot != std::string_view::npos && dot > 0 &&
                          line.find_first_not_of("0123456789") == dot;
    if (is_range) return JobRun(log, std::string(line.substr(0, dot)));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return make_error(std::make_error_code(std::errc::io_error), "condor_submit: " + first_line(submitted->output));
}

Result<void> JobRun::follow(TimePoint end,
                            const std::function<bool(const std::vector<pool::JobEvent>&)>& is_over) const {
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
    const pool::JobCounts counts = count_events(*seen);
    // A worker that runs a job may be away for that long.
    const bool is_running = counts.executing > counts.succeeded + counts.failed + counts.evicted;
    if (is_running || io::monotonic_now() - before < quiet_limit) continue;
    // Nothing happens: perhaps nothing can.
    auto fault = find_pool_fault();
    if (!fault) fault = find_match_fault(cluster_);
    if (fault) return Result<void>(make_error(make_error_code(Errc::not_found), fault->what + "; try: " + fault->next));
  }
}

Result<std::vector<pool::JobEvent>> JobRun::events() const {
  const auto text = io::read_file(log_, largest_log);
  if (!text) return text.error();
  return pool::parse_job_log(*text);
}

void JobRun::remove() const {
  // Jobs that have ended are no failure.
  const auto removed = run_condor({"condor_rm", cluster_}, tool_limit);
  (void)removed;
}

std::string first_line(const std::string& output) {
  std::string_view rest = output;
  while (rest.starts_with('\n'))
    rest.remove_prefix(1);
  return std::string(rest.substr(0, rest.find('\n')));
}

}  // namespace ipop::ga_condorcfg
