#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cli/rights.hpp"
#include "cli/text.hpp"
#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "io/file.hpp"
#include "io/process.hpp"
#include "io/system_clock.hpp"
#include "node_connection.hpp"
#include "pool/condor_manager.hpp"
#include "pool/condor_priorities.hpp"
#include "pool_files.hpp"
#include "pool_state.hpp"
#include "verbs.hpp"

namespace ipop::ga_condorcfg {
namespace {

using cli::ExitStatus;

// A line of 10,000 users each.
constexpr std::size_t largest_copy = std::size_t{4} << 20U;
constexpr Duration userprio_limit = 20s;

std::string copy_of(const Context& context) {
  return context.options.condor + "/grid-appliance/priorities";
}

ExitStatus refuse(const Context& context, const std::string& what, const std::string& next) {
  cli::complain(context.streams, tool, what);
  cli::suggest(context.streams, next);
  return ExitStatus::no;
}

/// Keeps what that manager knows of its users.
ExitStatus keep(const Context& context, net::Ipv4Address manager) {
  std::vector<std::string> command{"condor_userprio", "-pool", to_string(manager), "-allusers", "-af:t"};
  command.insert(command.end(), pool::priority_columns.begin(), pool::priority_columns.end());
  const auto said = condor::run_condor(command, userprio_limit, largest_copy);
  if (!said) return report_condor_error(context, said.error());
  if (said->status != 0)
    return refuse(context, "the manager does not say: " + condor::first_paragraph(said->output), "ga-condorcfg show");
  const auto users = pool::parse_user_priorities(said->output);
  // One that has just begun knows nobody, and who asks it may know more.
  if (users.empty()) return ExitStatus::done;
  if (const auto written = io::write_file_atomically(copy_of(context), pool::to_text(users), 0600); !written)
    return report_file_error(context, written.error());
  context.streams.out << "kept: " << users.size() << (users.size() == 1 ? " user" : " users") << " of "
                      << to_string(manager) << '\n';
  return ExitStatus::done;
}

/// Tells this machine's manager what was kept while another machine was it; once.
ExitStatus bring_in(const Context& context) {
  const std::string path = copy_of(context);
  const auto text = io::read_file(path, largest_copy);
  if (!text && text.error().code == std::errc::no_such_file_or_directory) return ExitStatus::done;
  if (!text) return report_file_error(context, text.error());
  const auto written = io::modification_time(path);
  if (!written) return report_file_error(context, written.error());
  const std::chrono::seconds age(io::wall_time_now().seconds - written->seconds);
  const auto users = pool::after_rest(pool::parse_user_priorities(*text), age);
  for (const pool::UserPriority& user : users)
    for (const auto& command : pool::commands_to_set(user)) {
      const auto set = condor::run_condor(command, userprio_limit);
      if (!set) return report_condor_error(context, set.error());
      if (set->status != 0)
        return refuse(context, "the manager does not take it: " + condor::first_paragraph(set->output),
                      "condor_status -negotiator, which shows whether it runs");
    }
  if (const auto moved = io::rename_file(path, path + ".taken"); !moved)
    return report_file_error(context, moved.error());
  context.streams.out << "set: " << users.size() << (users.size() == 1 ? " user" : " users") << '\n';
  return ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const CarryPriorities& /*verb*/) {
  const auto loaded = load_pool_files(context);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const auto& files = std::get<PoolFiles>(loaded);
  if (!io::is_root()) {
    cli::complain(context.streams, tool, "this needs root");
    cli::suggest_root(context.streams);
    return ExitStatus::permission;
  }
  const std::string socket = node_socket(context, files);
  const auto state = ask_pool(socket, files);
  if (!state) return tools::report_node_error(context.streams, tool, state.error(), socket);
  if (!state->status.address)
    return refuse(context, "the node holds no address yet", "ipop-ctl --group " + files.group_name + " wait lease");
  const net::Ipv4Address own = *state->status.address;
  // The manager that machines without a line of their own follow: the oldest.
  const auto followed = std::ranges::find_if(
      state->managers, [&](const pool::KnownManager& it) { return it.announcement.pool == files.settings.pool; });
  if (files.settings.is_manager) {
    if (followed == state->managers.end() || followed->announcement.address == own) return bring_in(context);
    return keep(context, followed->announcement.address);
  }
  if (files.settings.manager) return keep(context, *files.settings.manager);
  if (followed == state->managers.end())
    return refuse(context, "no manager of the pool \"" + files.settings.pool + "\" is announced",
                  manager_advice(context));
  return keep(context, followed->announcement.address);
}

}  // namespace ipop::ga_condorcfg
