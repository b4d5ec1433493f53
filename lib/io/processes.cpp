#include "io/processes.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>
#include <unistd.h>

#include "io/file.hpp"

namespace ipop::io {
namespace {

namespace fs = std::filesystem;

// Command lines of a few pages are long ones.
constexpr std::size_t largest_proc_file = 131'072;

template <class Number>
std::optional<Number> number_before(std::string_view text, std::string_view end) {
  Number value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_all = error == std::errc() && rest == text.data() + text.find_first_of(end);
  return is_all || (error == std::errc() && rest == text.data() + text.size()) ? std::optional(value) : std::nullopt;
}

/// The number behind `mark`, which begins a line.
template <class Number>
std::optional<Number> field(std::string_view text, std::string_view mark) {
  const auto at = text.find(mark);
  return at == std::string_view::npos ? std::nullopt : number_before<Number>(text.substr(at + mark.size()), "\t\n");
}

std::vector<std::string> command_words(std::string_view command) {
  std::vector<std::string> out;
  while (!command.empty()) {
    const std::string_view word = command.substr(0, command.find('\0'));
    command.remove_prefix(std::min(command.size(), word.size() + 1));
    out.emplace_back(word);
  }
  return out;
}

std::optional<Process> read_process(const fs::path& folder) {
  const std::string name = folder.filename().string();
  const auto id = number_before<int>(name, "/");
  const auto status = id ? read_file((folder / "status").string(), largest_proc_file) : Result<std::string>("");
  if (!id || !status) return std::nullopt;
  const auto parent = field<int>(*status, "\nPPid:\t");
  const auto user = field<std::uint32_t>(*status, "\nUid:\t");
  const auto command = read_file((folder / "cmdline").string(), largest_proc_file);
  if (!parent || !user || !command) return std::nullopt;
  return Process{*id, *parent, *user, command_words(*command)};
}

}  // namespace

std::vector<Process> list_processes() {
  std::vector<Process> out;
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error))
    if (auto process = read_process(it->path())) out.push_back(*std::move(process));
  return out;
}

int parent_process() {
  return ::getppid();
}

bool end_process(int id) {
  return ::kill(id, SIGKILL) == 0;
}

void end_process_tree(int root) {
  std::multimap<int, int> children;
  for (const Process& process : list_processes())
    children.emplace(process.parent, process.id);
  std::vector<int> ending{root};
  for (std::size_t i = 0; i < ending.size(); ++i) {
    const auto [first, last] = children.equal_range(ending[i]);
    for (auto it = first; it != last; ++it)
      ending.push_back(it->second);
  }
  // From the root on, so that nobody starts again what has ended.
  for (const int process : ending)
    end_process(process);
}

}  // namespace ipop::io
