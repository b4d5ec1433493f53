#include "validation/verdicts.hpp"

#include <system_error>

#include <doctest/doctest.h>

using namespace ipop::validation;
using namespace std::chrono_literals;
using Kind = TestOutcome::Kind;

namespace {

std::vector<JobEvent> events_of(const std::string& text) {
  return parse_job_log(text);
}

constexpr const char* away_from_home =
    "001 (007.000.000) x Job executing on host: <10.128.0.2:9618?sock=x>\n...\n"
    "001 (007.001.000) x Job executing on host: <10.200.0.9:9618?sock=x>\n...\n";

}  // namespace

TEST_CASE("what ended a job is told in HTCondor's words") {
  CHECK(judge_broken(events_of("012 (007.000.000) x Job was held.\n\tno such file\n\tCode 13\n...\n")) ==
        TestOutcome{Kind::failed, "held: no such file"});
  CHECK(judge_broken(events_of("009 (007.000.000) x\n...\n")).detail == "held");
  CHECK(judge_broken(events_of("005 (007.000.000) x\n\t(1) Normal termination (return value 1)\n...\n")).detail ==
        "a job ended with an error");
  CHECK(judge_broken({}) == TestOutcome{Kind::failed, "a job failed"});
}

TEST_CASE("jobs that all ended well pass, with their number and that of the workers") {
  JobCounts counts;
  counts.succeeded = 100;
  counts.hosts = 1;
  CHECK(judge_many(counts) == TestOutcome{Kind::passed, "100 jobs on 1 worker"});
}

TEST_CASE("a diamond passes when its last job got what the others made") {
  CHECK(judge_diamond("11\n").kind == Kind::passed);
  CHECK(judge_diamond("4\n").kind == Kind::failed);
  CHECK(judge_diamond("").kind == Kind::failed);
}

TEST_CASE("a checkpoint passes when the job was evicted and began the last time behind a step that it had sent") {
  JobCounts counts;
  counts.evicted = 1;
  const std::string good = "begins behind step 0\nbegins behind step 3\nends at step 10\n";
  CHECK(judge_checkpoint(counts, good).kind == Kind::passed);
  CHECK(judge_checkpoint(counts, "begins behind step 0\nbegins behind step 0\nends at step 10\n").kind == Kind::failed);
  CHECK(judge_checkpoint(counts, "begins behind step 3\nends at step 10\n").kind == Kind::failed);
  CHECK(judge_checkpoint(counts, "begins behind step 0\nbegins behind step 3\n").kind == Kind::failed);
  CHECK(judge_checkpoint(counts, "").kind == Kind::failed);
  counts.evicted = 0;
  CHECK(judge_checkpoint(counts, good).detail == "the job was not evicted");
}

TEST_CASE("a job that began twice did not run through its worker's absence") {
  JobCounts counts;
  counts.executing = 1;
  CHECK(judge_absence(counts, 30s) == TestOutcome{Kind::passed, "away for 30 s; the job ran through"});
  counts.executing = 2;
  CHECK(judge_absence(counts, 30s).kind == Kind::failed);
}

TEST_CASE("a job that ran at none of the pool's own addresses ran in another pool") {
  const auto home = hosts_of({"<10.128.0.2:9618?addrs=x>", "<10.128.0.3:9618>"});
  CHECK(home == std::set<std::string>{"10.128.0.2", "10.128.0.3"});
  CHECK(host_abroad(events_of(away_from_home), home) == "10.200.0.9");
  CHECK(host_abroad(events_of(away_from_home), {"10.128.0.2", "10.200.0.9"}).empty());
  CHECK(sum_of({"4", "8", "undefined"}) == 12);
}

TEST_CASE("what condor_submit says beside the cluster is passed over, and a refusal names none") {
  CHECK(submitted_cluster("WARNING: x - y\n12.0 - 12.99\n") == "12");
  CHECK(submitted_cluster("ERROR: no. - schedd\n").empty());
  CHECK(submitted_cluster("").empty());
  CHECK(submitted_dag("1 job(s) submitted to cluster 12.\n") == "12");
  CHECK(submitted_dag("submitted to cluster").empty());
}

TEST_CASE("a name that could end a job's requirements is no host's") {
  CHECK(is_host_name("bob-2.ipop"));
  CHECK_FALSE(is_host_name("bob\" || true || \""));
  CHECK_FALSE(is_host_name(std::string(256, 'a')));
}

TEST_CASE("an error that says nothing more is told by its code") {
  CHECK(failed(ipop::make_error(std::make_error_code(std::errc::timed_out), "timed out")).detail == "timed out");
  CHECK_FALSE(failed(ipop::make_error(std::make_error_code(std::errc::io_error), "")).detail.empty());
}
