#include "condor/pool_tests.hpp"

#include <doctest/doctest.h>

#include "fake_condor.hpp"

using namespace ipop;
using Kind = validation::TestOutcome::Kind;

namespace {

constexpr const char* ended_well = "005 (007.000.000) x\n\t(1) Normal termination (return value 0)\n...\n";
constexpr const char* held = "012 (007.000.000) x Job was held.\n\tno such file\n...\n";

condor::TestReport run_only(const std::vector<std::string>& names) {
  const TempDir work;
  condor::TestWishes wishes;
  wishes.jobs = 1;
  wishes.only = names;
  return condor::run_tests({wishes, work.path(), [](const std::string&) {}});
}

}  // namespace

TEST_CASE("tests run in their order, whatever that of the wishes") {
  FakeCondor machine;
  machine.write_whole_pool();
  machine.write_submit(ended_well);
  const auto report = run_only({"absence", "jobs"});
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows[0].name == "jobs");
  CHECK(report.rows[0].outcome.kind == Kind::passed);
  CHECK(report.rows[1].outcome.detail == "needs --cut-off and --bring-back");
  CHECK_FALSE(report.fault);
}

TEST_CASE("in a pool in which no job can run, no test submits one") {
  FakeCondor machine;
  machine.write("condor_status", "exit 1");
  machine.write_submit(ended_well);
  const auto report = run_only({});
  CHECK(report.rows.size() == condor::test_names().size());
  for (const condor::TestRow& row : report.rows)
    CHECK(row.outcome.kind == Kind::not_run);
  CHECK(report.fault);
  CHECK_FALSE(machine.was_called("condor_submit"));
}

TEST_CASE("behind a test that failed it is asked again whether a job can run") {
  FakeCondor machine;
  machine.write_whole_pool();
  machine.write_submit(held);
  // The worker is lost by that job.
  machine.write("condor_rm", "printf '#!/bin/sh\\nexit 1\\n' >\"$(command -v condor_status)\"");
  const auto report = run_only({"jobs", "checkpoint"});
  REQUIRE(report.rows.size() == 2);
  CHECK(report.rows[0].outcome == validation::TestOutcome{Kind::failed, "held: no such file"});
  CHECK(report.rows[1].outcome.kind == Kind::not_run);
  CHECK(report.fault);
}

TEST_CASE("a job that runs outside the pool's own workers shows that the pool flocks; the jobs are taken back") {
  FakeCondor machine;
  machine.write_whole_pool();
  machine.write("condor_config_val", "echo 10.200.0.1");
  machine.write_submit("001 (007.000.000) x Job executing on host: <10.200.0.9:9618>\n...\n");
  const auto report = run_only({"flock"});
  REQUIRE(report.rows.size() == 1);
  CHECK(report.rows[0].outcome.detail == "home has 4 cores; a job ran at 10.200.0.9");
  CHECK(machine.was_called("condor_rm 7\n"));
}
