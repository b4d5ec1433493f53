#include "validation/validation_jobs.hpp"

namespace ipop::validation {
namespace {

// What is left of a job's time when its worker is back.
constexpr std::chrono::seconds absence_rest{10};

std::string description(const std::string& directory, const std::string& name, const std::string& more) {
  return "universe = vanilla\ninitialdir = " + directory + "\nlog = " + name + ".log\nshould_transfer_files = yes\n" +
         "when_to_transfer_output = on_exit\nrequest_cpus = 1\nrequest_memory = 32M\nrequest_disk = 16M\n" + more;
}

/// Ten steps; after each, the state is on disk, and after each third it is sent to the submit machine.
constexpr const char* counting_script = R"(#!/bin/sh
step=0
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

/// Each job passes on the sum of what it was given and a number of its own: 1, 1 + 2, 1 + 3, 3 + 4 and 4.
constexpr const char* sum_script = R"(#!/bin/sh
own=$1
out=$2
shift 2
for file; do
  read -r value < "$file" || exit 1
  own=$((own + value))
done
echo "$own" > "$out"
)";

constexpr const char* diamond = R"(CONFIG diamond.config
JOB A node.sub
JOB B node.sub
JOB C node.sub
JOB D node.sub
PARENT A CHILD B C
PARENT B C CHILD D
VARS A words="1 a.txt" files=""
VARS B words="2 b.txt a.txt" files="a.txt"
VARS C words="3 c.txt a.txt" files="a.txt"
VARS D words="4 d.txt b.txt c.txt" files="b.txt, c.txt"
)";

}  // namespace

std::string describe_many(const std::string& directory, std::size_t count) {
  return description(directory, "jobs",
                     "executable = /bin/true\ntransfer_executable = false\nqueue " + std::to_string(count) + "\n");
}

std::string describe_checkpoint(const std::string& directory) {
  return description(directory, "checkpoint",
                     "executable = " + directory +
                         "/count.sh\noutput = checkpoint.out\nstream_output = false\ncheckpoint_exit_code = 85\n"
                         "transfer_checkpoint_files = state, _condor_stdout\nqueue\n");
}

JobFile counting_program() {
  return {"count.sh", counting_script, true};
}

std::string describe_sleepers(const std::string& directory, std::size_t count) {
  return description(
      directory, "flock",
      "executable = /bin/sleep\narguments = 600\ntransfer_executable = false\nqueue " + std::to_string(count) + "\n");
}

std::string describe_absence(const std::string& directory, std::chrono::seconds away, const std::string& worker) {
  std::string more = "executable = /bin/sleep\narguments = " + std::to_string((away + absence_rest).count()) +
                     "\ntransfer_executable = false\n";
  if (!worker.empty()) more += "requirements = Machine == \"" + worker + "\"\n";
  return description(directory, "absence", more + "queue\n");
}

std::vector<JobFile> diamond_files(const std::string& directory) {
  return {{"sum.sh", sum_script, true},
          {"node.sub", description(directory, "node",
                                   "executable = sum.sh\narguments = $(words)\ntransfer_input_files = $(files)\n"
                                   "queue\n")},
          // Looked at every 5 s, the logs of four short jobs would be most of the time.
          {"diamond.config", "DAGMAN_USER_LOG_SCAN_INTERVAL = 1\n"},
          {"diamond.dag", diamond}};
}

}  // namespace ipop::validation
