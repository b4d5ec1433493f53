#include "base/group_files.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace ipop;

TEST_CASE("a group's files are where the manuals say, or below the directories that are given") {
  const GroupFiles usual("lab");
  CHECK(usual.config() == "/etc/ipop/lab.toml");
  CHECK(usual.settings() == "/etc/ipop/node/lab.toml");
  CHECK(usual.node().directory() == "/var/lib/ipop/lab");
  CHECK(usual.node().key() == "/var/lib/ipop/lab/key.pem");
  CHECK(usual.node().certificate() == "/var/lib/ipop/lab/certificate.pem");
  const GroupFiles other("lab", "/tmp/groups", "/tmp/states");
  CHECK(other.config() == "/tmp/groups/lab.toml");
  CHECK(other.node().revocations() == "/tmp/states/lab/revocations.list");
  CHECK(other.node("/srv/node").state() == "/srv/node/state.json");
  CHECK(other.node("").history() == "/tmp/states/lab/members.json");
  CHECK(open_copy(usual.config()) == "/etc/ipop/lab.toml.open");
}

TEST_CASE("an authority's files are in its directory, and a backup knows them by the same names") {
  const AuthorityFiles files("/srv/lab");
  CHECK(files.key() == "/srv/lab/authority.key");
  CHECK(files.certificate() == "/srv/lab/authority.pem");
  CHECK(files.policy() == "/srv/lab/policy.toml");
  CHECK(files.ledger() == "/srv/lab/ledger.jsonl");
  CHECK(files.torn_line() == "/srv/lab/ledger.torn");
  CHECK(files.revocations() == "/srv/lab/revocations.list");
  CHECK(files.crl() == "/srv/lab/crl.pem");
  CHECK(files.request("0a") == files.in_directory(AuthorityFiles::request_name("0a")));
  CHECK(files.request("0a") == "/srv/lab/requests/0a.csr");
  CHECK(files.issued("0b") == "/srv/lab/issued/0b.pem");
}

TEST_CASE("a group's name is a label of lower case, and no way to another directory") {
  for (const char* good : {"lab", "a", "0", "sea-2", "abcdefghijklmnopqrstuvwxyz012345"})
    CHECK(is_group_name(good));
  for (const char* bad :
       {"", "-", "-lab", "lab-", "Lab", "la b", "../lab", "lab.toml", "lab\n", "abcdefghijklmnopqrstuvwxyz0123456"})
    CHECK_FALSE(is_group_name(bad));
}

TEST_CASE("the entrance of a closed group is known by its name, and back") {
  CHECK(entrance_name_of("lab") == "lab-enrol");
  CHECK(closed_group_of("lab-enrol") == "lab");
  CHECK_FALSE(closed_group_of("lab"));
  CHECK_FALSE(closed_group_of("-enrol"));
  CHECK(closed_group_of(entrance_name_of("lab-enrol")) == "lab-enrol");
}
