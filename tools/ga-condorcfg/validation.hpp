#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "options.hpp"

namespace ipop::ga_condorcfg {

/// How one test of a pool ended.
struct TestOutcome {
  enum class Kind { passed, failed, not_run };
  Kind kind = Kind::failed;
  std::string detail{};  ///< what was seen, or why it was not run
};

/// What a test of a pool works with.
struct TestPlace {
  const ValidatePool& wishes;
  std::string directory{};                         ///< absolute; for the files of the jobs
  std::function<void(const std::string&)> show{};  ///< progress, in one line
};

/// Many jobs of nothing at once.
TestOutcome test_jobs(const TestPlace& place);
/// A diamond of four jobs, whose last one needs what the others made.
TestOutcome test_dag(const TestPlace& place);
/// A job that writes its state and ends with 85 is evicted, and goes on where it was.
TestOutcome test_checkpoint(const TestPlace& place);
/// More jobs than the home pool has room for: one of them runs in another pool.
TestOutcome test_flock(const TestPlace& place);
/// A worker that is away for less than its job's lease brings it to its end.
TestOutcome test_absence(const TestPlace& place);

}  // namespace ipop::ga_condorcfg
