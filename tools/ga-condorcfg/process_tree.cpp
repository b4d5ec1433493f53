#include "process_tree.hpp"

#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/file.hpp"

namespace ipop::ga_condorcfg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_stat = 4096;

template <class Number>
std::optional<Number> leading_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// The process that started the one of /proc/NUMBER/stat: `12 (any name) S 7 ...`.
std::optional<pid_t> parent_in(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || stat.size() < name_end + 5) return std::nullopt;
  return leading_number<pid_t>(stat.substr(name_end + 4));
}

std::multimap<pid_t, pid_t> children_by_parent() {
  std::multimap<pid_t, pid_t> out;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const auto process = leading_number<pid_t>(it->path().filename().string());
    if (!process) continue;
    const auto stat = io::read_file((it->path() / "stat").string(), largest_stat);
    const auto parent = stat ? parent_in(*stat) : std::nullopt;
    if (parent) out.emplace(*parent, *process);
  }
  return out;
}

}  // namespace

void end_process_tree(pid_t root) {
  const auto children = children_by_parent();
  std::vector<pid_t> ending{root};
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const auto [first, last] = children.equal_range(ending[i]);
    for (auto it = first; it != last; ++it)
      ending.push_back(it->second);
  }
  // From the root on, so that nobody starts again what has ended.
  for (const pid_t process : ending)
    ::kill(process, SIGKILL);
}

}  // namespace ipop::ga_condorcfg
