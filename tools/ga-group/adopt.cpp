#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>

#include "group_files.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/host_name.hpp"
#include "io/system_clock.hpp"
#include "medium/first_boot.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

constexpr std::size_t longest_machine_id = 256;

/// Where nothing can be read, a machine still gets a name.
std::string machine_id(const std::string& root) {
  const auto id = io::read_file(root + "/etc/machine-id", longest_machine_id);
  return id ? *id : std::string();
}

/// A machine that is in a group other than that of machines without a medium followed one before.
Result<bool> has_group(const std::string& directory) {
  const auto names = io::group_names(directory);
  if (!names) return names.error();
  return std::ranges::any_of(*names, [](const std::string& name) { return name != medium::demo_group().name; });
}

Result<medium::FirstBootPlan> plan_for(const Context& context, const AdoptMedium& verb) {
  std::vector<medium::FoundMedium> found;
  for (const std::string& path : verb.files) {
    if (!io::exists(path)) continue;
    auto text = io::read_file(path, medium::largest_medium);
    if (!text) return text.error();
    found.push_back({path, *std::move(text)});
  }
  const auto followed_one = has_group(context.options.directory);
  if (!followed_one) return followed_one.error();
  if (found.empty() && *followed_one)
    return make_error(Errc::not_found,
                      "no medium was found, and this machine has a group already; put the medium in that it had");
  return medium::plan_first_boot(found, machine_id(verb.root), io::wall_time_now());
}

Result<void> write_files(const AdoptMedium& verb, const medium::FirstBootPlan& plan) {
  for (const auto& [path, octets, mode] : plan.files) {
    const std::string whole = verb.root + path;
    const mode_t folder = mode == 0600 ? 0700 : 0755;
    if (auto made = io::make_directories(whole.substr(0, whole.rfind('/')), folder); !made) return made;
    if (auto written = io::write_file_atomically(whole, octets, mode); !written) return written;
  }
  return verb.root.empty() ? io::set_host_name(plan.host_name) : Result<void>();
}

}  // namespace

ExitStatus carry_out(const Context& context, const AdoptMedium& verb) {
  const auto plan = plan_for(context, verb);
  if (!plan) {
    if (plan.error().code != Errc::malformed && plan.error().code != Errc::not_found)
      return report_file_error(context, plan.error());
    cli::complain(context.streams, tool, plan.error().message());
    return plan.error().code == Errc::malformed ? ExitStatus::bad_config : ExitStatus::no;
  }
  context.streams.err << plan->said << '\n';
  JoinGroup join;
  join.token = plan->token;
  join.user = plan->user;
  if (!plan->enrolment_file.empty()) join.enrolment_file = verb.root + plan->enrolment_file;
  join.start = verb.start;
  join.dry_run = verb.dry_run;
  join.timeout = verb.timeout;
  if (verb.dry_run) {
    for (const auto& file : plan->files)
      context.streams.out << "+++ " << verb.root << file.path << '\n';
    return plan->token.empty() ? ExitStatus::done : carry_out(context, join);
  }
  if (const auto written = write_files(verb, *plan); !written) return report_file_error(context, written.error());
  return plan->token.empty() ? ExitStatus::done : carry_out(context, join);
}

}  // namespace ipop::ga_group
