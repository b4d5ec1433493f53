#include "io/run_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/system_clock.hpp"
#include "io/unique_fd.hpp"

namespace ipop::io {
namespace {

/// What the child gets as its first three descriptors.
class FileActions {
 public:
  explicit FileActions(int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

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

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ProcessResult> run_process(const std::vector<std::string>& command, Duration limit, std::size_t most_output) {
  const TimePoint end = monotonic_now() + limit;
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return last_error("running " + command.front());
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);

  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  arguments.push_back(nullptr);
  pid_t child = 0;
  const FileActions actions(writer.get());
  const int error = ::posix_spawnp(&child, command.front().c_str(), actions.get(), nullptr, arguments.data(), environ);
  if (error != 0) return make_error(std::error_code(error, std::generic_category()), "running " + command.front());
  writer.reset();

  ProcessResult result;
  const bool ended = read_output(reader.get(), end, most_output, result.output);
  if (!ended) ::kill(child, SIGKILL);
  result.status = wait_for(child);
  if (!ended) return make_error(std::make_error_code(std::errc::timed_out), command.front() + " did not end");
  return result;
}

Error replace_process(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command)
    words.push_back(const_cast<char*>(word.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  words.push_back(nullptr);
  (void)::execvp(words.front(), words.data());
  return make_error({errno, std::system_category()}, command.front());
}

}  // namespace ipop::io
