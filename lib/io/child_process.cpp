#include "io/child_process.hpp"

#include <csignal>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ipop::io {

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& command, ChildOutput output) {
  std::vector<char*> arguments;
  for (const std::string& argument : command)
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  if (output == ChildOutput::none) {
    for (const int fd : {STDOUT_FILENO, STDERR_FILENO})
      ::posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  // A group of its own: a Ctrl-C that ends us leaves its end to us.
  posix_spawnattr_t attributes{};
  ::posix_spawnattr_init(&attributes);
  // A signal that we ignore is not the program's to ignore.
  sigset_t usual{};
  ::sigemptyset(&usual);
  for (const int number : {SIGPIPE, SIGXFSZ})
    ::sigaddset(&usual, number);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  pid_t id = 0;
  const int error = ::posix_spawnp(&id, command.front().c_str(), &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return make_error(std::error_code(error, std::generic_category()), "starting " + command.front());
  return ChildProcess(id);
}

std::optional<int> ChildProcess::poll_end() const {
  int status = 0;
  if (::waitpid(id_, &status, WNOHANG) != id_) return std::nullopt;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void ChildProcess::send_signal(int number) const {
  ::kill(id_, number);
}

}  // namespace ipop::io
