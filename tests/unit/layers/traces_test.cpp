#include "layers/traces.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::layers;

namespace {

Entry trace_entry(const char* path, EntryKind kind = EntryKind::file, std::uint64_t size = 10) {
  Entry entry;
  entry.path = path;
  entry.kind = kind;
  entry.size = kind == EntryKind::file ? size : 0;
  return entry;
}

std::string group_of(const char* path, bool whole = false) {
  const auto traces = find_traces(std::vector<Entry>{trace_entry(path)}, whole);
  return traces.empty() ? "" : std::string(traces.front().group);
}

}  // namespace

TEST_CASE("everything that names a machine is a trace") {
  CHECK(group_of("etc/ipop/lab.toml") == "keys");
  CHECK(group_of("var/lib/ipop/lab/key.pem") == "keys");
  CHECK(group_of("root/.ssh/id_ed25519") == "keys");
  CHECK(group_of("home/ann/.ssh/known_hosts") == "keys");
  CHECK(group_of("var/lib/dhcp/dhclient.leases") == "leases");
  CHECK(group_of("var/lib/dhcpcd/eth0.lease") == "leases");
  CHECK(group_of("etc/machine-id") == "machine-id");
  CHECK(group_of("etc/ssh/ssh_host_ed25519_key") == "ssh host keys");
  CHECK(group_of("etc/ssh/ssh_host_ed25519_key.pub") == "ssh host keys");
  CHECK(group_of("var/log/syslog") == "logs");
  CHECK(group_of("var/log/journal/abc/system.journal") == "logs");
  CHECK(group_of("root/.bash_history") == "histories");
  CHECK(group_of("home/ann/.python_history") == "histories");
  CHECK(group_of("home/ann/.lesshst") == "histories");
  CHECK(group_of("var/lib/condor/spool/job_queue.log") == "HTCondor's state");
  CHECK(group_of("var/log/condor/StartLog") == "HTCondor's state");
  CHECK(group_of("etc/condor/tokens.d/pool") == "HTCondor's state");
  CHECK(group_of("tmp/x") == "leftovers");
}

TEST_CASE("what belongs to the software is no trace") {
  for (const char* path : {"usr/bin/ls", "etc/ssh/sshd_config", "etc/passwd", "etc/condor/condor_config", "opt/x/log",
                           "home/ann/thesis.tex", "var/lib/dpkg/status", "etc/ga/pool.toml", "usr/share/tmp/x",
                           "home/ann/x/.ssh/y", "varlog"})
    CHECK_MESSAGE(group_of(path).empty(), path);
}

TEST_CASE("directories that programs expect stay, and names fall before their directories") {
  const std::vector<Entry> entries{
      trace_entry("var", EntryKind::directory),          trace_entry("var/lib", EntryKind::directory),
      trace_entry("var/lib/ipop", EntryKind::directory), trace_entry("var/lib/ipop/lab", EntryKind::directory),
      trace_entry("var/lib/ipop/lab/key.pem"),           trace_entry("var/log", EntryKind::directory),
      trace_entry("var/log/apt", EntryKind::directory),  trace_entry("var/log/apt/term.log")};
  const auto traces = find_traces(entries, false);
  REQUIRE(traces.size() == 3);
  CHECK(traces[0].path == "var/log/apt/term.log");
  CHECK(traces[1].path == "var/lib/ipop/lab/key.pem");
  CHECK(traces[2].path == "var/lib/ipop/lab");
  const auto sums = sum_up(traces);
  REQUIRE(sums.size() == 2);
  CHECK(sums[0].names == 2);
  CHECK(sums[0].octets == 10);
}

TEST_CASE("a whole machine keeps an empty machine-id, and a whiteout hides a trace already") {
  const auto traces = find_traces(std::vector<Entry>{trace_entry("etc/machine-id")}, true);
  REQUIRE(traces.size() == 1);
  CHECK(traces[0].remedy == TraceRemedy::empty);
  CHECK(find_traces(std::vector<Entry>{trace_entry("etc/machine-id", EntryKind::file, 0)}, true).empty());
  CHECK(find_traces(std::vector<Entry>{trace_entry("etc/machine-id", EntryKind::whiteout)}, false).empty());
}

TEST_CASE("a list without its traces is a tree again, also where a file's first name went") {
  std::vector<Entry> entries{trace_entry(".", EntryKind::directory),
                             trace_entry("etc", EntryKind::directory),
                             trace_entry("etc/machine-id"),
                             trace_entry("tmp", EntryKind::directory),
                             trace_entry("tmp/first"),
                             trace_entry("usr", EntryKind::hard_link),
                             trace_entry("usr2", EntryKind::hard_link)};
  entries[5].target = entries[6].target = "tmp/first";
  const auto kept = without_traces(entries, find_traces(entries, true));
  CHECK(check_entries(kept).has_value());
  REQUIRE(kept.size() == 6);
  CHECK(kept[2].size == 0);
  CHECK(kept[2].digest == crypto::sha256({}));
  CHECK(kept[4].kind == EntryKind::file);
  CHECK(kept[4].size == 10);
  CHECK(kept[5].target == "usr");
}
