#include "validation/job_log.hpp"

#include <doctest/doctest.h>

using namespace ipop::validation;

namespace {

constexpr std::string_view log_text =
    "000 (007.000.000) 2026-11-22 09:21:20 Job submitted from host: <10.128.0.3:9618?addrs=10.128.0.3-9618>\n...\n"
    "001 (007.000.000) 2026-11-22 09:21:26 Job executing on host: <10.128.0.2:9618?addrs=10.128.0.2-9618&sock=x>\n"
    "\tSlotName: slot1_1@w\n...\n"
    "006 (007.000.000) 2026-11-22 09:21:27 Image size of job updated: 5\n\t5  -  MemoryUsage of job (MB)\n...\n"
    "005 (007.000.000) 2026-11-22 09:21:31 Job terminated.\n\t(1) Normal termination (return value 0)\n...\n"
    "012 (007.001.000) 2026-11-22 09:21:32 Job was held.\n\tThe job's output is gone\n...\n";

}  // namespace

TEST_CASE("a job's log tells where it ran and how it ended") {
  const auto events = parse_job_log(log_text);
  REQUIRE(events.size() == 4);
  CHECK(events[1].host == "10.128.0.2");
  CHECK(events[2].return_value == 0);
  CHECK(events[3].process == 1);
  const JobCounts counts = count_events(events);
  CHECK(counts.executing == 1);
  CHECK(counts.hosts == 1);
  CHECK(counts.succeeded == 1);
  CHECK(counts.failed == 1);
}

TEST_CASE("an event that is still being written does not count, whatever is there of it") {
  const std::size_t whole = parse_job_log(log_text).size();
  for (std::size_t size = 0; size < log_text.size(); ++size)
    CHECK(parse_job_log(log_text.substr(0, size)).size() < whole);
  CHECK(parse_job_log("garbage\n...\n005 (x\n...\n\n...\n").empty());
}

TEST_CASE("a job that a signal ended has failed") {
  const auto events = parse_job_log(
      "005 (007.000.000) 2026-11-22 09:21:31 Job terminated.\n\t(0) Abnormal termination (signal 9)\n...\n");
  REQUIRE(events.size() == 1);
  CHECK_FALSE(events[0].return_value);
  CHECK(count_events(events).failed == 1);
}
