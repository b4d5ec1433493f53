#include "firewall/firewall_plan.hpp"

#include <algorithm>
#include <array>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::firewall;

namespace {

FirewallPlan worker_plan() {
  FirewallPlan plan;
  plan.virtual_interfaces = {*parse_interface_name("ipop0")};
  plan.virtual_networks = {net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9)};
  plan.overlay_ports = {25000};
  plan.role = PoolRole::worker;
  plan.job_uids = {{998, 998}, {2000, 2999}};
  return plan;
}

net::Endpoint at(std::string_view text) {
  return *net::parse_endpoint(text);
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// The characters that mean something to nft, a shell or a terminal, and some that look harmless.
constexpr std::array<std::string_view, 22> hostile{"",
                                                   " ",
                                                   "a b",
                                                   "ipop0\"",
                                                   "ipop0;",
                                                   "ipop0\n",
                                                   "\"; flush ruleset; \"",
                                                   "{",
                                                   "}",
                                                   "$x",
                                                   "`id`",
                                                   "a\\",
                                                   "*",
                                                   "ipop*",
                                                   "../x",
                                                   "a/b",
                                                   "#comment",
                                                   "include x",
                                                   "\x1b[31m",
                                                   "\xc3\xa9",
                                                   "-interface",
                                                   "sixteen-letters-"};

constexpr std::string_view worker_rules = R"(table inet ga_firewall {
	chain input {
		type filter hook input priority filter; policy drop;
		iifname "lo" accept
		iifname "ipop0" goto from_virtual
		goto from_physical
	}

	chain forward {
		type filter hook forward priority filter; policy drop;
		iifname "ipop0" oifname "ipop0" accept
		counter drop
	}

	chain output {
		type filter hook output priority filter; policy drop;
		meta skuid { 998, 2000-2999 } goto from_jobs
		oifname "lo" accept
		oifname "ipop0" accept
		goto to_physical
	}

	chain from_virtual {
		ct state established,related accept
		icmp type echo-request accept
		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		udp sport 67 udp dport 68 accept
		tcp dport { 22, 7781, 9618 } accept
		counter drop
	}

	chain from_physical {
		ip saddr 10.128.0.0/9 counter drop
		ip daddr 10.128.0.0/9 counter drop
		udp dport 25000 accept
		ct state established ct direction reply accept
		ct state related icmp type { destination-unreachable, time-exceeded, parameter-problem } accept
		ct state related icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
		icmpv6 type { mld-listener-query, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		ip protocol igmp accept
		ip daddr 239.255.77.80 udp dport 7780 accept
		udp sport 67 udp dport 68 accept
		udp sport 547 udp dport 546 accept
		counter drop
	}

	chain to_physical {
		ip daddr 10.128.0.0/9 counter reject with icmpx admin-prohibited
		udp sport 25000 accept
		ct state related icmp type { destination-unreachable, time-exceeded, parameter-problem } accept
		ct state related icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem } accept
		icmpv6 type { mld-listener-report, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, mld2-listener-report } accept
		ip protocol igmp accept
		ip daddr 239.255.77.80 udp dport 7780 accept
		udp sport 68 udp dport 67 accept
		udp sport 546 udp dport 547 accept
		tcp dport 53 accept
		udp dport { 53, 123 } accept
		counter reject with icmpx admin-prohibited
	}

	chain from_jobs {
		oifname "lo" udp dport { 53, 25000 } counter reject with icmpx admin-prohibited
		oifname "lo" tcp dport 53 counter reject with icmpx admin-prohibited
		udp dport 67 counter reject with icmpx admin-prohibited
		oifname { "lo", "ipop0" } ip daddr 10.128.0.0/9 accept
		oifname "lo" ip daddr 127.0.0.0/8 accept
		oifname "lo" ip6 daddr ::1 accept
		counter reject with icmpx admin-prohibited
	}
}
)";

}  // namespace

TEST_CASE("the rules of a worker are exactly these") {
  CHECK(to_nftables(worker_plan()) == worker_rules);
}

TEST_CASE("a member without a virtual interface has the physical rules only") {
  FirewallPlan plan;
  plan.overlay_ports = {25000};
  const std::string rules = to_nftables(plan);
  CHECK_FALSE(has(rules, "from_virtual"));
  CHECK_FALSE(has(rules, "from_jobs"));
  CHECK(has(rules, "udp dport 25000 accept"));
}

