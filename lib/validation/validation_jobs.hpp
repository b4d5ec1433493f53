#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace ipop::validation {

/// A file that a test's jobs need in its directory.
struct JobFile {
  std::string name{};
  std::string text{};
  bool is_program = false;
};

// Submit descriptions of the tests: texts for condor_submit(1). `directory` is absolute; the jobs' log is NAME.log in
// it.

/// `count` jobs that do nothing: "jobs".
std::string describe_many(const std::string& directory, std::size_t count);

/// A job that writes its state and ends with 85 after every third of ten steps: "checkpoint". It runs count.sh of
/// `directory` and writes checkpoint.out there.
std::string describe_checkpoint(const std::string& directory);
JobFile counting_program();

/// `count` jobs that only take up cores: "flock".
std::string describe_sleepers(const std::string& directory, std::size_t count);

/// A job that still has to run when its worker was away for that long: "absence". `worker` is its only machine; empty:
/// any.
std::string describe_absence(const std::string& directory, std::chrono::seconds away, const std::string& worker);

/// A DAG of four jobs, diamond.dag, and what it needs: B and C need what A made, D what B and C made. D writes
/// diamond_result to d.txt.
std::vector<JobFile> diamond_files(const std::string& directory);
inline constexpr const char* diamond_result = "11";

}  // namespace ipop::validation
