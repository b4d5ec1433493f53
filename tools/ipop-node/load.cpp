#include "load.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/group_files.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"

namespace ipop::ipop_node {

namespace {

using cli::ExitStatus;

constexpr std::size_t max_file = std::size_t{1} << 20U;

/// A file that has to be there: without it the configuration is not whole.
std::variant<std::string, Failure> read_config(const std::string& path) {
  auto text = io::read_file(path, max_file);
  if (text) return *std::move(text);
  const bool missing = text.error().code == std::errc::no_such_file_or_directory;
  const std::string hint = missing && path.starts_with(groups_directory) ? " (`ga-group list` shows the groups)" : "";
  return Failure{missing ? ExitStatus::bad_config : status_of(text.error()), text.error().message() + hint};
}

Failure bad_config(const Error& error) {
  return {ExitStatus::bad_config, error.message()};
}

}  // namespace

cli::ExitStatus status_of(const Error& error) {
  if (error.code == std::errc::permission_denied || error.code == std::errc::operation_not_permitted)
    return ExitStatus::permission;
  // What may pass by itself: the clock is set yet, a certificate comes or is renewed, the machine leaves a network
  // that overlaps the virtual one. Who starts the node tries again.
  if (error.code == Errc::expired || error.code == Errc::not_found || error.code == Errc::conflict)
    return ExitStatus::no;
  const bool ours = error.code.category() == make_error_code(Errc::malformed).category();
  return ours ? ExitStatus::bad_config : ExitStatus::no;
}

std::variant<std::string, Failure> find_group_file(const std::string& group) {
  if (group.find('/') != std::string::npos || group.ends_with(".toml")) return group;
  if (!group.empty()) return GroupFiles(group).config();
  const auto groups = io::group_names();
  if (!groups) return Failure{status_of(groups.error()), groups.error().message()};
  if (groups->size() == 1) return GroupFiles(groups->front()).config();
  if (groups->empty()) {
    return Failure{ExitStatus::bad_config,
                   "this machine is in no group; make one with `ga-group new NAME`, or join one with `ga-group join "
                   "TOKEN`"};
  }
  std::string names;
  for (const std::string& name : *groups)
    names += (names.empty() ? "" : ", ") + name;
  return Failure{ExitStatus::usage,
                 "several groups in " + std::string(groups_directory) + "; choose one with --group: " + names};
}

std::variant<Loaded, Failure> load(const Options& options, const std::map<std::string, std::string>& environment) {
  Loaded out;
  const auto variable = environment.find("IPOP_GROUP");
  const bool from_environment = options.group.empty() && variable != environment.end();
  auto file = find_group_file(from_environment ? variable->second : options.group);
  if (auto* failure = std::get_if<Failure>(&file)) return std::move(*failure);
  out.group_file = std::get<std::string>(std::move(file));
  auto group_text = read_config(out.group_file);
  if (auto* failure = std::get_if<Failure>(&group_text)) return std::move(*failure);
  auto group = groups::parse_group_config(std::get<std::string>(group_text), out.group_file);
  if (!group) return bad_config(group.error());
  out.group = *std::move(group);

  out.origins = options.settings;
  add_lower(out.origins, settings_from(environment));
  std::string config_file = options.config_file;
  const std::string usual = GroupFiles(out.group.name).settings();
  if (config_file.empty() && io::exists(usual)) config_file = usual;
  if (!config_file.empty()) {
    auto text = read_config(config_file);
    if (auto* failure = std::get_if<Failure>(&text)) return std::move(*failure);
    auto settings = parse_settings(std::get<std::string>(text), config_file);
    if (!settings) return bad_config(settings.error());
    add_lower(out.origins, *settings);
  }
  auto completed = complete(out.origins, out.group, out.group_file);
  if (const auto* bad = std::get_if<BadSetting>(&completed))
    return Failure{bad->from_command_line ? ExitStatus::usage : ExitStatus::bad_config, bad->message};
  out.settings = std::get<NodeSettings>(std::move(completed));
  return out;
}

}  // namespace ipop::ipop_node
