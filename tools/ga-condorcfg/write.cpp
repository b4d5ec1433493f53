#include <algorithm>
#include <optional>
#include <string>

#include "cli/line_difference.hpp"
#include "cli/text.hpp"
#include "condor_place.hpp"
#include "condor_trial.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"
#include "node_waiting.hpp"
#include "pool_files.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_config = std::size_t{1} << 20U;

/// What the node knows once this machine can have a configuration.
struct NodeState {
  node::StatusAnswer status{};
  pool::ManagerChoice choice{};
};

/// Waits for an address, then asks for the managers until there is one. The announcement of one is an
/// event, as is everything else that this waits for.
Result<NodeState> wait_for_manager(const Context& context, const PoolFiles& files, Duration limit) {
  const TimePoint end = io::monotonic_now() + limit;
  const std::string socket = node_socket(context, files);
  auto held = tools::wait_for_lease(context.streams, socket, limit);
  if (!held) return std::move(held).error();
  NodeState out{*std::move(held), {}};
  std::optional<Error> conflict;
  tools::NodeWaiting waiting(context.streams, socket, std::max<Duration>(end - io::monotonic_now(), 0s));
  auto waited = waiting.until("a manager", [&](daemon::ControlClient& client, Duration left) -> Result<bool> {
    auto found = tools::ask_node<node::DhtAnswer>(client, node::DhtGetCommand{std::string(pool::manager_key)}, left);
    if (!found) return std::move(found).error();
    auto choice = pool::choose_manager(managers_of(*found, files), files.settings, *out.status.address);
    if (!choice) {
      conflict = choice.error();
      return true;
    }
    out.choice = *std::move(choice);
    return out.choice.manager.has_value();
  });
  if (conflict) return *std::move(conflict);
  if (!waited) return std::move(waited).error();
  return out;
}

ExitStatus report_state(const Context& context, const PoolFiles& files, const Error& error) {
  if (error.code == Errc::conflict) {
    cli::complain(context.streams, tool, context.options.role_file + ": " + error.context);
    return ExitStatus::bad_config;
  }
  const ExitStatus status = tools::report_node_error(context.streams, tool, error, node_socket(context, files));
  if (status == ExitStatus::timed_out) cli::suggest(context.streams, manager_advice(context));
  return status;
}

}  // namespace

ExitStatus carry_out(const Context& context, const WriteConfig& verb) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  const auto state = wait_for_manager(context, files, verb.timeout);
  if (!state) return report_state(context, files, state.error());
  const auto machine = make_machine(context, files, state->status, state->choice);
  const auto text = machine ? to_condor_config(*machine) : Result<std::string>(machine.error());
  if (!text) {
    cli::complain(context.streams, tool, text.error().context);
    return ExitStatus::bad_config;
  }
  const CondorPaths paths = condor_paths(context);
  if (verb.dry_run) {
    const auto present = io::read_file(paths.config, largest_config);
    const std::string changes = cli::line_difference(present ? *present : "", *text);
    if (!changes.empty()) context.streams.out << "+++ " << cli::printable(paths.config) << '\n' << changes;
    return ExitStatus::done;
  }
  if (auto tried = try_config(context, *text); !tried) return report_condor_error(context, tried.error());
  const auto written = write_condor_files(context, files, *text);
  if (!written) return report_condor_error(context, written.error());
  context.streams.out << cli::printable(paths.config) << (*written ? "" : ": unchanged") << '\n';
  return ExitStatus::done;
}

}  // namespace ipop::ga_condorcfg
