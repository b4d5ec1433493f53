#include "layerfs/fuse_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::layerfs;
using namespace std::chrono_literals;

namespace {

/// A process that is called like a FUSE server at `where` and ends when its end of the pipe is closed.
class Server {
 public:
  explicit Server(const std::string& where) {
    REQUIRE(pipe2(ends_, O_CLOEXEC) == 0);
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends_[0], 0);
    posix_spawn_file_actions_addclose(&actions, ends_[1]);
    std::string name = "fuse-test";
    std::string option = "-c";
    // A command behind it, so that the shell stays.
    std::string command = "read line; exit 0";
    std::string last = where;
    char* words[] = {name.data(), option.data(), command.data(), last.data(), nullptr};
    REQUIRE(posix_spawn(&pid_, "/bin/sh", &actions, nullptr, words, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends_[0]);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    end();
    if (!is_gone_) waitpid(pid_, nullptr, 0);
  }
  void end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }
  bool has_ended() {
    is_gone_ = is_gone_ || waitpid(pid_, nullptr, WNOHANG) == pid_;
    return is_gone_;
  }

 private:
  int ends_[2] = {-1, -1};
  pid_t pid_ = 0;
  bool is_gone_ = false;
};

}  // namespace

TEST_CASE("the server of a mount is found by its command line, and waited for until it has ended") {
  const std::string where = "/tmp/ga-unit-fuse-" + std::to_string(getpid());
  Server server(where);
  Server other(where + "-other");
  const FuseServers servers(where);
  servers.wait(10ms);
  CHECK_FALSE(server.has_ended());
  server.end();
  servers.wait(20s);
  CHECK(server.has_ended());
  CHECK_FALSE(other.has_ended());
  FuseServers(where).wait(20s);  // nobody to wait for
}
