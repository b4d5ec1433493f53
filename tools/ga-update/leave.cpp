#include "leave.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "cli/human.hpp"
#include "cli/progress.hpp"
#include "io/directory_changes.hpp"
#include "io/event_loop.hpp"
#include "io/file.hpp"
#include "io/run_process.hpp"
#include "io/system_clock.hpp"
#include "io/watched_process.hpp"
#include "updates/departure.hpp"
#include "updates/waves.hpp"

namespace ipop::ga_update {
namespace {

constexpr Duration condor_limit = std::chrono::seconds(20);
// A pool of 20,000 machines with long names.
constexpr std::size_t most_names = std::size_t{4} << 20U;

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\r'))
      line.remove_suffix(1);
    if (!line.empty() && line.front() != '#') out.emplace_back(line);
  }
  return out;
}

/// The first line that one of HTCondor's programs prints. Errors: it is not there, or fails.
Result<std::string> ask_condor(const std::vector<std::string>& command) {
  const auto result = io::run_process(command, condor_limit, most_names);
  if (!result) return Error(result.error()).in(command.front());
  if (result->status != 0)
    return {Errc::not_found, command.front() + " failed: " + result->output.substr(0, result->output.find('\n'))};
  return result->output;
}

/// How long until a clock of UTC shows this.
Duration until(const Moment& moment, WallTime now) {
  constexpr std::int64_t day = 86'400;
  if (moment.time) return std::max(*moment.time - now, std::chrono::seconds(0));
  if (!moment.of_day) return {};
  const std::int64_t wanted = std::chrono::seconds(*moment.of_day).count();
  return std::chrono::seconds(((wanted - now.seconds % day) % day + day) % day);
}

class Leaving {
 public:
  Leaving(const Apply& verb, const updates::Terms& terms, std::string execute, std::string name,
          std::vector<std::string> machines)
      : verb_(verb),
        execute_(std::move(execute)),
        name_(std::move(name)),
        machines_(std::move(machines)),
        departure_(terms),
        timer_(loop_, [this] {
          look_for_jobs();
          departure_.handle_timeout(io::monotonic_now());
          carry_out();
        }) {}

  Result<void> run() {
    if (verb_.when_idle) {
      auto changes = io::DirectoryChanges::watch(loop_, execute_, [this] {
        look_for_jobs();
        carry_out();
      });
      if (!changes && changes.error().code != std::errc::no_such_file_or_directory) return std::move(changes).error();
      if (changes) changes_.emplace(*std::move(changes));
    }
    departure_.begin(io::monotonic_now());
    look_for_jobs();
    carry_out();
    if (!verdict_) loop_.run();
    return *verdict_;
  }

 private:
  /// A job that runs has a directory of its own there; where there is no such place no job can run.
  void look_for_jobs() {
    if (!verb_.when_idle) return;
    bool is_idle = true;
    std::error_code error;
    for (std::filesystem::directory_iterator it(execute_, error), end; !error && it != end; it.increment(error))
      is_idle = is_idle && !it->path().filename().string().starts_with("dir_");
    departure_.handle_idle(io::monotonic_now(), is_idle);
  }

  void carry_out() {
    while (const auto output = departure_.poll_output()) {
      std::visit(Overloaded{[this](const updates::Departure::AskSpared&) { ask_pool(); },
                            [this](const updates::Departure::Go&) { end_with({}); },
                            [this](const updates::Departure::GiveUp&) {
                              end_with(make_error(std::make_error_code(std::errc::timed_out),
                                                  "the machine could not leave its pool in time; nothing was changed"));
                            }},
                 *output);
    }
    if (const auto next = departure_.poll_timeout())
      timer_.arm(*next);
    else
      timer_.disarm();
  }

  void ask_pool() {
    auto started = io::WatchedProcess::start(
        loop_, {"condor_status", "-af", "Machine"}, condor_limit,
        [this](Result<io::ProcessResult> result) {
          const bool answers = result && result->status == 0;
          take_pool(answers && updates::may_leave(machines_, lines_of(result->output), name_, *verb_.share));
        },
        most_names);
    if (started)
      condor_ = *std::move(started);
    else
      loop_.post([this] { take_pool(false); });
  }
  void take_pool(bool is_spared) {
    condor_.reset();
    look_for_jobs();
    departure_.handle_spared(io::monotonic_now(), is_spared);
    carry_out();
  }

  void end_with(Result<void> verdict) {
    verdict_ = std::move(verdict);
    loop_.stop();
  }

  const Apply& verb_;
  std::string execute_;
  std::string name_;
  std::vector<std::string> machines_;
  io::EventLoop loop_;
  updates::Departure departure_;
  io::LoopTimer timer_;
  std::optional<io::DirectoryChanges> changes_;
  std::unique_ptr<io::WatchedProcess> condor_;
  std::optional<Result<void>> verdict_;
};

Result<std::vector<std::string>> names_of_machines(const Apply& verb) {
  const auto text = verb.machines.empty() ? ask_condor({"condor_status", "-af", "Machine"})
                                          : io::read_file(verb.machines, most_names);
  if (!text) return text.error();
  return lines_of(*text);
}

}  // namespace

Result<void> wait_for_departure(const Context& context, const Apply& verb, const std::string& release) {
  updates::Terms terms{until(verb.at, io::wall_time_now()), verb.within, verb.when_idle, verb.share.has_value()};
  std::string execute = verb.execute;
  if (verb.when_idle && execute.empty()) {
    const auto asked = ask_condor({"condor_config_val", "EXECUTE"});
    if (!asked) return asked.error();
    execute = asked->substr(0, asked->find('\n'));
  }
  std::string name = verb.name;
  std::vector<std::string> machines;
  std::string wave_text;
  if (verb.share) {
    if (name.empty()) {
      const auto asked = ask_condor({"condor_config_val", "FULL_HOSTNAME"});
      if (!asked) return asked.error();
      name = asked->substr(0, asked->find('\n'));
    }
    auto names = names_of_machines(verb);
    if (!names) return std::move(names).error();
    machines = *std::move(names);
    const auto wave = updates::wave_of(machines, name, *verb.share, release);
    if (!wave) return wave.error();
    terms.not_before += static_cast<std::int64_t>(wave->number) * Duration(verb.every);
    wave_text = ", in wave " + std::to_string(wave->number + 1) + " of " + std::to_string(wave->count);
  }
  if (terms.not_before > Duration::zero() || verb.when_idle || verb.share) {
    context.streams.err << "Goes "
                        << (terms.not_before > Duration::zero()
                                ? "in " + cli::human_duration(
                                              std::chrono::duration_cast<std::chrono::microseconds>(terms.not_before))
                                : std::string("now"))
                        << (verb.when_idle ? ", when no job runs" : "") << wave_text << '\n';
    context.streams.err.flush();
  }
  Leaving leaving(verb, terms, std::move(execute), std::move(name), std::move(machines));
  return leaving.run();
}

}  // namespace ipop::ga_update
