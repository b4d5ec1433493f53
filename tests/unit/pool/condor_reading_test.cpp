#include "pool/condor_reading.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::pool;

namespace {

/// As HTCondor 23.9 prints it.
constexpr std::string_view dump = R"(# Configuration from machine: vm
ALLOW_DAEMON = condor@lab/10.128.0.5
 # at: /etc/condor/config.d/50-grid-appliance, line 20
 # expanded: condor@lab/10.128.0.5
DAEMON_LIST = MASTER STARTD
 # at: /etc/condor/config.d/50-grid-appliance, line 40, use ROLE:Execute+0
 # expanded: MASTER STARTD
 # default: MASTER
USE_SHARED_PORT = true
 # at: <Default>
 # expanded: true
START = True
 # at: /etc/condor/config.d/50-grid-appliance, line 41, use POLICY:ALWAYS_RUN_JOBS+1
 # expanded: True
SEC_DEFAULT_ENCRYPTION = required
 # at: /etc/condor/config.d/50-grid-appliance, line 12, use SECURITY:STRONG+0
 # expanded: required
SUSPEND = False
 # at: <Default>
 # expanded: False
 # default: False
LOG = $(LOCAL_DIR)/log
 # at: /etc/condor/condor_config, line 9
 # expanded: /var/log
)";
constexpr std::string_view text =
    "# Written\nuse ROLE:Execute\nALLOW_DAEMON = condor@lab/10.128.0.5\nUSE_SHARED_PORT = True\n";

/// As it shows a policy.
constexpr std::string_view templates = "use POLICY:ALWAYS_RUN_JOBS is\n\tSUSPEND=False\n\tSTART=True\n\tUNKNOWN=1\n\n";

/// The dump with further lines, the later ones of a key holding.
std::vector<OverriddenKey> compare(const std::string& later) {
  return find_overridden({text, templates, "/50-grid-appliance"}, parse_condor_reading(dump),
                         parse_condor_reading(std::string(dump) + later));
}
std::string later(const std::string& assignment, const std::string& place = "line 3") {
  return assignment + "\n # at: /etc/condor/config.d/60-own, " + place + "\n # expanded: x\n";
}

}  // namespace

TEST_CASE("each key of HTCondor's list has its value and its place") {
  const auto reading = parse_condor_reading(dump);
  CHECK(reading.size() == 7);
  CHECK(reading.at("allow_daemon") ==
        ReadKey{"ALLOW_DAEMON", "condor@lab/10.128.0.5", "/etc/condor/config.d/50-grid-appliance", 20, ""});
  CHECK(reading.at("daemon_list").metaknob == "ROLE:Execute");
  CHECK(reading.at("use_shared_port").file == "<Default>");
  CHECK(parse_condor_reading("nothing of that\n # at: nowhere\n = \n").empty());
}

TEST_CASE("what HTCondor reads as it was written is not overridden") {
  CHECK(compare("").empty());
  CHECK(compare(later("LOG = /tmp")).empty());
  CHECK(compare(later("SCHEDD.LOG = /tmp")).empty());
  CHECK(compare(later("use_shared_port = TRUE")).empty());
}

TEST_CASE("a later file's rule is found with its place, whether the key was written or came by a role") {
  const auto rule = compare(later("ALLOW_DAEMON = *"));
  REQUIRE(rule.size() == 1);
  CHECK(rule[0].written == "ALLOW_DAEMON");
  CHECK(rule[0].value == "condor@lab/10.128.0.5");
  CHECK(rule[0].read == ReadKey{"ALLOW_DAEMON", "*", "/etc/condor/config.d/60-own", 3, ""});
  CHECK_FALSE(rule[0].may_be);
  const auto daemons = compare(later("DAEMON_LIST = MASTER"));
  REQUIRE(daemons.size() == 1);
  CHECK(daemons[0].read.value == "MASTER");
  const auto by_metaknob = compare(later("SEC_DEFAULT_ENCRYPTION = never", "line 7, use SECURITY:HOST_BASED+2"));
  REQUIRE(by_metaknob.size() == 1);
  CHECK(by_metaknob[0].read.line == 7);
  CHECK(compare(later("ALLOW_DAEMON =")).size() == 1);
}

TEST_CASE("so is a rule for one daemon or one level of access") {
  for (const std::string key :
       {"STARTD.ALLOW_DAEMON", "ALLOW_DAEMON_STARTD", "SEC_READ_ENCRYPTION", "SCHEDD.SEC_WRITE_ENCRYPTION"}) {
    const auto found = compare(later(key + " = *"));
    REQUIRE_MESSAGE(found.size() == 1, key);
    CHECK(found[0].read.key == key);
  }
}

TEST_CASE("a list of daemons may grow, and a policy is the owner's") {
  CHECK(compare(later("DAEMON_LIST = MASTER, STARTD, KBDD")).empty());
  const auto policy = compare(later("START = False"));
  REQUIRE(policy.size() == 1);
  CHECK(policy[0].may_be);
  // What the policy sets to the default, of which HTCondor forgets that a policy set it.
  const auto same_as_default = compare(later("SUSPEND = True"));
  REQUIRE(same_as_default.size() == 1);
  CHECK(same_as_default[0].may_be);
  CHECK(same_as_default[0].value == "False");
}

TEST_CASE("a key's value is found in a configuration's own lines") {
  CHECK(value_in_config(text, "use_shared_port") == "True");
  CHECK(value_in_config("A = 1\nA=2 \n", "A") == "2");
  CHECK(value_in_config(text, "NONE").empty());
}
