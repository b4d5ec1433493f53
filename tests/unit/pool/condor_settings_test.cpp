#include "pool/condor_settings.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace std::chrono_literals;
using namespace ipop::firewall;
using namespace ipop::pool;

namespace {

std::string refusal(const std::string& text) {
  const auto got = parse_condor_settings(text, "pool.toml");
  return got ? "" : got.error().context;
}

}  // namespace

TEST_CASE("a role file of one line is enough") {
  const auto settings = parse_condor_settings("roles = [\"worker\"]\n", "pool.toml");
  REQUIRE(settings);
  CHECK(settings->is_worker);
  CHECK_FALSE(settings->is_manager);
  CHECK(settings->pool == "main");
  CHECK(settings->policy == WorkerPolicy::dedicated);
  CHECK(settings->flock);
  CHECK(settings->lease == 120min);
  CHECK(settings->keep_alive == 10min);
}

TEST_CASE("who is silent is waited for no longer than the lease") {
  const auto shorter = parse_condor_settings("roles = [\"submit\"]\nlease_minutes = 5\n", "pool.toml");
  REQUIRE(shorter);
  CHECK(shorter->keep_alive == 5min);
  CHECK(refusal("roles = [\"submit\"]\nlease_minutes = 20\nkeep_alive_minutes = 21\n")
            .starts_with("pool.toml:3: keep_alive_minutes is longer than lease_minutes, which is 20"));
  CHECK(refusal("roles = [\"submit\"]\nlease_minutes = 4\n").starts_with("pool.toml:2: "));
  CHECK(refusal("roles = [\"submit\"]\nkeep_alive_minutes = 0\n").starts_with("pool.toml:2: "));
}

TEST_CASE("what is written is read back as the same value") {
  const std::string id(32, 'a');
  for (const std::string& text : {std::string("roles = [\"manager\", \"worker\", \"submit\"]\n"),
                                  "roles = [\"worker\"]\ngroup = \"lab\"\npool = \"big\"\npolicy = \"desktop\"\nslots "
                                  "= 8\nown_jobs_first = true\n"
                                  "manager = \"10.128.0.5\"\nmanagers = [\"" +
                                      id +
                                      "\"]\nsingle_manager = true\nflock = false\n"
                                      "names = \"address\"\nlease_minutes = 30\nkeep_alive_minutes = 30\n"}) {
    const auto settings = parse_condor_settings(text, "pool.toml");
    REQUIRE_MESSAGE(settings, refusal(text));
    CHECK(*parse_condor_settings(to_toml(*settings), "again") == *settings);
  }
}

TEST_CASE("S15: a bad role file is refused with its line and what would be right") {
  CHECK(refusal("roles = [\"manger\"]\n") ==
        "pool.toml:1: unknown role \"manger\" (did you mean \"manager\"?); the roles are manager, worker and submit");
  CHECK(refusal("\n\nrole = [\"worker\"]\n") == "pool.toml:3: unknown key \"role\" (did you mean \"roles\"?)");
  CHECK(refusal("roles = []\n").starts_with("pool.toml:1: no role"));
  CHECK(refusal("roles = [\"worker\", \"worker\"]\n").find("twice") != std::string::npos);
  CHECK(refusal("roles = [\"worker\"]\npool = \"a\\nb\"\n").starts_with("pool.toml:2: the pool's name"));
  CHECK(refusal("roles = [\"worker\"]\npolicy = \"lazy\"\n").starts_with("pool.toml:2: the key \"policy\" is"));
  CHECK(refusal("roles = [\"worker\"]\nslots = 0\n").starts_with("pool.toml:2: "));
  CHECK(refusal("roles = [\"worker\"]\nmanager = \"head\"\n").starts_with("pool.toml:2: the manager"));
  CHECK(refusal("roles = [\"worker\"]\nmanagers = [\"me\"]\n").starts_with("pool.toml:2: the manager"));
  CHECK(refusal("roles = [\"manager\"]\nmanager = \"10.128.0.5\"\n").starts_with("pool.toml:2: a machine with"));
  CHECK(refusal("[pool]\nroles = [\"worker\"]\n")
            .starts_with(
                "pool.toml:1: [pool] is not a table of this file; remove that line: the key \"pool\" needs text"));
  CHECK(refusal("roles = [\"worker\"]\n[pool]\nname = \"main\"\n").starts_with("pool.toml:2: [pool] is not a table"));
  CHECK(refusal("roles = [\"manager\", \"submit\"]\nslots = 2\n") ==
        "pool.toml:2: the key \"slots\" is a worker's; add \"worker\" to roles, or remove this line");
  CHECK(refusal("roles = [\"submit\"]\npolicy = \"desktop\"\n")
            .starts_with("pool.toml:2: the key \"policy\" is a worker's"));
  CHECK(refusal("roles = [\"submit\"]\nown_jobs_first = true\n")
            .starts_with("pool.toml:2: the key \"own_jobs_first\" is a worker's"));
  CHECK(refusal("roles = \"worker\"\n").starts_with("pool.toml:1: the key \"roles\" needs a list"));
}

TEST_CASE("a key's line is found where it stands") {
  CHECK(line_of_key("a = 1\n  namespace = 2\n", "namespace") == 2);
  CHECK(line_of_key("namespaces = 1\nnamespace=2", "namespace") == 2);
  CHECK(line_of_key("a = 1\n", "b") == 1);
}
