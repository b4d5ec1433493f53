#include <algorithm>
#include <iostream>
#include <thread>
#include <vector>

#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "io/file.hpp"
#include "io/log_writer.hpp"
#include "io/process.hpp"
#include "io/processes.hpp"
#include "io/system_clock.hpp"
#include "io/tcp_probe.hpp"
#include "node_waiting.hpp"
#include "pool/condor_workers.hpp"
#include "pool_files.hpp"
#include "shadow_process.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;
using pool::LostJob;
using pool::RunningJob;
using pool::SeenWorker;
using pool::WorkerFates;

// Between two looks: a worker that is gone is to be noticed within a minute, and a look costs two of HTCondor's tools.
constexpr Duration free_pause = 10s;
// For each of them; a manager that is gone does not answer at all.
constexpr Duration ask_limit = 20s;
// Of 10,000 jobs on 1,000 machines.
constexpr std::size_t most_rows = std::size_t{8} << 20U;
constexpr std::uint16_t condor_port = 9618;
constexpr Duration probe_limit = 5s;
constexpr Duration node_limit = 10s;

/// The jobs of this machine's queue that run on workers of its own group. Errors: those of condor::run_condor;
/// io_error.
Result<std::vector<RunningJob>> running_jobs(const PoolFiles& files) {
  // Running, sending output, suspended.
  const auto said =
      condor::run_condor({"condor_q", "-all", "-constraint", "JobStatus == 2 || JobStatus == 6 || JobStatus == 7",
                          "-af:t", "ClusterId", "ProcId", "RemoteHost", "PublicClaimId"},
                         ask_limit, most_rows);
  if (!said) return said.error();
  if (said->status != 0)
    return make_error(std::make_error_code(std::errc::io_error), "condor_q: " + said->output.substr(0, 200));
  auto out = pool::parse_running_jobs(said->output);
  std::erase_if(out, [&](const RunningJob& job) { return !files.group.prefix.contains(job.worker.address); });
  return out;
}

/// One row a machine; none when the manager does not answer.
std::optional<std::vector<SeenWorker>> seen_workers() {
  const auto said = condor::run_condor({"condor_status", "-constraint", "SlotID == 1 && SlotType =!= \"Dynamic\"",
                                        "-af:t", "Machine", "MyAddress", "DaemonStartTime", "LastHeardFrom"},
                                       ask_limit, most_rows);
  if (!said || said->status != 0) return std::nullopt;
  return pool::parse_seen_workers(said->output);
}

WorkerFates::Answers find_out(const std::string& socket, const WorkerFates::Questions& questions) {
  WorkerFates::Answers out;
  auto client = daemon::ControlClient::connect(socket);
  if (!client) return out;
  const auto status = tools::ask_node<node::StatusAnswer>(*client, node::StatusCommand{}, node_limit);
  out.is_connected = status && status->joined && status->links > 0;
  for (const net::Ipv4Address address : questions.holder) {
    const auto why = tools::ask_node<node::WhyAnswer>(*client, node::WhyCommand{to_string(address)}, node_limit);
    if (why)
      out.holders.emplace(address, pool::AddressHolder{why->id});
    else if (why.error().code == Errc::not_found)
      out.holders.emplace(address, pool::AddressHolder{});
  }
  out.answering = io::hosts_that_answer(questions.answers, condor_port, probe_limit);
  return out;
}

/// Takes that start of the worker out of the pool, so that no job is sent there until it tells of itself again. The
/// manager forgets it by itself after CLASSAD_LIFETIME.
void forget_worker(const Context& context, const RunningJob& job) {
  const bool is_word = std::ranges::all_of(job.machine, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  if (!is_word) return;
  const std::string file = context.options.condor + "/grid-appliance/gone";
  const std::string ad = "MyType = \"Query\"\nTargetType = \"Machine\"\nRequirements = Machine == \"" + job.machine +
                         "\" && DaemonStartTime == " + std::to_string(job.worker.began) + "\n";
  if (!io::write_file_atomically(file, ad, 0644)) return;
  // Without the manager there is nothing to be forgotten by.
  const auto told = condor::run_condor({"condor_advertise", "INVALIDATE_STARTD_ADS", file}, ask_limit);
  (void)told;
  const auto removed = io::remove_file(file);
  (void)removed;
}

/// The group's pool, and this machine's jobs in it.
class JobFreer {
 public:
  JobFreer(const Context& context, const PoolFiles& files)
      : context_(context), files_(files), fates_(files.settings.keep_alive) {}

  void look() {
    const auto jobs = running_jobs(files_);
    // HTCondor is being started, or ends.
    if (!jobs) return;
    const auto questions = fates_.look_at(io::monotonic_now(), *jobs, jobs->empty() ? std::nullopt : seen_workers());
    const auto answers = find_out(node_socket(context_, files_), questions);
    free(fates_.judge(io::monotonic_now(), *jobs, answers));
  }

 private:
  void free(const std::vector<LostJob>& lost) {
    std::set<pool::WorkerStart> forgotten;
    for (const LostJob& it : lost) {
      if (!end_shadow(it.job.job)) continue;
      writer_.write(io::monotonic_now(), {LogLevel::info,
                                          "a job's worker is gone; the job waits for another worker",
                                          {{"job", it.job.job}, {"worker", it.job.machine}, {"reason", it.why}}});
      if (forgotten.insert(it.job.worker).second) forget_worker(context_, it.job);
    }
  }

  const Context& context_;
  const PoolFiles& files_;
  WorkerFates fates_;
  io::LogWriter writer_{LogLevel::info};
};

bool is_meant(const std::string& worker, const RunningJob& job) {
  return job.machine == worker || job.machine.substr(0, job.machine.find('.')) == worker ||
         to_string(job.worker.address) == worker;
}

ExitStatus free_jobs_of(const Context& context, const PoolFiles& files, const std::string& worker) {
  auto jobs = running_jobs(files);
  if (!jobs) return report_condor_error(context, jobs.error());
  std::erase_if(*jobs, [&](const RunningJob& job) { return !is_meant(worker, job); });
  if (jobs->empty()) {
    cli::complain(context.streams, tool, "no job of this machine runs on " + worker);
    cli::suggest(context.streams, "condor_q -all -run, which shows where they run");
    return ExitStatus::no;
  }
  std::size_t freed = 0;
  for (const RunningJob& job : *jobs) {
    if (!end_shadow(job.job)) continue;
    ++freed;
    context.streams.out << cli::printable(job.job) << '\n';
  }
  forget_worker(context, jobs->front());
  return freed > 0 ? ExitStatus::done : ExitStatus::no;
}

}  // namespace

ExitStatus carry_out(const Context& context, const FreeJobs& verb) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  if (!files.settings.is_submit) {
    cli::complain(context.streams, tool, context.options.role_file + ": only a machine with the role submit has jobs");
    return ExitStatus::usage;
  }
  if (!io::is_root()) {
    cli::complain(context.streams, tool, "this needs root");
    cli::suggest_root(context.streams);
    return ExitStatus::permission;
  }
  if (!verb.worker.empty()) return free_jobs_of(context, files, verb.worker);
  JobFreer freer(context, files);
  // Who started it wants it no more when he is gone.
  for (const int parent = io::parent_process(); io::parent_process() == parent;) {
    freer.look();
    std::this_thread::sleep_for(free_pause);
  }
  return ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
