#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/group_files.hpp"
#include "groups/group_config.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// Octets: a group file has some hundred, and a certificate.
inline constexpr std::size_t largest_group_file = std::size_t{1} << 20U;

/// A group file that was read.
struct GroupFile {
  std::string path{};
  groups::GroupConfig config{};
};

std::string path_of_group(const Context& context, const std::string& name);
/// What the group's node keeps on this machine.
NodeFiles node_files(const Context& context, const std::string& name);

/// The group called `name`, or the only one there is when that is empty. A failure has been reported:
/// `no` (no such group), `usage` (several), `permission`, `bad_config`.
std::variant<GroupFile, cli::ExitStatus> load_group(const Context& context, const std::string& name);
/// The file at `path`, likewise.
std::variant<GroupFile, cli::ExitStatus> load_file(const Context& context, const std::string& path);

/// The group in the file at `path`, without a word. Errors: those of reading a file; malformed, with file and line.
Result<groups::GroupConfig> read_group(const std::string& path);

/// Writes the group's file with mode 0644, and its directory when that is missing. A failure has been
/// reported: `permission`, `no`.
cli::ExitStatus write_group(const Context& context, const GroupFile& file);

/// Reports `error` of a file operation; the status that belongs to it.
cli::ExitStatus report_file_error(const Context& context, const Error& error);

/// Likewise of a file that is more than its octets: `bad_config` when it is damaged, or a key that others may
/// read.
cli::ExitStatus report_key_error(const Context& context, const Error& error);

}  // namespace ipop::ga_group
