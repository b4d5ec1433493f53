#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "validation/job_log.hpp"

namespace ipop::condor {

/// Jobs of one submission, followed by their event log.
class JobRun {
 public:
  /// Writes `description` to `directory`/`name`.sub and submits it; its log is `name`.log there, which
  /// the description names. `directory` is absolute. Errors: errno, those of run_condor; io_error with
  /// HTCondor's words.
  static Result<JobRun> submit(const std::string& directory, const std::string& name, const std::string& description);
  /// Follows a log that another program made, of the jobs `cluster`.
  JobRun(std::string log, std::string cluster) : log_(std::move(log)), cluster_(std::move(cluster)) {}

  /// Calls `is_over(events)` at first and whenever the log grows, until that gives true. Errors: timed_out;
  /// not_found, when the log says nothing for a while since no job can run; errno.
  Result<void> follow(TimePoint end,
                      const std::function<bool(const std::vector<validation::JobEvent>&)>& is_over) const;

  [[nodiscard]] Result<std::vector<validation::JobEvent>> events() const;
  /// Takes the jobs out of the queue, as far as they are still there.
  void remove() const;
  [[nodiscard]] const std::string& cluster() const { return cluster_; }

 private:
  std::string log_;
  std::string cluster_;
};

}  // namespace ipop::condor
