#include "condor/job_run.hpp"

#include <doctest/doctest.h>

#include "fake_condor.hpp"
#include "io/system_clock.hpp"

using namespace ipop;
using condor::JobRun;
using validation::JobEvent;

TEST_CASE("jobs that were submitted are followed by their log, and removed by their cluster") {
  FakeCondor machine;
  const TempDir work;
  machine.write_whole_pool();
  machine.write_submit("000 (007.000.000) x\n...\n");
  const auto run = JobRun::submit(work.path(), "jobs", "queue 2\n");
  REQUIRE(run);
  CHECK(run->cluster() == "7");
  std::size_t seen = 0;
  REQUIRE(run->follow(io::monotonic_now() + 60s, [&](const std::vector<JobEvent>& events) {
    seen = events.size();
    return true;
  }));
  CHECK(seen == 1);
  run->remove();
  CHECK(machine.was_called("condor_rm 7\n"));
}

TEST_CASE("a refused submission is an error with HTCondor's words") {
  FakeCondor machine;
  const TempDir work;
  machine.write("condor_submit", "echo 'ERROR: no schedd'; exit 1");
  const auto run = JobRun::submit(work.path(), "jobs", "queue 2\n");
  REQUIRE_FALSE(run);
  CHECK(run.error().context == "condor_submit: ERROR: no schedd");
}

TEST_CASE("jobs of which nothing is heard until the end have timed out") {
  FakeCondor machine;
  const TempDir work;
  machine.write_submit("");
  const auto run = JobRun::submit(work.path(), "jobs", "queue 2\n");
  REQUIRE(run);
  const auto followed = run->follow(io::monotonic_now(), [](const auto&) { return false; });
  REQUIRE_FALSE(followed);
  CHECK(followed.error().code == std::errc::timed_out);
}
