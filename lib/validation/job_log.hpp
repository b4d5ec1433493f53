#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipop::validation {

/// What happened to a job: the numbers of HTCondor's job event log that matter to a test of a pool.
enum class JobEventKind : std::uint8_t {
  submitted = 0,
  executing = 1,
  evicted = 4,
  terminated = 5,
  aborted = 9,
  held = 12,
  disconnected = 22,
  reconnected = 23,
  reconnect_failed = 24,
  transfer = 40,
};

/// One event of a job.
struct JobEvent {
  JobEventKind kind{};
  std::uint32_t process = 0;          ///< of its cluster
  std::string host{};                 ///< executing: where, `10.128.0.5` of `<10.128.0.5:9618?...>`
  std::optional<int> return_value{};  ///< terminated normally
  std::string text{};                 ///< all of the event, for what was sent and why it was held
  friend bool operator==(const JobEvent&, const JobEvent&) = default;
};

/// The whole events in a job event log, in its order. Other numbers, and an event that is still being
/// written, are left out.
std::vector<JobEvent> parse_job_log(std::string_view log);

/// What is known of the jobs of one log, summed up.
struct JobCounts {
  std::size_t executing = 0;  ///< how often jobs began to run
  std::size_t evicted = 0;
  std::size_t succeeded = 0;  ///< ended with return value 0
  std::size_t failed = 0;     ///< ended otherwise, held or removed
  std::size_t disconnected = 0;
  std::size_t reconnected = 0;
  std::size_t reconnect_failed = 0;
  std::size_t hosts = 0;  ///< different ones that ran jobs
};
JobCounts count_events(const std::vector<JobEvent>& events);

}  // namespace ipop::validation
