#include "pool/condor_priorities.hpp"

#include <doctest/doctest.h>

using namespace ipop::pool;
using namespace std::chrono_literals;

namespace {

const UserPriority erin{"erin@lab", 2.5, 1000, 3600.5, 1700000000, 1700003600};

}  // namespace

TEST_CASE("users are read as HTCondor prints them, and what is no user is left out") {
  const auto users = parse_user_priorities(
      "erin@lab\t2500.0\t1000.0\t3600.5\t1700000000\t1700003600\n"
      "<none>\t0.5\t1.0\t0\t0\t0\n"
      "group\tundefined\tundefined\t0\t0\t0\n"
      "-all@lab\t1.0\t1.0\t0\t0\t0\n"
      "a b@lab\t1.0\t1.0\t0\t0\t0\n"
      "bob@lab\t-1.0\t1.0\t0\t0\t0\n"
      "bob@lab\tnan\t1.0\t0\t0\t0\n"
      "bob@lab\t1.0\t0\t0\t0\t0\n"
      "bob@lab\t1.0\t1.0\t0\t0\n"
      "bob@lab\t1.0\t1.0\t0\t0\t0\t0\n"
      "bob@lab\t1\t1\t0\t0\t0");
  REQUIRE(users.size() == 2);
  CHECK(users[0] == erin);
  CHECK(users[1] == UserPriority{"bob@lab", 1, 1, 0, 0, 0});
}

TEST_CASE("the copy of users' priorities is read as it was written") {
  CHECK(parse_user_priorities(to_text({erin})) == std::vector{erin});
  CHECK(to_text({}).empty());
}

TEST_CASE("a priority halves in a day of rest, and never falls below a new user's") {
  CHECK(after_rest({erin}, 24h)[0].real == doctest::Approx(1.25));
  CHECK(after_rest({erin}, 24h * 30)[0].real == 0.5);
  CHECK(after_rest({erin}, -1h)[0].real == 2.5);
  CHECK(after_rest({erin}, 24h)[0].usage == erin.usage);
}

TEST_CASE("a manager is told each of a user's values") {
  const auto commands = commands_to_set(erin);
  REQUIRE(commands.size() == 5);
  CHECK(commands[1] == std::vector<std::string>{"condor_userprio", "-setprio", "erin@lab", "2.500000"});
}
