#include "group_files.hpp"

#include <algorithm>

#include "base/group_files.hpp"
#include "cli/rights.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

ExitStatus report_no_group(const Context& context, const std::string& message) {
  cli::complain(context.streams, tool, message);
  cli::suggest(context.streams, "ga-group join TOKEN");
  cli::suggest(context.streams, "ga-group new NAME");
  return ExitStatus::no;
}

}  // namespace

std::string path_of_group(const Context& context, const std::string& name) {
  return GroupFiles(name, context.options.directory).config();
}

NodeFiles node_files(const Context& context, const std::string& name) {
  return GroupFiles(name, context.options.directory, context.options.states).node();
}

std::variant<GroupFile, ExitStatus> load_group(const Context& context, const std::string& name) {
  const std::string& directory = context.options.directory;
  if (!name.empty()) {
    const std::string path = path_of_group(context, name);
    const auto is_there = groups::check_group_name(name) ? io::has_group(name, directory) : Result<bool>(false);
    if (!is_there) return report_file_error(context, is_there.error());
    if (*is_there) return load_file(context, path);
    return report_no_group(context, "this machine has no group \"" + name + "\" (" + path + " does not exist)");
  }
  const auto names = io::group_names(directory);
  if (!names) return report_file_error(context, names.error());
  if (names->size() == 1) return load_file(context, path_of_group(context, names->front()));
  if (names->empty()) return report_no_group(context, "this machine has no group (no file in " + directory + ")");
  std::string list;
  for (const std::string& known : *names)
    list += (list.empty() ? "" : ", ") + known;
  cli::complain(context.streams, tool, "this machine has several groups; name one of them: " + list);
  return ExitStatus::usage;
}

Result<groups::GroupConfig> read_group(const std::string& path) {
  const auto text = io::read_file(path, largest_group_file);
  if (!text) return text.error();
  return groups::parse_group_config(*text, path);
}

std::variant<GroupFile, ExitStatus> load_file(const Context& context, const std::string& path) {
  const auto text = io::read_file(path, largest_group_file);
  if (!text) return report_file_error(context, text.error());
  auto config = groups::parse_group_config(*text, path);
  if (!config) {
    cli::complain(context.streams, tool, config.error().message());
    return ExitStatus::bad_config;
  }
  return GroupFile{path, *std::move(config)};
}

ExitStatus write_group(const Context& context, const GroupFile& file) {
  if (auto made = io::make_directories(context.options.directory, 0755); !made)
    return report_file_error(context, made.error());
  if (auto written = io::write_file_atomically(file.path, to_toml(file.config), 0644); !written)
    return report_file_error(context, written.error());
  return ExitStatus::done;
}

ExitStatus report_file_error(const Context& context, const Error& error) {
  cli::complain(context.streams, tool, error.message());
  if (!cli::is_refused(error.code)) return ExitStatus::no;
  cli::suggest_root(context.streams);
  return ExitStatus::permission;
}

ExitStatus report_key_error(const Context& context, const Error& error) {
  const ExitStatus status = report_file_error(context, error);
  const bool is_ours = error.code.category() == make_error_code(Errc::malformed).category();
  return is_ours ? ExitStatus::bad_config : status;
}

}  // namespace ipop::ga_group
