#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "condor/pool_fault.hpp"
#include "validation/verdicts.hpp"

namespace ipop::condor {

/// What somebody wants of the tests of a pool.
struct TestWishes {
  std::size_t jobs = 100;
  std::chrono::seconds timeout{1800};  ///< for each row
  std::string worker{};                ///< which is cut off; empty: any that runs the job. Is a host name.
  std::string cut_off{};               ///< command, split at spaces, that cuts the worker off
  std::string bring_back{};
  std::chrono::seconds away{30};    ///< how long it is cut off
  std::vector<std::string> only{};  ///< rows to run; empty: all
};

/// What a test of a pool works with.
struct TestPlace {
  const TestWishes& wishes;
  std::string directory{};                         ///< absolute; for the files of the jobs
  std::function<void(const std::string&)> show{};  ///< progress, in one line
};

/// A test that was run, or was not.
struct TestRow {
  std::string name{};
  validation::TestOutcome outcome{};
  Duration time{};
};
struct TestReport {
  std::vector<TestRow> rows{};
  std::optional<PoolFault> fault{};  ///< why no job can run in this pool; the rows from there on were not run
};

/// The names of the tests, in their order.
std::vector<std::string> test_names();

/// Runs the wished ones of them, one after another. Before the first, and after one that failed, it asks whether any
/// job can run at all.
TestReport run_tests(const TestPlace& place);

}  // namespace ipop::condor