TEST_CASE("a machine of a pool is reached on HTCondor's port and for its log of pings, one outside is not") {
  FirewallPlan plan = worker_plan();
  for (const PoolRole role : {PoolRole::worker, PoolRole::submit, PoolRole::manager}) {
    plan.role = role;
    const std::string rules = to_nftables(plan);
    const std::size_t here = rules.find("tcp dport { 22, 7781, 9618 } accept");
    CHECK(here != std::string::npos);
    CHECK(rules.find("chain from_virtual") < here);
    CHECK(here < rules.find("chain from_physical"));
    // The physical network is shown neither.
    CHECK_FALSE(has(rules.substr(rules.find("chain from_physical")), "9618"));
    CHECK_FALSE(has(rules.substr(rules.find("chain from_physical")), "7781"));
  }
  plan.role = PoolRole::none;
  CHECK_FALSE(has(to_nftables(plan), "9618"));
  CHECK_FALSE(has(to_nftables(plan), "7781"));
  plan.ssh_port.reset();
  CHECK_FALSE(has(to_nftables(plan), "dport 22 "));
}

TEST_CASE("services join the rules of their side only") {
  FirewallPlan plan = worker_plan();
  plan.allow = {{Transport::tcp, 443, 443}, {Transport::tcp, 440, 442}, {Transport::udp, 5000, 5010}};
  plan.allow_physical = {{Transport::tcp, 2222, 2222}};
  plan.reach = {{Transport::tcp, 80, 80}};
  const std::string rules = to_nftables(plan);
  CHECK(has(rules, "tcp dport { 22, 440-443, 7781, 9618 } accept\n\t\tudp dport 5000-5010 accept"));
  CHECK(has(rules, "tcp dport 2222 accept"));
  CHECK(has(rules, "tcp sport 2222 ct state established ct direction reply accept"));
  CHECK(has(rules, "tcp dport { 53, 80 } accept"));
}

TEST_CASE("what the physical network is not needed for has no rule") {
  FirewallPlan plan = worker_plan();
  plan.needs = *parse_physical_needs("none");
  const std::string rules = to_nftables(plan);
  CHECK_FALSE(has(rules, "udp dport { 53, 123 }"));
  CHECK_FALSE(has(rules, "udp dport 123"));
  CHECK_FALSE(has(rules, "546"));
  CHECK_FALSE(has(rules, "igmp"));
  CHECK_FALSE(has(rules, "7780"));
}

TEST_CASE("the order of lists and what they repeat do not show in the rules") {
  FirewallPlan one = worker_plan();
  one.virtual_interfaces.push_back(*parse_interface_name("ipop1"));
  one.virtual_networks.push_back(net::Ipv4Prefix(net::Ipv4Address(100, 64, 0, 0), 10));
  one.virtual_networks.push_back(net::Ipv4Prefix(net::Ipv4Address(10, 200, 0, 0), 16));
  one.overlay_ports = {25000, 26000};
  one.allow = {{Transport::tcp, 80, 90}, {Transport::udp, 7, 7}, {Transport::tcp, 85, 99}};
  FirewallPlan other = one;
  std::ranges::reverse(other.virtual_interfaces);
  std::ranges::reverse(other.virtual_networks);
  std::ranges::reverse(other.overlay_ports);
  std::ranges::reverse(other.allow);
  std::ranges::reverse(other.job_uids);
  other.allow.push_back(other.allow.front());
  other.virtual_interfaces.push_back(other.virtual_interfaces.front());
  CHECK(to_nftables(one) == to_nftables(other));
  CHECK(has(to_nftables(one), "ip saddr { 10.128.0.0/9, 100.64.0.0/10 } counter drop"));
  CHECK(has(to_nftables(one), "tcp dport { 22, 80-99, 7781, 9618 } accept"));
}

TEST_CASE("two groups of a machine are not joined by forwarding") {
  FirewallPlan plan = worker_plan();
  plan.virtual_interfaces.push_back(*parse_interface_name("ipop1"));
  const std::string rules = to_nftables(plan);
  CHECK(has(rules, "iifname \"ipop0\" oifname \"ipop0\" accept"));
  CHECK(has(rules, "iifname \"ipop1\" oifname \"ipop1\" accept"));
  CHECK_FALSE(has(rules, "iifname \"ipop0\" oifname \"ipop1\""));
}

TEST_CASE("S25: the rules of jobs come before every rule that accepts") {
  const std::string rules = to_nftables(worker_plan());
  const auto output = rules.find("chain output");
  CHECK(rules.find("goto from_jobs", output) < rules.find("accept", output));
  // The chain is entered by goto, so it ends with its own last word.
  CHECK(rules.ends_with("\t\tcounter reject with icmpx admin-prohibited\n\t}\n}\n"));
}

TEST_CASE("S25: without an interface of the group, jobs reach nothing but loopback") {
  FirewallPlan plan = worker_plan();
  plan.virtual_interfaces.clear();
  const std::string rules = to_nftables(plan);
  const auto jobs = rules.find("chain from_jobs");
  CHECK(rules.find("10.128.0.0/9", jobs) == std::string::npos);
}

