#include "fleet/ssh_command.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::fleet;

TEST_CASE("ssh asks nobody, and a host stands behind all options") {
  SshOptions options;
  options.config = "/c";
  const auto command = ssh_command(options, *parse_host("root@a"), "true");
  CHECK(command.front() == "ssh");
  CHECK(std::ranges::count(command, "BatchMode=yes") == 1);
  CHECK(std::ranges::count(command, "ConnectTimeout=20") == 1);
  REQUIRE(command.size() > 3);
  CHECK(std::vector<std::string>(command.end() - 3, command.end()) == std::vector<std::string>{"--", "root@a", "true"});
  const auto file = std::ranges::find(command, "-F");
  REQUIRE(file != command.end());
  CHECK(*(file + 1) == "/c");
}

TEST_CASE("what ssh says of a host key is said with what to do") {
  CHECK(explain_failure(255, "No ED25519 host key is known for a.\r\nHost key verification failed.\r\n").message() ==
        "its host key is not known; `ssh` to it once by hand, or add the key to ~/.ssh/known_hosts");
  CHECK(explain_failure(255, "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.\n")
            .message()
            .starts_with("its host key is not the one that is known"));
}

TEST_CASE("all else that ssh says is its last line") {
  CHECK(explain_failure(255, "x\nssh: connect to host a port 22: Connection refused\r\n").message() ==
        "connect to host a port 22: Connection refused");
  CHECK(explain_failure(255, "root@a: Permission denied (publickey).\n\n").message() ==
        "root@a: Permission denied (publickey).");
  CHECK(explain_failure(255, "").message() == "ssh failed");
  CHECK(explain_failure(127, "sh: not found").message() == "sh: not found");
  CHECK(explain_failure(3, "").message() == "the command on it ended with 3");
}
