#include "health/findings.hpp"

#include <algorithm>

#include "health/finding_words.hpp"
#include "health/membership_findings.hpp"
#include "health/notice_findings.hpp"
#include "overlay/nat_behavior.hpp"

namespace ipop::health {
namespace {

// Certificates and leases are signed with times of a day and more; a clock that is off by less does no harm.
constexpr std::chrono::seconds harmless_clock_error{300};

/// What is found out without a node.
Finding of_files(const Facts& facts) {
  const bool is_running = facts.node == NodeFact::answers;
  for (const FileFact& file : facts.files) {
    if (file.problem.empty()) continue;
    if (file.is_state) {
      const bool is_read_only = file.problem.find("Read-only") != std::string::npos;
      return wrong("files", file.problem, "the node can't keep its key, its address and its group's lists there",
                   is_read_only ? "findmnt --target " + file.path + ", then mount -o remount,rw its TARGET"
                                : "df -h " + file.path);
    }
    // The group's file comes back with a token; a key does not.
    const bool is_group = file.path == facts.group_file;
    Finding out = wrong("files", file.problem,
                        is_group     ? "the node reads its group from this file"
                        : is_running ? "the node can't start again"
                                     : "the node can't start",
                        is_group ? "ga-group check " + facts.group : log_command(facts));
    out.explains_rest = is_group || !is_running;
    return out;
  }
  // A node that runs has its interface, or was told to do without.
  if (!is_running && facts.tun && !facts.tun->problem.empty())
    return explaining(wrong("files", facts.tun->path + ": " + facts.tun->problem,
                            "the node needs it for its network interface", "modprobe tun"));
  if (facts.group_file.empty()) return good("files", "no file of the group in /etc/ipop; the node was started by hand");
  return good("files", facts.group_file + (facts.is_root ? " and the node's key" : "; only root may look at the key"));
}

Finding of_clock(const Facts& facts, const ClockFact& clock) {
  const std::string command = clock_command(facts);
  if (clock.behind && *clock.behind > harmless_clock_error) {
    Finding out =
        wrong("clock",
              "this machine's clock is " + counted(static_cast<std::size_t>(clock.behind->count()), "second") +
                  " behind its own files",
              "certificates and leases are refused as not yet valid", command);
    out.explains_rest = facts.is_closed;
    return out;
  }
  if (!clock.is_synchronized) return note("clock", "plausible, but not synchronized with a time server", command);
  return good("clock", "synchronized with a time server");
}

Finding of_node(const Facts& facts) {
  switch (*facts.node) {
    case NodeFact::answers:
      return facts.is_node_replaced ? note("node", "its program was replaced since it started", restart_command(facts))
                                    : good("node", "runs");
    case NodeFact::not_permitted:
      return explaining(wrong("node", "this user may not query the node",
                              facts.node_problem + "; members of the system's group ga may (adduser USER ga)",
                              as_root(facts, "ga doctor" + group_option(facts))));
    case NodeFact::silent:
      return explaining(
          wrong("node", "the node does not answer on its socket", facts.node_problem, restart_command(facts)));
    case NodeFact::not_running: break;
  }
  const bool needs_certificate = facts.is_closed && facts.certificate && !facts.certificate->problem.empty();
  if (needs_certificate && facts.has_authority)
    return explaining(wrong("node", "this machine has the authority of " + facts.group + ", and is no member yet",
                            facts.certificate->problem, "ga-group close " + facts.group));
  if (needs_certificate)
    return explaining(wrong("node", "this machine has no certificate of the closed group " + facts.group,
                            facts.certificate->problem, "ga-cert join --group " + facts.group));
  if (!facts.start_problem.empty())
    return explaining(wrong("node", "the node of " + facts.group + " can't start: " + facts.start_problem,
                            facts.node_problem, "ipop-node config check" + group_option(facts)));
  return explaining(
      wrong("node", "the node of " + facts.group + " is not running", facts.node_problem, start_command(facts)));
}

Finding of_bootstrap(const Facts& facts) {
  std::string silent;
  std::string unresolved;
  std::size_t others = 0;
  std::size_t reached = 0;
  for (const BootstrapFact& node : *facts.bootstrap) {
    if (node.is_self) continue;
    ++others;
    if (node.is_linked || node.answers.value_or(false)) {
      ++reached;
    } else if (!node.problem.empty()) {
      unresolved += (unresolved.empty() ? "" : ", ") + node.name + ": " + node.problem;
    } else if (node.answers) {
      silent += (silent.empty() ? "" : ", ") + node.name;
    }
  }
  const bool is_joined = facts.status && facts.status->joined && facts.status->links > 0;
  if (others == 0) {
    const bool is_self = !facts.bootstrap->empty();
    return is_self ? good("bootstrap", "this machine is the bootstrap node of the group")
                   : note("bootstrap", "the group has no other bootstrap node");
  }
  const std::string sum =
      std::to_string(reached) + " of " + counted(others, "node") + (others == 1 ? " answers" : " answer");
  std::string what;
  if (!silent.empty()) what = silent + (silent.find(',') == std::string::npos ? " does not answer" : " do not answer");
  if (!unresolved.empty()) what += (what.empty() ? "" : "; ") + ("no address for " + unresolved);
  if (what.empty()) return good("bootstrap", sum);
  const std::string why = "it is off, it is not in this group, or a firewall in between drops UDP";
  if (reached > 0 || is_joined) return note("bootstrap", sum + ": " + what);
  std::string command = "ask its administrator, or join again with a new token: ga-group join TOKEN";
  if (silent.empty()) command = "cat /etc/resolv.conf; getent hosts NAME";
  return explaining(wrong("bootstrap", what, silent.empty() ? "the system's resolver finds no address" : why, command));
}

Finding of_ring(const Facts& facts) {
  const node::StatusAnswer& status = *facts.status;
  if (status.links == 0) {
    const bool has_others = std::ranges::any_of(*facts.bootstrap, [](const auto& node) { return !node.is_self; });
    // The way into a closed group is empty while nobody asks.
    if (!has_others && !facts.entrance_of.empty())
      return note("ring", "alone: no machine asks to become a member of " + facts.entrance_of);
    if (!has_others) return note("ring", "alone: waiting for others", "ga-group token " + facts.group);
    const auto counted_as = [&](const char* name) {
      const auto it = status.counters.find(name);
      return it == status.counters.end() ? 0U : it->second;
    };
    if (const auto refused = counted_as("drop_udp_too_long"); refused > 0 && 2 * refused > counted_as("udp_sent"))
      return explaining(wrong("ring", "not joined: an interface of this machine takes less than 1,280 octets",
                              std::to_string(refused) + " of this node's packets were too long for it",
                              "ip link show"));
    return explaining(wrong("ring", "not joined: no link to any member",
                            "the bootstrap nodes answer, but no link was established", log_command(facts)));
  }
  if (!status.joined)
    return explaining(wrong("ring", "not joined yet, with " + counted(status.links, "link"),
                            "the node is looking for its neighbours; this takes seconds",
                            "ipop-ctl wait lease" + group_option(facts)));
  const std::size_t relayed = status.links - std::min(status.links, status.direct_links);
  const std::string size = counted(status.ring_size_estimate, "member");
  std::string links = counted(status.links, "link") + ", " + std::to_string(status.direct_links) + " direct";
  if (relayed > 0) links += ", " + std::to_string(relayed) + " through a member";
  return good("ring", "about " + size + "; " + links);
}

Finding of_nat(const node::StatusAnswer& status) {
  switch (status.nat) {
    case overlay::NatClass::none: return good("NAT", "none: others reach this machine directly");
    case overlay::NatClass::endpoint_independent: return good("NAT", "endpoint-independent: direct links work");
    case overlay::NatClass::address_dependent:
      return note("NAT", "address-dependent (symmetric): some links go through other members, encrypted end to end");
    case overlay::NatClass::unknown: break;
  }
  return note("NAT", "not known yet: it takes direct links to two members on other networks to find out");
}

Finding of_lease_server(const Facts& facts) {
  if (*facts.is_lease_server_running) return good("leases", "the group's lease server runs on this machine");
  return wrong("leases", "the group's lease server is on this machine, and does not run",
               "members keep their addresses until these expire, and new ones get none",
               facts.has_systemd ? "systemctl enable --now ipop-dhcp" : "ipop-dhcp serve &");
}

Finding of_address(const Facts& facts, const node::StatusAnswer& status) {
  const std::string refused = find_notice(facts, lease_notice);
  if (!refused.empty() && !status.address)
    return explaining(wrong("address", refused,
                            "addresses of this group come from the lease server" +
                                (facts.lease_server.empty() ? "" : " " + facts.lease_server),
                            "on the lease server's machine: ipop-dhcp list, or ipop-dhcp serve where it is off"));
  if (!status.address)
    return explaining(wrong("address", "no address in " + to_string(*status.prefix) + " yet",
                            "the members that store leases have not answered; this takes seconds after joining",
                            "ipop-ctl wait lease" + group_option(facts)));
  const std::string text = to_string(*status.address);
  if (facts.is_interface_ready && !*facts.is_interface_ready)
    return explaining(wrong("address", text + " is leased, but not on the interface " + status.interface,
                            "no DHCP client configures it, and the node runs without --configure",
                            "udhcpc -i " + status.interface + ", or start the node with --configure"));
  const std::string where = status.interface.empty() ? "" : " on " + status.interface;
  if (!refused.empty()) return note("address", text + where + "; " + refused);
  return good("address", text + where);
}

Finding of_outside_name(const Facts& facts, const LookUpFact& name) {
  // What the machine's network gives as name server, and whether it has one of outside at all, is known to its person.
  const std::string mend = facts.has_resolved ? "resolvectl query " + name.name + "; resolvectl dns INTERFACE ADDRESS"
                                              : "write 'nameserver ADDRESS' of one that answers into /etc/resolv.conf";
  return wrong("names", "this machine's resolver does not find " + name.name + ", a name outside the group",
               name.problem + (name.servers.empty() ? "" : "; it asks " + name.servers),
               mend + ", or ga doctor --outside none where no such name is known");
}

std::vector<Finding> of_names(const Facts& facts) {
  std::vector<Finding> out;
  if (facts.inside && !facts.inside->problem.empty()) {
    const std::string server =
        facts.status && facts.status->prefix ? to_string(facts.status->prefix->server_address()) : "the node";
    out.push_back(wrong(
        "names", "this machine's resolver does not find " + facts.inside->name,
        facts.inside->problem + "; names of the group are answered by " + server,
        facts.has_resolved ? "resolvectl status " + facts.status->interface : "ipop-dns serve" + group_option(facts) + " --listen 127.0.0.1:53, then 'nameserver 127.0.0.1' in /etc/resolv.conf"));
  } else if (facts.inside) {
    out.push_back(good("names", facts.inside->name + " is found by this machine's resolver"));
  }
  if (facts.outside && !facts.outside->problem.empty())
    out.push_back(of_outside_name(facts, *facts.outside));
  else if (facts.outside)
    out.push_back(good("names", facts.outside->name + " outside is found as well"));
  return out;
}

std::vector<Finding> of_paths(const Facts& facts) {
  std::vector<Finding> out;
  std::size_t passed = 0;
  std::optional<std::size_t> narrowest;
  for (const PathFact& path : facts.paths) {
    const std::string member = path.name + " (" + to_string(path.address) + ")";
    if (!path.small_answered)
      out.push_back(wrong("path", member + " does not answer pings",
                          "it is leaving, its firewall drops pings, or the path to it is broken",
                          "ipop-ctl why " + to_string(path.address) + group_option(facts)));
    else if (!path.large_answered)
      out.push_back(wrong(
          "path", member + " answers small pings, but none of " + std::to_string(path.largest) + " octets",
          "full-size packets are lost on the path", "ipop-ctl why " + to_string(path.address) + group_option(facts)));
    else
      ++passed;
    // Through a member, or on a line with small packets: the node cuts, or says so to who sends.
    if (path.large_answered && path.is_narrow) narrowest = std::min(narrowest.value_or(path.largest), path.largest);
  }
  if (!facts.path_problem.empty())
    out.push_back(note("path", "not tried: " + facts.path_problem, as_root(facts, "ga doctor" + group_option(facts))));
  if (passed > 0)
    out.push_back(good("path", counted(passed, "member") + " answered small and full packets" +
                                   (narrowest ? ", one of them up to " + std::to_string(*narrowest) + " octets" : "")));
  return out;
}

Finding of_firewall(const Facts& facts, const FirewallFact& firewall) {
  switch (firewall.state) {
    case FirewallFact::State::none:
      return note("firewall", "not in use: jobs and guests can reach the physical network");
    case FirewallFact::State::applied: return good("firewall", words_of_applied(firewall));
    case FirewallFact::State::differs:
      return wrong("firewall", "the rules in force are not those of its settings",
                   "a node's port or interface changed, or somebody edited them", "ga-firewall apply");
    case FirewallFact::State::missing:
      return wrong("firewall", "its rules are not in force", "they were removed, or not loaded at boot",
                   "ga-firewall apply");
    case FirewallFact::State::unknown: break;
  }
  return note("firewall", "not looked at: " + firewall.problem, as_root(facts, "ga doctor" + group_option(facts)));
}

Finding of_pool(const Facts& facts, const PoolFact& pool) {
  if (!pool.problem.empty())
    return wrong("pool", pool.problem, "", pool.next.empty() ? "ga-condorcfg check" : pool.next);
  if (!pool.is_running)
    return wrong("pool", "HTCondor is not running on this machine", "its role is " + pool.roles,
                 facts.has_systemd ? "systemctl enable --now ga-condorcfg" : "ga-condorcfg watch &");
  if (pool.manager.empty())
    return wrong("pool", "no manager of the pool is known", "none is announced in the group",
                 "ga-condorcfg show, on the machine that should be the manager");
  return good("pool", pool.roles + "; manager " + pool.manager);
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::good: return "good";
    case Verdict::note: return "note";
    case Verdict::wrong: return "wrong";
  }
  return "wrong";
}

std::string words_of_applied(const FirewallFact& firewall) {
  return firewall.role == "none" ? "applied, for a machine without a role in a pool"
                                 : "applied, for a " + firewall.role;
}

std::string start_command(const Facts& facts) {
  if (facts.has_systemd) return "systemctl enable --now ipop-node@" + facts.group;
  std::string out = "ipop-node --configure --group " + facts.group;
  // One that runs keeps the name that it was given.
  if (facts.status && facts.status->names.size() > 1) out += " --hostname " + facts.status->names[1];
  return out + " &";
}

std::vector<Finding> findings_of(const Facts& facts) {
  std::vector<Finding> out;
  /// False: what was added explains the rest.
  const auto add = [&out](Finding finding) {
    const bool ends = finding.verdict == Verdict::wrong && finding.explains_rest;
    out.push_back(std::move(finding));
    return !ends;
  };
  if (facts.group.empty()) {
    add(explaining(wrong("group", "this machine is in no group", "there is no file in /etc/ipop and no node runs",
                         "ga-group join TOKEN, or ga-group new NAME")));
    return out;
  }
  if (!facts.files.empty() || facts.tun)
    if (!add(of_files(facts))) return out;
  if (facts.clock && !add(of_clock(facts, *facts.clock))) return out;
  if (facts.node && !add(of_node(facts))) return out;
  if (facts.status) {
    for (Finding& finding : of_notices(facts))
      if (!add(std::move(finding))) return out;
  }
  if (facts.has_uplink) {
    if (!*facts.has_uplink) {
      add(explaining(wrong("uplink", "this machine has no network",
                           "no interface but loopback and the group's own has an address", "ip address; ip route")));
      return out;
    }
    add(good("uplink", "there is a network"));
  }
  if (facts.status && facts.status->closed && !add(of_certificate(facts, *facts.status))) return out;
  // Whether a node without links is alone or cut off is not known before.
  if (!facts.status || !facts.bootstrap) return out;
  if (!add(of_bootstrap(facts))) return out;
  if (!add(of_ring(facts))) return out;
  if (facts.status->links > 0) add(of_nat(*facts.status));
  if (facts.is_lease_server_running) add(of_lease_server(facts));
  if (facts.status->prefix && !add(of_address(facts, *facts.status))) return out;
  if (facts.enrolment) add(of_enrolment(facts, *facts.enrolment));
  for (Finding& finding : of_names(facts))
    add(std::move(finding));
  for (Finding& finding : of_paths(facts))
    add(std::move(finding));
  for (Finding& finding : of_authority(facts))
    add(std::move(finding));
  if (facts.firewall) add(of_firewall(facts, *facts.firewall));
  if (facts.pool) add(of_pool(facts, *facts.pool));
  return out;
}

std::optional<std::string> next_step(const Facts& facts, const std::vector<Finding>& findings) {
  for (const Finding& finding : findings)
    if (finding.verdict == Verdict::wrong && !finding.command.empty()) return finding.command;
  for (const AuthorityFact& authority : facts.authorities)
    if (authority.waiting > 0) return "ga-cert list --authority " + authority.name;
  for (const std::string_view topic : {"ring", "node", "certificate"}) {
    for (const Finding& finding : findings)
      if (finding.topic == topic && finding.verdict == Verdict::note && !finding.command.empty())
        return finding.command;
  }
  return std::nullopt;
}

}  // namespace ipop::health
