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
  if (left.config.authority.empty()) {
    context.streams.err << "This was the way into " << closed_group_of(name).value_or(name)
                        << ": until it is back no machine can ask to get in.\n";
    return;
  }
  context.streams.err << "This machine has the authority of " << name
                      << ", which stays: until it is back nobody's certificate is renewed.\n";
  const std::string entrance = entrance_name_of(name);
  if (io::exists(path_of_group(context, entrance)))
    cli::suggest(context.streams, "ga-group leave " + entrance + "  # to let no more machines ask to get in");
}

Result<void> copy_file(const std::string& path, const std::string& to) {
  const auto text = io::read_file(path, largest_group_file);
  return text ? io::write_file_atomically(to, *text, 0644) : Result<void>(text.error());
}

/// `path` is the open group's file again.
ExitStatus go_on_in_open_group(const Context& context, const std::string& path) {
  const auto open = load_file(context, path);
  if (const auto* status = std::get_if<ExitStatus>(&open)) return *status;
  context.streams.err << "Back in the open group (" << path << ").\n";
  return start_node(context, std::get<GroupFile>(open), true) == NodeStart::failed ? ExitStatus::partly
                                                                                   : ExitStatus::done;
}

}  // namespace

ExitStatus carry_out(const Context& context, const LeaveGroup& verb) {
  auto loaded = load_group(context, verb.name);
  if (const auto* status = std::get_if<ExitStatus>(&loaded)) return *status;
  const GroupFile& file = std::get<GroupFile>(loaded);
  const std::string open = open_copy(file.path);
  const std::string aside = file.path + ".left";
  if (verb.back && !io::exists(open)) {
    // A call that was cut off had come so far.
    if (file.config.authority.empty() && io::exists(aside)) return go_on_in_open_group(context, file.path);
    cli::complain(
        context.streams, tool,
        "this machine did not come from an open group into " + file.config.name + " (" + open + " does not exist)");
    cli::suggest(context.streams, context.options.typed.without_flag("--back").text());
    return ExitStatus::no;
  }
  const auto name = name_of_node(context, file);
  if (const ExitStatus stopped = stop_node(context, file); stopped != ExitStatus::done) return stopped;
  // Who goes back is in one of the two groups at every moment.
  auto put_aside = verb.back ? copy_file(file.path, aside) : io::rename_file(file.path, aside);
  if (put_aside) put_aside = desk::forget_enrolment(file.path);
  if (put_aside && verb.back) put_aside = io::rename_file(open, file.path);
  if (!put_aside) return report_file_error(context, put_aside.error());
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
  return go_on_in_open_group(context, file.path);
}

}  // namespace ipop::ga_group
