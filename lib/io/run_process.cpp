#include "io/run_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

#include "io/piped_child.hpp"
#include "io/system_clock.hpp"

namespace ipop::io {
namespace {

/// Reads until the child closed its end; false when `end` came first.
bool read_output(int fd, TimePoint end, std::size_t most_output, std::string& output) {
  std::array<char, 4096> block{};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - monotonic_now());
    if (left.count() <= 0) return false;
    pollfd entry{fd, POLLIN, 0};
    if (::poll(&entry, 1, static_cast<int>(left.count())) <= 0) continue;
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return true;
    if (got < 0) continue;
    const std::size_t room = most_output - output.size();
    output.append(block.data(), std::min(static_cast<std::size_t>(got), room));
  }
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& command, Duration limit, std::size_t most_output) {
  const TimePoint end = monotonic_now() + limit;
  const auto child = spawn_piped(command);
  if (!child) return child.error();
  ProcessResult result;
  const bool ended = read_output(child->output.get(), end, most_output, result.output);
  if (!ended) ::kill(child->id, SIGKILL);
  result.status = wait_for_end(child->id);
  if (!ended) return make_error(std::make_error_code(std::errc::timed_out), command.front() + " did not end");
  return result;
}

std::string program_beside(const std::string& name) {
  std::error_code error;
  const auto here = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& directory : {here, here.parent_path() / "sbin", here.parent_path() / "bin"}) {
    if (!error && std::filesystem::exists(directory / name, error)) return (directory / name).string();
    error.clear();
  }
  return name;
}

Error replace_process(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  words.push_back(nullptr);
  // What we ignore is not the program's to ignore.
  for (const int number : {SIGPIPE, SIGXFSZ})
    (void)::signal(number, SIG_DFL);
  (void)::execvp(words.front(), words.data());
  return make_error({errno, std::system_category()}, command.front());
}

}  // namespace ipop::io
