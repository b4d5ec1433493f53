#include "validation.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

#include "condor_place.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "job_run.hpp"

namespace ipop::ga_condorcfg {
namespace {

using Kind = TestOutcome::Kind;
using pool::JobCounts;
using pool::JobEvent;
using pool::JobEventKind;

constexpr std::size_t largest_output = 65'536;
constexpr Duration hook_limit = 120s;
// What is left of a job's time when its worker is back.
constexpr std::chrono::seconds absence_rest{10};

TestOutcome failed(const Error& error) {
  return {Kind::failed, error.context.empty() ? error.message() : error.context};
}

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Why a job failed, in HTCondor's words.
std::string trouble(const std::vector<JobEvent>& events) {
  for (const JobEvent& event : events) {
    if (event.kind == JobEventKind::held || event.kind == JobEventKind::aborted) {
      const auto reason = event.text.find("\n\t");
      return reason == std::string::npos ? "held" : "held: " + first_line(event.text.substr(reason + 2));
    }
    if (event.kind == JobEventKind::terminated && event.return_value != 0) return "a job ended with an error";
  }
  return "a job failed";
}

/// The jobs are taken out of the queue; what their log says of them, or why it can't be read.
TestOutcome broken(const JobRun& run) {
  const auto events = run.events();
  run.remove();
  return events ? TestOutcome{Kind::failed, trouble(*events)} : failed(events.error());
}

std::string description(const std::string& directory, const std::string& name, const std::string& more) {
  return "universe = vanilla\ninitialdir = " + directory + "\nlog = " + name + ".log\nshould_transfer_files = yes\n" +
         "when_to_transfer_output = on_exit\nrequest_cpus = 1\nrequest_memory = 32M\nrequest_disk = 16M\n" + more;
}

/// A script that jobs run, in `directory`.
Result<void> write_script(const std::string& directory, const std::string& name, const std::string& text) {
  return io::write_file_atomically(directory + "/" + name, "#!/bin/sh\n" + text, 0755);
}

std::vector<std::string> words_in(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

/// What a program of HTCondor prints for each machine or key. Empty when it fails.
std::vector<std::string> ask(const std::vector<std::string>& command) {
  const auto said = run_condor(command);
  return said && said->status == 0 ? words_in(said->output) : std::vector<std::string>();
}

/// Follows until all of `jobs` ended; the counts then.
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

TestOutcome judge(const JobRun& run, const Result<JobCounts>& counts, const std::string& good) {
  if (!counts) return failed(counts.error());
  return counts->failed == 0 ? TestOutcome{Kind::passed, good} : broken(run);
}

/// Ten steps; after each, the state is on disk, and after each third it is sent to the submit machine.
constexpr const char* counting_script = R"(step=0
[ ! -f state ] || read -r step < state
echo "begins behind step $step"
while [ "$step" -lt 10 ]; do
  sleep 1
  step=$((step + 1))
  echo "$step" > state
  [ $((step % 3)) -ne 0 ] || exit 85
done
echo "ends at step $step"
)";

/// Where the beginnings of a counting job's output were.
std::vector<int> beginnings(const std::string& output) {
  constexpr std::string_view mark = "begins behind step ";
  std::vector<int> out;
  for (auto at = output.find(mark); at != std::string::npos; at = output.find(mark, at + 1)) {
    int value = 0;
    const char* first = output.data() + at + mark.size();
    std::from_chars(first, output.data() + output.size(), value);
    out.push_back(value);
  }
  return out;
}

}  // namespace

TestOutcome test_jobs(const TestPlace& place) {
  const std::size_t jobs = place.wishes.jobs;
  const auto run = JobRun::submit(
      place.directory, "jobs",
      description(place.directory, "jobs",
                  "executable = /bin/true\ntransfer_executable = false\nqueue " + std::to_string(jobs) + "\n"));
  if (!run) return failed(run.error());
  const auto counts = follow_to_end(place, *run, jobs, "jobs");
  return judge(*run, counts, counts ? plural(counts->succeeded, "job") + " on " + plural(counts->hosts, "worker") : "");
}

TestOutcome test_dag(const TestPlace& place) {
  const std::string& directory = place.directory;
  // Each job passes on the sum of what it was given and a number of its own: 1, 1 + 2, 1 + 3, 3 + 4.
  const std::string script = R"(own=$1
out=$2
shift 2
for file; do
  read -r value < "$file" || exit 1
  own=$((own + value))
done
echo "$own" > "$out"
)";
  const std::string dag =
      "CONFIG diamond.config\nJOB A node.sub\nJOB B node.sub\nJOB C node.sub\nJOB D node.sub\nPARENT A CHILD B "
      "C\nPARENT B C CHILD D\n"
      "VARS A words=\"1 a.txt\" files=\"\"\nVARS B words=\"2 b.txt a.txt\" files=\"a.txt\"\n"
      "VARS C words=\"3 c.txt a.txt\" files=\"a.txt\"\nVARS D words=\"4 d.txt b.txt c.txt\" files=\"b.txt, c.txt\"\n";
  const std::string node = description(directory, "node",
                                       "executable = sum.sh\narguments = $(words)\ntransfer_input_files = $(files)\n"
                                       "queue\n");
  if (auto written = write_script(directory, "sum.sh", script); !written) return failed(written.error());
  // Looked at every 5 s, the logs of four short jobs would be most of the time.
  const std::string config = "DAGMAN_USER_LOG_SCAN_INTERVAL = 1\n";
  for (const auto& [name, text] :
       {std::pair{"/node.sub", node}, std::pair{"/diamond.config", config}, std::pair{"/diamond.dag", dag}})
    if (auto written = io::write_file_atomically(directory + name, text, 0644); !written)
      return failed(written.error());
  const std::string log = directory + "/diamond.dag.dagman.log";
  if (auto made = io::write_file_atomically(log, "", 0644); !made) return failed(made.error());
  const auto submitted =
      run_condor({"condor_submit_dag", "-force", "-usedagdir", directory + "/diamond.dag"}, hook_limit);
  if (!submitted) return failed(submitted.error());
  if (submitted->status != 0) return {Kind::failed, "condor_submit_dag: " + first_line(submitted->output)};
  // -force takes away logs of an earlier run, this one with them.
  if (!io::exists(log))
    if (auto made = io::write_file_atomically(log, "", 0644); !made) return failed(made.error());
  const auto words = words_in(submitted->output);
  const auto cluster = std::ranges::find(words, "cluster");
  const JobRun run(log, cluster == words.end() || cluster + 1 == words.end()
                            ? ""
                            : (cluster + 1)->substr(0, (cluster + 1)->find('.')));
  const auto counts = follow_to_end(place, run, 1, "diamond");
  if (!counts || counts->failed > 0) return judge(run, counts, "");
  const auto sum = io::read_file(directory + "/d.txt", largest_output);
  // 4 and what B (1 + 2) and C (1 + 3) passed on.
  if (!sum || first_line(*sum) != "11") return {Kind::failed, "the last job of the diamond got wrong input"};
  return {Kind::passed, "A, then B and C, then D with what they made"};
}