TEST_CASE("a transaction names one table and replaces or removes only that") {
  CHECK(removing_transaction() == "table inet ga_firewall\ndelete table inet ga_firewall\n");
  CHECK(replacing_transaction("X") == removing_transaction() + "X");
  const std::string all = replacing_transaction(to_nftables(worker_plan()));
  CHECK_FALSE(has(all, "flush"));
  std::size_t tables = 0;
  for (auto found = all.find("table "); found != std::string::npos; found = all.find("table ", found + 1)) {
    ++tables;
    CHECK(all.substr(found).starts_with("table inet ga_firewall"));
  }
  CHECK(tables == 3);
}

TEST_CASE("no text that means something to nft becomes a name, a service, a user or a list") {
  for (const std::string_view text : hostile) {
    CAPTURE(text);
    CHECK_FALSE(parse_interface_name(text).has_value());
    CHECK_FALSE(parse_service(text).has_value());
    CHECK_FALSE(parse_service("tcp:" + std::string(text)).has_value());
    CHECK_FALSE(parse_service("tcp:22" + std::string(text) + "x").has_value());
    CHECK_FALSE(parse_uid_range(text).has_value());
    CHECK_FALSE(parse_physical_needs(text).has_value());
    CHECK_FALSE(parse_pool_role(text).has_value());
  }
}

TEST_CASE("interfaces have the names that Linux gives them") {
  for (const std::string_view name : {"ipop0", "eth0.100", "wlp3s0", "br-lab", "tap_1", "0", "fifteen-letters"})
    CHECK(parse_interface_name(name)->text() == name);
  CHECK_FALSE(parse_interface_name("sixteen-letters0").has_value());
}

TEST_CASE("services and users are read and written as the same text, and nothing near it is taken") {
  for (const std::string_view text : {"tcp:22", "udp:5000-5010", "tcp:1", "udp:65535"})
    CHECK(to_string(*parse_service(text)) == text);
  for (const std::string_view text :
       {"22", "tcp", "tcp:", "tcp:0", "tcp:65536", "tcp:9-8", "tcp:1-", "tcp:-1", "tcp:+1", "TCP:22", "sctp:1",
        "tcp: 22", "tcp:22 ", "tcp:0x16", "tcp:1-2-3", "udp:99999999999999999999"})
    CHECK_FALSE(parse_service(text).has_value());
  for (const std::string_view text : {"1", "2000-2999", "4294967294"})
    CHECK(to_string(*parse_uid_range(text)) == text);
  for (const std::string_view text : {"0", "0-5", "4294967295", "5-4", "-1", "a", "1-4294967295"})
    CHECK_FALSE(parse_uid_range(text).has_value());
}

TEST_CASE("a list of needs is read in any order and written in one") {
  CHECK(to_string(*parse_physical_needs("ntp,dhcp")) == "dhcp,ntp");
  CHECK(to_string(PhysicalNeeds{}) == "dhcp,dns,ntp,lan");
  CHECK(to_string(*parse_physical_needs("none")) == "none");
  CHECK_FALSE(parse_physical_needs("dhcp,").has_value());
  CHECK_FALSE(parse_physical_needs("none,dhcp").has_value());
}

TEST_CASE("ssh on the physical network is cut unless its port is let in there") {
  FirewallPlan plan = worker_plan();
  CHECK(cuts_connection(plan, at("198.51.100.7:22")));
  CHECK(cuts_connection(plan, at("[2001:db8::7]:22")));
  CHECK_FALSE(cuts_connection(plan, at("127.0.0.1:22")));
  CHECK_FALSE(cuts_connection(plan, at("[::1]:22")));
  plan.allow_physical = {{Transport::udp, 22, 22}};
  CHECK(cuts_connection(plan, at("198.51.100.7:22")));
  plan.allow_physical = {{Transport::tcp, 20, 30}};
  CHECK_FALSE(cuts_connection(plan, at("198.51.100.7:22")));
  CHECK(cuts_connection(plan, at("198.51.100.7:2222")));
}

TEST_CASE("ssh on the virtual network is cut only where its port is closed there") {
  FirewallPlan plan = worker_plan();
  CHECK_FALSE(cuts_connection(plan, at("10.130.4.5:22")));
  CHECK(cuts_connection(plan, at("10.130.4.5:14999")));
  plan.allow = {{Transport::tcp, 14999, 14999}};
  CHECK_FALSE(cuts_connection(plan, at("10.130.4.5:14999")));
  plan.ssh_port.reset();
  CHECK(cuts_connection(plan, at("10.130.4.5:22")));
  // Without an interface of the group its addresses are those of somebody else's network.
  plan.ssh_port = 22;
  plan.virtual_interfaces.clear();
  CHECK(cuts_connection(plan, at("10.130.4.5:22")));
}
