#include "health/findings.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::health;

namespace {

const net::Ipv4Address own_address(10, 128, 0, 7);

/// A member of an open group with nothing wrong.
Facts healthy() {
  Facts facts;
  facts.has_systemd = facts.has_resolved = true;
  facts.now = WallTime{1'800'000'000};
  facts.group = "lab";
  facts.group_file = "/etc/ipop/lab.toml";
  facts.files = {{"/etc/ipop/lab.toml", ""}, {"/var/lib/ipop/lab/key.pem", ""}};
  facts.tun = FileFact{"/dev/net/tun", ""};
  facts.clock = ClockFact{true, std::nullopt};
  facts.node = NodeFact::answers;
  facts.has_uplink = true;
  facts.bootstrap = std::vector<BootstrapFact>{{"198.51.100.7:25000", "", false, true, std::nullopt}};
  node::StatusAnswer status;
  status.joined = true;
  status.ring_size_estimate = 5;
  status.links = 4;
  status.direct_links = 3;
  status.nat = overlay::NatClass::endpoint_independent;
  status.prefix = net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9);
  status.address = own_address;
  status.interface = "ipop0";
  facts.status = status;
  facts.is_interface_ready = true;
  facts.inside = LookUpFact{"one.ipop", "", ""};
  facts.outside = LookUpFact{"debian.org", "", ""};
  facts.paths = {{"one", net::Ipv4Address(10, 128, 0, 9), 1400, false, true, true}};
  facts.is_lease_server_running = true;
  facts.firewall = FirewallFact{FirewallFact::State::applied, "worker", ""};
  facts.pool = PoolFact{"lab", "worker", "10.128.0.9", "", "", true, std::nullopt, std::nullopt};
  return facts;
}

Facts healthy_closed() {
  Facts facts = healthy();
  facts.is_closed = true;
  facts.status->closed = true;
  facts.status->certificate_expires = WallTime{facts.now.seconds + 30 * 86'400};
  return facts;
}

struct Fault {
  std::string_view name;
  void (*make)(Facts&);
  std::string_view topic;    // of the one finding that is wrong
  std::string_view says;     // part of what it says
  std::string_view command;  // part of its command
  bool ends;                 // nothing is looked at behind it
};

// clang-format off
const Fault faults[] = {
    {"a machine without a group", [](Facts& facts) { facts.group.clear(); }, "group", "in no group", "ga-group join TOKEN", true},
    {"a damaged group file", [](Facts& facts) { facts.files[0].problem = "/etc/ipop/lab.toml:3: no"; }, "files", ":3: no", "ga-group check lab", true},
    {"a key that others may read", [](Facts& facts) { facts.files[1].problem = "others may read it: chmod 600"; }, "files", "chmod 600", "journalctl", false},
    {"a state directory that is read-only", [](Facts& facts) { facts.files.push_back({"/var/lib/ipop/lab", "/var/lib/ipop/lab: Read-only file system", true}); }, "files", "Read-only", "findmnt --target /var/lib/ipop/lab", false},
    {"a full disk", [](Facts& facts) { facts.files.push_back({"/var/lib/ipop/lab", "No space left on device", true}); }, "files", "No space left", "df -h /var/lib/ipop/lab", false},
    {"no TAP device", [](Facts& facts) { facts.node = NodeFact::not_running; facts.status.reset(); facts.tun->problem = "No such file"; }, "files", "/dev/net/tun", "modprobe tun", true},
    {"a key that others may read, before a start", [](Facts& facts) { facts.node = NodeFact::not_running; facts.status.reset(); facts.files[1].problem = "others may read it: chmod 600"; }, "files", "chmod 600", "journalctl", true},
    {"a clock in the past", [](Facts& facts) { facts.clock->behind = std::chrono::hours(24); }, "clock", "behind", "set-ntp", false},
    {"a node that does not run", [](Facts& facts) { facts.node = NodeFact::not_running; facts.status.reset(); }, "node", "is not running", "systemctl enable --now ipop-node@lab", true},
    {"a node that can't start", [](Facts& facts) { facts.node = NodeFact::not_running; facts.status.reset(); facts.start_problem = "UDP port 25000 is taken by another program"; }, "node", "can't start", "ipop-node config check --group lab", true},
    {"a clock that the others refuse, before there is an address", [](Facts& facts) { facts.status->notices = {"this machine's clock is about 11 minutes ahead of the others'"}; facts.status->address.reset(); }, "clock", "11 minutes ahead", "set-ntp", true},
    {"a clock that the others refuse", [](Facts& facts) { facts.status->notices = {"this machine's clock is about 11 minutes ahead of the others'"}; }, "clock", "11 minutes ahead", "set-ntp", false},
    {"a machine that was shut out", [](Facts& facts) { facts.status->notices = {"this machine's certificate is revoked by list 3: no member talks to it any more"}; }, "certificate", "revoked by list 3", "ga-group leave lab", true},
    {"a copied machine", [](Facts& facts) { facts.status->notices = {"another machine runs with this node's key"}; }, "node", "another machine", "/var/lib/ipop/lab/key.pem", false},
    {"a user who may not ask", [](Facts& facts) { facts.node = NodeFact::not_permitted; facts.status.reset(); }, "node", "may not", "sudo", true},
    {"a node that hangs", [](Facts& facts) { facts.node = NodeFact::silent; facts.status.reset(); }, "node", "does not answer", "systemctl restart", true},
    {"an authority that was restored on another machine", [](Facts& facts) { facts.is_closed = true; facts.has_authority = true; facts.node = NodeFact::not_running; facts.certificate = FileFact{"c", "no such file"}; }, "node", "no member yet", "ga-group close lab", true},
    {"no certificate yet", [](Facts& facts) { facts.is_closed = true; facts.node = NodeFact::not_running; facts.certificate = FileFact{"c", "no such file"}; }, "node", "no certificate", "ga-cert join --group lab", true},
    {"no network", [](Facts& facts) { facts.has_uplink = false; }, "uplink", "no network", "ip address", true},
    {"no bootstrap node answers", [](Facts& facts) { facts.bootstrap->front().is_linked = false; facts.bootstrap->front().answers = false; facts.status->links = 0; facts.status->joined = false; }, "bootstrap", "198.51.100.7:25000 does not answer", "ga-group join TOKEN", true},
    {"a bootstrap name without an address", [](Facts& facts) { facts.bootstrap->front() = {"a.example:1", "Name or service not known", false, false, std::nullopt}; facts.status->links = 0; facts.status->joined = false; }, "bootstrap", "no address for a.example:1", "getent hosts", true},
    {"no link although they answer", [](Facts& facts) { facts.bootstrap->front() = {"a:1", "", false, false, true}; facts.status->links = 0; facts.status->joined = false; }, "ring", "not joined", "journalctl", true},
    {"an uplink that takes too little", [](Facts& facts) { facts.status->links = 0; facts.status->joined = false; facts.status->counters = {{"udp_sent", 71}, {"drop_udp_too_long", 71}}; }, "ring", "takes less than 1,280 octets", "ip link show", true},
    {"a user who may not ask where there is no sudo", [](Facts& facts) { facts.node = NodeFact::not_permitted; facts.status.reset(); facts.has_sudo = false; }, "node", "may not", "su -c 'ga doctor --group lab'", true},
    {"no lease", [](Facts& facts) { facts.status->address.reset(); }, "address", "no address in 10.128.0.0/9", "ipop-ctl wait lease", true},
    {"an interface that nobody configured", [](Facts& facts) { facts.is_interface_ready = false; }, "address", "not on the interface ipop0", "--configure", true},
    {"a resolver without the group's names", [](Facts& facts) { facts.inside->problem = "Name or service not known"; }, "names", "one.ipop", "resolvectl", false},
    {"a resolver without the world's names", [](Facts& facts) { facts.outside->problem = "Try again"; }, "names", "debian.org", "resolv", false},
    {"a name that another machine holds", [](Facts& facts) { facts.status->notices = {"the name one is held by the node abcd until 12:00, or longer if that one runs; if it was this machine, wait"}; }, "names", "the name one is held by the node abcd", "hostname = \"ANOTHER-NAME\" into /etc/ipop/node/lab.toml, then ipop-ctl reload --group lab", false},
    {"what the node says in words of its own", [](Facts& facts) { facts.status->notices = {"something new is in the way"}; }, "node", "something new", "ipop-ctl status --group lab", false},
    {"a lease server that gives no lease", [](Facts& facts) { facts.status->notices = {"the lease server gave no lease: it does not answer"}; facts.status->address.reset(); facts.lease_server = "one"; }, "address", "gave no lease: it does not answer", "ipop-dhcp", true},
    {"a lease server of this machine that is off", [](Facts& facts) { facts.is_lease_server_running = false; facts.lease_server = "one"; }, "leases", "does not run", "systemctl enable --now ipop-dhcp", false},
    {"a renewal that fails", [](Facts& facts) { facts.status->closed = true; facts.status->certificate_expires = facts.now + std::chrono::hours(24 * 30); facts.status->notices = {"this machine's certificate is due for renewal, and the last attempt failed: refused"}; }, "certificate", "the last attempt failed: refused", "ga-cert renew --group lab", false},
    {"a machine whose token nobody was asked with", [](Facts& facts) { facts.enrolment = EnrolmentFact{}; }, "certificate", "not a member yet", "ga-cert join --group lab", false},
    {"a machine whose request waits", [](Facts& facts) { facts.enrolment = EnrolmentFact{EnrolmentFact::Step::waiting, "lab", "bob", "0123456789abcdef", "2027-01-15 08:00:00 UTC", ""}; }, "certificate", "the authority lab has not decided on the request of 2027-01-15 08:00:00 UTC as user bob", "ga-cert join --group lab", false},
    {"a machine whose request was denied", [](Facts& facts) { facts.enrolment = EnrolmentFact{EnrolmentFact::Step::denied, "lab", "bob", "0123456789abcdef", "2027-01-15 08:00:00 UTC", "who are you"}; }, "certificate", "the authority lab denied the request of this machine as user bob on 2027-01-15 08:00:00 UTC: who are you", "ga-group leave lab", false},
    {"an authority that is gone", [](Facts& facts) { facts.lost_authority = "/var/lib/ga/authority/lab is not there"; }, "authority", "is not there", "ga-cert --authority lab authority restore FILE", false},
    {"an authority whose ledger is broken", [](Facts& facts) { facts.authorities = {{"lab", 0, "ledger.jsonl:3: no", ""}}; }, "authority", "ledger.jsonl:3", "ga-cert authority show --authority lab", false},
    {"an authority's server that is off", [](Facts& facts) { facts.authority_server = AuthorityServerFact{"", "none is announced"}; }, "authority", "none is announced", "systemctl enable --now ga-authority@lab", false},
    {"a server that is off where machines ask", [](Facts& facts) { facts.group = "lab-enrol"; facts.entrance_of = "lab"; facts.authority_server = AuthorityServerFact{"10.126.0.1:8443", "10.126.0.1:8443: refused"}; }, "authority", "refused", "systemctl enable --now ga-authority@lab-enrol", false},
    {"a member that does not answer", [](Facts& facts) { facts.paths[0].small_answered = false; }, "path", "does not answer", "ipop-ctl why 10.128.0.9", false},
    {"large packets are lost", [](Facts& facts) { facts.paths[0].large_answered = false; }, "path", "none of 1400 octets", "ipop-ctl why 10.128.0.9 --group lab", false},
    {"firewall rules were removed", [](Facts& facts) { facts.firewall->state = FirewallFact::State::missing; }, "firewall", "not in force", "ga-firewall apply", false},
    {"firewall rules were edited", [](Facts& facts) { facts.firewall->state = FirewallFact::State::differs; }, "firewall", "not those", "ga-firewall apply", false},
    {"HTCondor is not running", [](Facts& facts) { facts.pool->is_running = false; }, "pool", "is not running", "systemctl enable --now ga-condorcfg", false},
    {"HTCondor reads something else", [](Facts& facts) { facts.pool->problem = "another file overrides"; facts.pool->next = "condor_config_val"; }, "pool", "overrides", "condor_config_val", false},
    {"a pool without a manager", [](Facts& facts) { facts.pool->manager.clear(); }, "pool", "no manager", "ga-condorcfg", false},
};
// clang-format on

}  // namespace

TEST_CASE("nothing is wrong with a healthy member, and nothing is left to do") {
  for (const Facts& facts : {healthy(), healthy_closed()}) {
    const auto findings = findings_of(facts);
    CHECK(findings.size() >= 10);
    for (const Finding& finding : findings)
      CHECK_MESSAGE(finding.verdict == Verdict::good, finding.topic << ": " << finding.what);
    CHECK_FALSE(next_step(facts, findings));
  }
}

TEST_CASE("each fault is found by the line that names it, with the command that puts it right") {
  for (const Fault& fault : faults) {
    CAPTURE(fault.name);
    Facts facts = healthy();
    fault.make(facts);
    const auto findings = findings_of(facts);
    const auto is_wrong = [](const Finding& finding) { return finding.verdict == Verdict::wrong; };
    REQUIRE(std::ranges::count_if(findings, is_wrong) == 1);
    const Finding& found = *std::ranges::find_if(findings, is_wrong);
    CHECK(found.topic == fault.topic);
    CHECK_MESSAGE(found.what.find(fault.says) != std::string::npos, found.what);
    CHECK_MESSAGE(found.command.find(fault.command) != std::string::npos, found.command);
    CHECK(fault.ends == (&found == &findings.back() && found.explains_rest));
    CHECK(next_step(facts, findings) == found.command);
  }
}

TEST_CASE("a certificate that has ended, or that is missing, explains the rest") {
  Facts ended = healthy_closed();
  ended.status->certificate_expires = WallTime{ended.now.seconds - 1};
  CHECK(findings_of(ended).back().command == "ga-cert renew --group lab");
  Facts missing = healthy_closed();
  missing.status->certificate_expires.reset();
  CHECK(findings_of(missing).back().command == "ga-cert join --group lab");
  Facts soon = healthy_closed();
  soon.status->certificate_expires = WallTime{soon.now.seconds + 86'400};
  CHECK(next_step(soon, findings_of(soon)) == "ga-cert renew --group lab");
}

TEST_CASE("a first node that is alone is not wrong: it waits for others, and says how they join") {
  Facts facts = healthy();
  facts.bootstrap = std::vector<BootstrapFact>{{"198.51.100.7:25000", "", true, false, std::nullopt}};
  facts.status->links = 0;
  facts.status->joined = false;
  const auto findings = findings_of(facts);
  for (const Finding& finding : findings)
    CHECK(finding.verdict != Verdict::wrong);
  CHECK(next_step(facts, findings) == "ga-group token lab");
}

TEST_CASE("the way into a closed group is empty while nobody asks, and nobody is invited to it") {
  Facts facts = healthy();
  facts.group = "lab-enrol";
  facts.entrance_of = "lab";
  facts.bootstrap = std::vector<BootstrapFact>{{"198.51.100.7:25000", "", true, false, std::nullopt}};
  facts.status->links = 0;
  facts.status->joined = false;
  const auto findings = findings_of(facts);
  for (const Finding& finding : findings)
    CHECK(finding.verdict != Verdict::wrong);
  CHECK_FALSE(next_step(facts, findings));
}

TEST_CASE("without systemd the authority's server is started by its own command") {
  Facts facts = healthy();
  facts.has_systemd = facts.has_resolved = false;
  facts.group = "lab-enrol";
  facts.entrance_of = "lab";
  facts.authority_server = AuthorityServerFact{"", "none is announced"};
  CHECK(next_step(facts, findings_of(facts)) == "ga-cert authority serve --group lab-enrol --for lab &");
}

TEST_CASE("an address that is held is shown with why the lease server gave no newer one") {
  Facts facts = healthy();
  facts.status->notices = {"the lease server gave no lease: it does not answer"};
  const auto findings = findings_of(facts);
  const auto address = std::ranges::find(findings, "address", &Finding::topic);
  REQUIRE(address != findings.end());
  CHECK(address->verdict == Verdict::note);
  CHECK(address->what.find("it does not answer") != std::string::npos);
}

TEST_CASE("the advice for names goes by the resolver, and a node that is started again keeps its name") {
  Facts facts = healthy();
  facts.has_resolved = false;
  facts.inside = LookUpFact{"one.ipop", "not found", ""};
  const auto names = findings_of(facts);
  const auto wrong = std::ranges::find(names, Verdict::wrong, &Finding::verdict);
  REQUIRE(wrong != names.end());
  CHECK(wrong->topic == "names");
  CHECK(wrong->command.find("resolvectl") == std::string::npos);

  facts = healthy();
  facts.has_systemd = facts.has_resolved = false;
  facts.is_node_replaced = true;
  facts.status->names = {"C128000005", "alice"};
  const auto replaced = findings_of(facts);
  const auto node = std::ranges::find(replaced, "node", &Finding::topic);
  REQUIRE(node != replaced.end());
  CHECK(node->command == "ipop-ctl stop --group lab; ipop-node --configure --group lab --hostname alice &");
}

TEST_CASE("a path that takes smaller packets than the interface, as the node says to who sends, is no fault") {
  Facts facts = healthy();
  facts.paths.push_back({"two", net::Ipv4Address(10, 128, 0, 10), 1375, true, true, true});
  const auto findings = findings_of(facts);
  const auto path = std::ranges::find(findings, "path", &Finding::topic);
  REQUIRE(path != findings.end());
  CHECK(path->verdict == Verdict::good);
  CHECK(path->what == "2 members answered small and full packets, one of them up to 1375 octets");

  facts.paths[1].large_answered = false;
  const auto broken = findings_of(facts);
  const auto wrong = std::ranges::find(broken, "path", &Finding::topic);
  REQUIRE(wrong != broken.end());
  CHECK(wrong->verdict == Verdict::wrong);
  CHECK(wrong->what.find("none of 1375 octets") != std::string::npos);
}

TEST_CASE("requests that wait at an authority are the next thing to do, behind what is wrong") {
  Facts facts = healthy();
  facts.authorities = {{"lab", 2, "", ""}};
  CHECK(next_step(facts, findings_of(facts)) == "ga-cert list --authority lab");
  facts.status->address.reset();
  CHECK(next_step(facts, findings_of(facts)) == "ipop-ctl wait lease --group lab");
}

TEST_CASE("no command speaks of systemd where it does not run") {
  for (const Fault& fault : faults) {
    CAPTURE(fault.name);
    Facts facts = healthy();
    facts.has_systemd = facts.has_resolved = false;
    fault.make(facts);
    for (const Finding& finding : findings_of(facts)) {
      for (const std::string_view word : {"systemctl", "journalctl", "resolvectl", "timedatectl"})
        CHECK_MESSAGE(finding.command.find(word) == std::string::npos, finding.command);
    }
  }
}

TEST_CASE("a node whose program was replaced is not wrong, and a restart is the next thing to do") {
  Facts facts = healthy();
  facts.is_node_replaced = true;
  const auto findings = findings_of(facts);
  for (const Finding& finding : findings)
    CHECK(finding.verdict != Verdict::wrong);
  CHECK(next_step(facts, findings) == "systemctl restart ipop-node@lab");
}

TEST_CASE("what nobody looked at is not judged") {
  Facts facts;
  facts.group = "lab";
  CHECK(findings_of(facts).empty());
}
