#include "condor/pool_fault.hpp"

#include <doctest/doctest.h>

#include "fake_condor.hpp"

using namespace ipop;

TEST_CASE("what is missing in a pool is named, the manager first") {
  FakeCondor machine;
  machine.write_whole_pool();
  CHECK_FALSE(condor::find_pool_fault());
  machine.write("condor_q", "echo no schedd; exit 1");
  CHECK(condor::find_pool_fault()->what == "this machine's queue does not answer: no schedd");
  machine.write("condor_status", "exit 0");
  CHECK(condor::find_pool_fault()->what.starts_with("the pool has no negotiator"));
  machine.write("condor_status", "echo no collector; exit 1");
  CHECK(condor::find_pool_fault()->what == "the pool's manager does not answer: no collector");
}

TEST_CASE("only a cluster's number is put into a question, and an answer without a summary says nothing") {
  FakeCondor machine;
  machine.write_whole_pool();
  CHECK_FALSE(condor::find_match_fault("7 || true"));
  CHECK_FALSE(condor::find_match_fault(""));
  CHECK(machine.calls().empty());
  CHECK_FALSE(condor::find_match_fault("7"));
  CHECK(machine.was_called("condor_q -better-analyze -constraint JobStatus == 1 && ClusterId == 7"));
}
