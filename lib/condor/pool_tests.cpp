#include "condor/pool_tests.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>
#include <utility>

#include "condor/condor_program.hpp"
#include "condor/job_run.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "validation/validation_jobs.hpp"

namespace ipop::condor {
namespace {

using validation::failed;
using validation::first_line;
using validation::JobCounts;
using validation::JobEvent;
using validation::TestOutcome;
using validation::words_in;
using Kind = TestOutcome::Kind;

constexpr std::size_t largest_output = 65'536;
constexpr Duration hook_limit = 120s;

/// The jobs are taken out of the queue; what their log says of them, or why it can't be read.
TestOutcome broken(const JobRun& run) {
  const auto events = run.events();
  run.remove();
  return events ? validation::judge_broken(*events) : failed(events.error());
}

/// What a program of HTCondor prints for each machine or key. Empty when it fails.
std::vector<std::string> ask(const std::vector<std::string>& command) {
  const auto said = run_condor(command);
  return said && said->status == 0 ? words_in(said->output) : std::vector<std::string>();
}

Result<void> write_job_file(const std::string& directory, const validation::JobFile& file) {
  return io::write_file_atomically(directory + "/" + file.name, file.text, file.is_program ? 0755 : 0644);
}

/// Follows until all of `jobs` ended well or one did not; the counts then.
Result<JobCounts> follow_to_end(const TestPlace& place, const JobRun& run, std::size_t jobs, const std::string& what) {
  JobCounts counts;
  auto followed = run.follow(io::monotonic_now() + place.wishes.timeout, [&](const std::vector<JobEvent>& events) {
    counts = count_events(events);
    place.show(what + ": " + std::to_string(counts.succeeded) + " of " + std::to_string(jobs) + " done");
    return counts.failed > 0 || counts.succeeded >= jobs;
  });
  if (!followed) {
    run.remove();
    return std::move(followed).error();
  }
  return counts;
}

/// What went wrong up to here; nothing: all jobs ended well.
std::optional<TestOutcome> trouble(const JobRun& run, const Result<JobCounts>& counts) {
  if (!counts) return failed(counts.error());
  if (counts->failed > 0) return broken(run);
  return std::nullopt;
}

/// Many jobs of nothing at once.
TestOutcome test_jobs(const TestPlace& place) {
  const std::size_t jobs = place.wishes.jobs;
  const auto run = JobRun::submit(place.directory, "jobs", validation::describe_many(place.directory, jobs));
  if (!run) return failed(run.error());
  const auto counts = follow_to_end(place, *run, jobs, "jobs");
  if (auto wrong = trouble(*run, counts)) return *std::move(wrong);
  return validation::judge_many(*counts);
}

/// A diamond of four jobs, whose last one needs what the others made.
TestOutcome test_dag(const TestPlace& place) {
  const std::string& directory = place.directory;
  for (const validation::JobFile& file : validation::diamond_files(directory))
    if (auto written = write_job_file(directory, file); !written) return failed(written.error());
  const std::string log = directory + "/diamond.dag.dagman.log";
  if (auto made = io::write_file_atomically(log, "", 0644); !made) return failed(made.error());
  const auto submitted =
      run_condor({"condor_submit_dag", "-force", "-usedagdir", directory + "/diamond.dag"}, hook_limit);
  if (!submitted) return failed(submitted.error());
  if (submitted->status != 0) return {Kind::failed, "condor_submit_dag: " + first_line(submitted->output)};
  // -force takes away logs of an earlier run, this one with them.
  if (!io::exists(log))
    if (auto made = io::write_file_atomically(log, "", 0644); !made) return failed(made.error());
  const JobRun run(log, validation::submitted_dag(submitted->output));
  const auto counts = follow_to_end(place, run, 1, "diamond");
  if (auto wrong = trouble(run, counts)) return *std::move(wrong);
  const auto result = io::read_file(directory + "/d.txt", largest_output);
  return validation::judge_diamond(result ? std::string_view(*result) : std::string_view());
}

/// A job that writes its state and ends with 85 is evicted, and goes on where it was.
TestOutcome test_checkpoint(const TestPlace& place) {
  const std::string& directory = place.directory;
  if (auto written = write_job_file(directory, validation::counting_program()); !written)
    return failed(written.error());
  const auto run = JobRun::submit(directory, "checkpoint", validation::describe_checkpoint(directory));
  if (!run) return failed(run.error());
  const TimePoint end = io::monotonic_now() + place.wishes.timeout;
  place.show("checkpoint: waiting for the first one");
  bool is_broken = false;
  auto waited = run->follow(end, [&](const std::vector<JobEvent>& events) {
    const JobCounts counts = count_events(events);
    is_broken = counts.failed > 0 || counts.succeeded > 0;
    // The state is sent after the third step.
    return is_broken || validation::has_checkpoint(events);
  });
  if (!waited) {
    run->remove();
    return failed(waited.error());
  }
  if (is_broken) return broken(*run);
  place.show("checkpoint: evicting the job");
  const auto vacated = run_condor({"condor_vacate_job", run->cluster()}, hook_limit);
  if (!vacated) return failed(vacated.error());
  const auto counts = follow_to_end(place, *run, 1, "checkpoint");
  if (auto wrong = trouble(*run, counts)) return *std::move(wrong);
  const auto output = io::read_file(directory + "/checkpoint.out", largest_output);
  return output ? validation::judge_checkpoint(*counts, *output) : failed(output.error());
}

/// More jobs than the home pool has room for: one of them runs in another pool.
TestOutcome test_flock(const TestPlace& place) {
  if (ask({"condor_config_val", "FLOCK_TO"}).empty()) return {Kind::not_run, "this machine flocks to no pool"};
  const std::set<std::string> home = validation::hosts_of(ask({"condor_status", "-af", "MyAddress"}));
  // A slot that was made for a job is a part of another one.
  const std::size_t cores =
      validation::sum_of(ask({"condor_status", "-constraint", "SlotType =!= \"Dynamic\"", "-af", "TotalSlotCpus"}));
  if (home.empty() || cores == 0) return {Kind::failed, "condor_status shows no worker of this machine's own pool"};
  constexpr std::size_t beyond = 2;
  const std::size_t jobs = cores + beyond;
  const auto run = JobRun::submit(place.directory, "flock", validation::describe_sleepers(place.directory, jobs));
  if (!run) return failed(run.error());
  std::string abroad;
  bool is_broken = false;
  auto followed = run->follow(io::monotonic_now() + place.wishes.timeout, [&](const std::vector<JobEvent>& events) {
    const JobCounts counts = count_events(events);
    is_broken = counts.failed > 0;
    abroad = validation::host_abroad(events, home);
    place.show("flock: " + std::to_string(counts.executing) + " of " + std::to_string(jobs) + " run");
    return is_broken || !abroad.empty();
  });
  if (followed && is_broken) return broken(*run);
  run->remove();
  if (!followed) return failed(followed.error());
  return validation::judge_flock(cores, abroad);
}

/// A worker that is away for less than its job's lease brings it to its end.
TestOutcome test_absence(const TestPlace& place) {
  const TestWishes& wishes = place.wishes;
  if (wishes.cut_off.empty() || wishes.bring_back.empty()) return {Kind::not_run, "needs --cut-off and --bring-back"};
  const auto run = JobRun::submit(place.directory, "absence",
                                  validation::describe_absence(place.directory, wishes.away, wishes.worker));
  if (!run) return failed(run.error());
  const TimePoint end = io::monotonic_now() + wishes.timeout;
  place.show("absence: waiting for the job to run");
  auto begun = run->follow(end, [](const std::vector<JobEvent>& events) {
    const JobCounts counts = count_events(events);
    return counts.executing > 0 || counts.failed > 0;
  });
  if (!begun) {
    run->remove();
    return failed(begun.error());
  }
  const auto cut = io::run_process(words_in(wishes.cut_off), hook_limit);
  if (!cut || cut->status != 0) {
    run->remove();
    return {Kind::failed, "--cut-off: " + (cut ? first_line(cut->output) : cut.error().message())};
  }
  place.show("absence: the worker is away");
  std::this_thread::sleep_for(wishes.away);
  const auto back = io::run_process(words_in(wishes.bring_back), hook_limit);
  if (!back || back->status != 0) {
    run->remove();
    return {Kind::failed, "--bring-back: " + (back ? first_line(back->output) : back.error().message())};
  }
  const auto counts = follow_to_end(place, *run, 1, "absence");
  if (auto wrong = trouble(*run, counts)) return *std::move(wrong);
  return validation::judge_absence(*counts, wishes.away);
}

struct PoolTest {
  const char* name;
  TestOutcome (*run)(const TestPlace&);
};
// The last one leaves every slot of the pool taken until the manager has heard that it is free again.
constexpr std::array<PoolTest, 5> tests{{{"jobs", test_jobs},
                                         {"dag", test_dag},
                                         {"checkpoint", test_checkpoint},
                                         {"absence", test_absence},
                                         {"flock", test_flock}}};

}  // namespace

std::vector<std::string> test_names() {
  std::vector<std::string> out;
  for (const PoolTest& test : tests)
    out.emplace_back(test.name);
  return out;
}

TestReport run_tests(const TestPlace& place) {
  const std::vector<std::string>& only = place.wishes.only;
  TestReport out;
  for (const PoolTest& test : tests) {
    if (!only.empty() && std::ranges::find(only, test.name) == only.end()) continue;
    place.show(std::string(test.name) + " ...");
    const TimePoint begin = io::monotonic_now();
    const bool is_doubtful = out.rows.empty() || out.rows.back().outcome.kind == Kind::failed;
    if (!out.fault && is_doubtful) out.fault = find_pool_fault();
    TestOutcome outcome = out.fault ? TestOutcome{Kind::not_run, out.fault->what} : test.run(place);
    out.rows.push_back({test.name, std::move(outcome), io::monotonic_now() - begin});
  }
  return out;
}

}  // namespace ipop::condor