TestOutcome test_checkpoint(const TestPlace& place) {
  const std::string& directory = place.directory;
  if (auto written = write_script(directory, "count.sh", counting_script); !written) return failed(written.error());
  const auto run = JobRun::submit(
      directory, "checkpoint",
      description(directory, "checkpoint",
                  "executable = " + directory +
                      "/count.sh\noutput = checkpoint.out\nstream_output = false\ncheckpoint_exit_code = 85\n"
                      "transfer_checkpoint_files = state, _condor_stdout\nqueue\n"));
  if (!run) return failed(run.error());
  const TimePoint end = io::monotonic_now() + place.wishes.timeout;
  // The state is sent after the third step; its transfer is an event of the log.
  const auto has_checkpoint = [](const JobEvent& event) {
    return event.kind == JobEventKind::transfer && event.text.find("Finished transferring output") != std::string::npos;
  };
  place.show("checkpoint: waiting for the first one");
  bool is_broken = false;
  auto waited = run->follow(end, [&](const std::vector<JobEvent>& events) {
    is_broken = count_events(events).failed > 0 || count_events(events).succeeded > 0;
    return is_broken || std::ranges::any_of(events, has_checkpoint);
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
  if (!counts || counts->failed > 0) return judge(*run, counts, "");
  const auto output = io::read_file(directory + "/checkpoint.out", largest_output);
  if (!output) return failed(output.error());
  if (counts->evicted == 0) return {Kind::failed, "the job was not evicted"};
  const std::vector<int> starts = beginnings(*output);
  const auto last = std::ranges::max(starts.empty() ? std::vector<int>{0} : starts);
  if (output->find("ends at step 10") == std::string::npos || last < 3 || starts.front() != 0)
    return {Kind::failed, "the job did not continue from its checkpoint"};
  return {Kind::passed, "evicted, then continued to step 10"};
}

TestOutcome test_flock(const TestPlace& place) {
  const auto partners = ask({"condor_config_val", "FLOCK_TO"});
  if (partners.empty()) return {Kind::not_run, "this machine flocks to no pool"};
  std::set<std::string> home;
  for (std::string address : ask({"condor_status", "-af", "MyAddress"})) {
    address.erase(0, std::min(address.find_first_not_of('<'), address.size()));
    home.insert(address.substr(0, address.find(':')));
  }
  std::size_t cores = 0;
  // A slot that was made for a job is a part of another one.
  for (const std::string& text :
       ask({"condor_status", "-constraint", "SlotType =!= \"Dynamic\"", "-af", "TotalSlotCpus"})) {
    std::size_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    cores += value;
  }
  if (home.empty() || cores == 0) return {Kind::failed, "condor_status shows no worker of this machine's own pool"};
  constexpr std::size_t beyond = 2;
  const std::size_t jobs = cores + beyond;
  const auto run = JobRun::submit(place.directory, "flock",
                                  description(place.directory, "flock",
                                              "executable = /bin/sleep\narguments = 600\ntransfer_executable = false\n"
                                              "queue " +
                                                  std::to_string(jobs) + "\n"));
  if (!run) return failed(run.error());
  std::string abroad;
  bool is_broken = false;
  auto followed = run->follow(io::monotonic_now() + place.wishes.timeout, [&](const std::vector<JobEvent>& events) {
    const JobCounts counts = count_events(events);
    is_broken = counts.failed > 0;
    for (const JobEvent& event : events)
      if (event.kind == JobEventKind::executing && !home.contains(event.host)) abroad = event.host;
    place.show("flock: " + std::to_string(counts.executing) + " of " + std::to_string(jobs) + " run");
    return is_broken || !abroad.empty();
  });
  if (followed && is_broken) return broken(*run);
  run->remove();
  if (!followed) return failed(followed.error());
  return {Kind::passed, "home has " + plural(cores, "core") + "; a job ran at " + abroad};
}

TestOutcome test_absence(const TestPlace& place) {
  const ValidatePool& wishes = place.wishes;
  if (wishes.cut_off.empty() || wishes.bring_back.empty()) return {Kind::not_run, "needs --cut-off and --bring-back"};
  const auto seconds = std::to_string((wishes.away + absence_rest).count());
  std::string more = "executable = /bin/sleep\narguments = " + seconds + "\ntransfer_executable = false\n";
  if (!wishes.worker.empty()) more += "requirements = Machine == \"" + wishes.worker + "\"\n";
  const auto run =
      JobRun::submit(place.directory, "absence", description(place.directory, "absence", more + "queue\n"));
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
  if (!counts || counts->failed > 0) return judge(*run, counts, "");
  if (counts->executing != 1 || counts->evicted > 0) return {Kind::failed, "the job was lost and started again"};
  return {Kind::passed, "away for " + std::to_string(wishes.away.count()) + " s; the job ran through"};
}

}  // namespace ipop::ga_condorcfg
