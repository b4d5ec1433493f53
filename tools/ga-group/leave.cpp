#include "base/group_files.hpp"
#include "desk/enrolment_file.hpp"
#include "group_files.hpp"
#include "io/file.hpp"
#include "node_start.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

using cli::ExitStatus;
namespace {

/// The authority stays, and what it does for others has ended with the node.
void say_what_stops(const Context& context, const GroupFile& left) {
  const std::string& name = left.config.name;
  if (const auto closed = closed_group_of(name)) {
    context.streams.err << "This was the way into " << *closed << ": until it is back no machine can ask to get in.\n";
    return;
  }
  context.streams.err << "This machine has the authority of " << name
                      << ", which stays: until it is back nobody's certificate is renewed.\n";
  const std::string entrance = entrance_name_of(name);
  if (io::exists(path_of_group(context, entrance)))
    cli::suggest(context.streams, "ga-group leave " + entrance + "  # to let no more machines ask to get in");
}

}  // namespace

ExitStatus carry_out(const Context& context, const LeaveGroup& verb) {
  auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const GroupFile& file = std::get<GroupFile>(loaded);
  const std::string open = open_copy(file.path);
  if (verb.back && !io::exists(open)) {
    cli::complain(
        context.streams, tool,
        "this machine did not come from an open group into " + file.config.name + " (" + open + " does not exist)");
    cli::suggest(context.streams, context.options.typed.without_flag("--back").text());
    return ExitStatus::no;
  }
  const auto name = name_of_node(context, file);
  if (const ExitStatus stopped = stop_node(context, file); stopped != ExitStatus::done) return stopped;
  const std::string aside = file.path + ".left";
  if (auto moved = io::rename_file(file.path, aside); !moved) return report_file_error(context, moved.error());
  if (auto gone = desk::forget_enrolment(file.path); !gone) return report_file_error(context, gone.error());
  context.streams.err << "Left the group " << file.config.name << "; its file is " << aside
                      << ". This machine's key, address and name stay in "
                      << node_files(context, file.config.name).directory() << " for when it comes back.\n";
  if (has_authority(context, file)) say_what_stops(context, file);
  if (!verb.back) {
    cli::suggest(context.streams,
                 "mv " + aside + " " + file.path + " && " + start_command(context, file, name) + "  # to come back");
    cli::suggest(context.streams, "ga-group join TOKEN  # of another group");
    return ExitStatus::done;
  }
  if (auto moved = io::rename_file(open, file.path); !moved) return report_file_error(context, moved.error());
  auto before = load_file(context, file.path);
  if (const auto* status = std::get_if<ExitStatus>(&before)) return *status;
  context.streams.err << "Back in the open group (" << file.path << ").\n";
  return start_node(context, std::get<GroupFile>(before), true) == NodeStart::failed ? ExitStatus::partly
                                                                                     : ExitStatus::done;
}

}  // namespace ipop::ga_group
