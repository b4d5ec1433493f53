#include "node_settings.hpp"

#include <algorithm>
#include <map>
#include <variant>
#include <vector>

#include "base/group_files.hpp"
#include "cli/text.hpp"
#include "groups/node_file.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "io/netlink.hpp"

namespace ipop::ga_group {
namespace {

using cli::ExitStatus;

constexpr std::size_t largest_settings = std::size_t{1} << 20U;

/// What an administrator wrote for the node of `group`; the usual settings where there is no file.
Result<groups::NodeFile> read_settings(const Context& context, const std::string& group) {
  const std::string path = settings_of_node(context, group);
  if (!io::exists(path)) return groups::NodeFile{};
  const auto text = io::read_file(path, largest_settings);
  return text ? groups::parse_node_file(*text, path) : Result<groups::NodeFile>(text.error());
}

/// Interfaces of the other groups' nodes, and whose they are; `beside` is one of them, whether it has a file or not.
std::map<std::string, std::string> taken_interfaces(const Context& context, const std::string& group,
                                                    const std::string& beside) {
  std::map<std::string, std::string> out;
  // Who may not look there may not write there either, and is told so then.
  auto others = io::group_names(context.options.directory).value_or({});
  if (!beside.empty() && std::ranges::find(others, beside) == others.end()) others.push_back(beside);
  for (const std::string& other : others) {
    if (other == group) continue;
    const auto settings = read_settings(context, other);
    // Where they can't be read the node does not run; it will want the usual one once they are right.
    const auto node = settings ? *settings : groups::NodeFile{};
    if (node.has_tap) out.emplace(node.tap.value_or(groups::usual_interface), other);
  }
  return out;
}

std::string free_interface(const std::map<std::string, std::string>& taken) {
  std::size_t number = 1;
  while (taken.contains("ipop" + std::to_string(number)))
    ++number;
  return "ipop" + std::to_string(number);
}

/// Puts `line` before what the file has, so that it stands in no table.
ExitStatus write_line(const Context& context, const std::string& path, const std::string& line) {
  if (auto made = io::make_directories(path.substr(0, path.rfind('/')), 0755); !made)
    return report_file_error(context, made.error());
  std::string before;
  if (io::exists(path)) {
    auto text = io::read_file(path, largest_settings);
    if (!text) return report_file_error(context, text.error());
    before = *std::move(text);
  }
  if (auto written = io::write_file_atomically(path, line + "\n" + before, 0644); !written)
    return report_file_error(context, written.error());
  return ExitStatus::done;
}

/// Writes a line into the settings of the group's node, and says why.
ExitStatus write_setting(const Context& context, const GroupFile& file, const std::string& line, std::string_view why,
                         bool dry_run) {
  const std::string path = settings_of_node(context, file.config.name);
  if (dry_run) {
    context.streams.out << "+++ " << cli::printable(path) << "\n+" << line << '\n';
    return ExitStatus::done;
  }
  const ExitStatus written = write_line(context, path, line);
  if (written == ExitStatus::done)
    context.streams.err << "Wrote " << cli::printable(path) << " (" << line << ": " << why << ")\n";
  return written;
}

/// A host name may stand for any machine, also for this one behind its NAT.
bool names_this_machine(const std::vector<groups::BootstrapEntry>& entries) {
  const auto addresses = io::list_addresses();
  return addresses && std::ranges::any_of(entries, [&](const groups::BootstrapEntry& entry) {
           return std::ranges::any_of(*addresses, [&](const io::InterfaceAddress& own) {
             return std::visit([](const auto& address) { return to_string(address); }, own.address) == entry.host;
           });
         });
}

}  // namespace

std::string settings_of_node(const Context& context, const std::string& group) {
  return GroupFiles(group, context.options.directory).settings();
}

ExitStatus choose_interface(const Context& context, const GroupFile& file, bool dry_run, const std::string& beside) {
  const std::string& group = file.config.name;
  const auto settings = read_settings(context, group);
  // The node says what is wrong there.
  if (!settings || !settings->has_tap) return ExitStatus::done;
  const auto taken = taken_interfaces(context, group, beside);
  const auto rival = taken.find(settings->tap.value_or(groups::usual_interface));
  if (rival == taken.end()) return ExitStatus::done;

  const std::string path = settings_of_node(context, group);
  const std::string interface = free_interface(taken);
  const std::string line = "tap = \"" + interface + "\"";
  if (settings->tap) {
    cli::complain(context.streams, tool,
                  path + ": " + cli::printable(rival->first) + " is the interface of the group " + rival->second);
    cli::suggest(context.streams, "in that file: " + line);
    return ExitStatus::done;
  }
  if (dry_run) {
    context.streams.out << "+++ " << cli::printable(path) << "\n+" << line << '\n';
    return ExitStatus::done;
  }
  const ExitStatus written = write_line(context, path, line);
  if (written == ExitStatus::done)
    context.streams.err << "Wrote " << cli::printable(path) << " (interface " << interface << ", since "
                        << rival->second << " has " << rival->first << ")\n";
  return written;
}

ExitStatus mark_first_node(const Context& context, const GroupFile& file, bool dry_run) {
  if (file.config.bootstrap.empty() || names_this_machine(file.config.bootstrap)) return ExitStatus::done;
  const auto settings = read_settings(context, file.config.name);
  // Broken settings are the node's to complain of; a choice made by hand stays.
  if (!settings || settings->has_first) return ExitStatus::done;
  return write_setting(context, file, "first = true", "this node starts the group", dry_run);
}

ExitStatus leave_names_to_group(const Context& context, const GroupFile& entrance, bool dry_run) {
  const auto settings = read_settings(context, entrance.config.name);
  if (!settings || settings->has_register_dns) return ExitStatus::done;
  return write_setting(context, entrance, "register_dns = false", "nobody looks up names in a way in", dry_run);
}

}  // namespace ipop::ga_group
