#include "firewall/firewall_plan.hpp"

#include <algorithm>

namespace ipop::firewall {
namespace {

// HTCondor: every daemon of a machine is reached on its shared port.
constexpr Service condor{Transport::tcp, 9618, 9618};
// ga-pingtest: where `serve` gives out the log of pings, for the loss table of the pool.
constexpr Service ping_logs{Transport::tcp, 7781, 7781};
// io/multicast_socket.hpp: where members on one LAN announce themselves.
constexpr std::string_view lan_group = "239.255.77.80";
constexpr std::string_view lan_port = "7780";
// What tells a sender that a packet was too large or can't arrive (RFC 1191, RFC 4890 4.3.1).
constexpr std::string_view icmp_errors = "icmp type { destination-unreachable, time-exceeded, parameter-problem }";
constexpr std::string_view icmp6_errors =
    "icmpv6 type { destination-unreachable, packet-too-big, time-exceeded, parameter-problem }";
// A program that may not is told at once; the network is told nothing.
constexpr std::string_view refuse = "counter reject with icmpx admin-prohibited";
constexpr std::string_view drop = "counter drop";
constexpr std::string_view replies = "ct state established ct direction reply accept";

/// Ports in order, with ranges that meet or overlap made one, as the kernel shows them.
template <class Range>
std::vector<Range> merged(std::vector<Range> ranges) {
  std::ranges::sort(ranges);
  std::vector<Range> out;
  for (const Range& range : ranges) {
    if (!out.empty() && range.first <= std::uint64_t{out.back().last} + 1)
      out.back().last = std::max(out.back().last, range.last);
    else
      out.push_back(range);
  }
  return out;
}

/// `a`, or `{ a, b }`.
std::string set_of(const std::vector<std::string>& elements) {
  if (elements.size() == 1) return elements.front();
  std::string out = "{ ";
  for (const std::string& element : elements)
    out += (out.size() > 2 ? ", " : "") + element;
  return out + " }";
}

template <class Range>
std::string set_of_ranges(const std::vector<Range>& ranges) {
  std::vector<std::string> elements;
  for (const Range& range : merged(ranges)) {
    const std::string first = std::to_string(range.first);
    elements.push_back(range.first == range.last ? first : first + "-" + std::to_string(range.last));
  }
  return set_of(elements);
}

std::vector<Service> of(Transport transport, const std::vector<Service>& services) {
  std::vector<Service> out;
  for (const Service& service : services)
    if (service.transport == transport) out.push_back(service);
  return out;
}

std::string set_of_ports(const std::vector<std::uint16_t>& ports) {
  std::vector<Service> services;
  for (const std::uint16_t port : ports)
    services.push_back({Transport::udp, port, port});
  return set_of_ranges(services);
}

std::string nft_text(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

class Chains {
 public:
  explicit Chains(const FirewallPlan& plan) : plan_(plan) {
    std::vector<InterfaceName> interfaces = plan.virtual_interfaces;
    std::ranges::sort(interfaces);
    interfaces.erase(std::unique(interfaces.begin(), interfaces.end()), interfaces.end());
    for (const InterfaceName& interface : interfaces)
      interfaces_.push_back(nft_text(interface.text()));
    std::vector<net::Ipv4Prefix> networks = plan.virtual_networks;
    std::ranges::sort(networks);
    // One that lies in another would make the set's intervals overlap.
    for (const net::Ipv4Prefix& network : networks) {
      if (!widest_.empty() && widest_.back().overlaps(network)) continue;
      widest_.push_back(network);
      networks_.push_back(to_string(network));
    }
  }

  std::string text() {
    out_ = "table inet " + std::string(firewall_table) + " {\n";
    input();
    forward();
    output();
    if (!interfaces_.empty()) from_virtual();
    from_physical();
    to_physical();
    if (!plan_.job_uids.empty()) from_jobs();
    // Chains are parted by an empty line; the last one is followed by none.
    out_.pop_back();
    return out_ + "}\n";
  }

 private:
  void begin(std::string_view chain) { out_ += "\tchain " + std::string(chain) + " {\n"; }
  void begin_hook(std::string_view hook) {
    begin(hook);
    rule("type filter hook " + std::string(hook) + " priority filter; policy drop;");
  }
  void rule(std::string_view text) { out_ += "\t\t" + std::string(text) + "\n"; }
  void end() { out_ += "\t}\n\n"; }

  void input() {
    begin_hook("input");
    rule("iifname \"lo\" accept");
    if (!interfaces_.empty()) rule("iifname " + set_of(interfaces_) + " goto from_virtual");
    rule("goto from_physical");
    end();
  }

  // Nothing passes between the virtual and the physical network, nor from one group to another. Frames
  // from port to port of a bridge around a TAP come by here where bridges are filtered.
  void forward() {
    begin_hook("forward");
    for (const std::string& interface : interfaces_)
      rule("iifname " + interface + " oifname " + interface + " accept");
    rule(drop);
    end();
  }

  void output() {
    begin_hook("output");
    if (!plan_.job_uids.empty()) rule("meta skuid " + set_of_ranges(plan_.job_uids) + " goto from_jobs");
    rule("oifname \"lo\" accept");
    if (!interfaces_.empty()) rule("oifname " + set_of(interfaces_) + " accept");
    rule("goto to_physical");
    end();
  }

  void accept_ports(const std::vector<Service>& services, std::string_view side, std::string_view more = "") {
    for (const Transport transport : {Transport::tcp, Transport::udp}) {
      const auto wanted = of(transport, services);
      if (wanted.empty()) continue;
      const std::string name = transport == Transport::tcp ? "tcp" : "udp";
      rule(name + " " + std::string(side) + " " + set_of_ranges(wanted) + " " + std::string(more) + "accept");
    }
  }

  void from_virtual() {
    begin("from_virtual");
    rule("ct state established,related accept");
    rule("icmp type echo-request accept");
    rule("icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept");
    rule("udp sport 67 udp dport 68 accept");
    std::vector<Service> services = plan_.allow;
    if (plan_.role != PoolRole::none) services.insert(services.end(), {condor, ping_logs});
    if (plan_.ssh_port) services.push_back({Transport::tcp, *plan_.ssh_port, *plan_.ssh_port});
    accept_ports(services, "dport");
    rule(drop);
    end();
  }

  // `related` alone is ICMP about a connection of ours; of what is established, only answers to what
  // went out by to_physical pass, so a connection from before the rules ends with them.
  void accept_control_messages(bool inward) {
    rule("ct state related " + std::string(icmp_errors) + " accept");
    rule("ct state related " + std::string(icmp6_errors) + " accept");
    rule(inward ? "icmpv6 type { mld-listener-query, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept"
                : "icmpv6 type { mld-listener-report, nd-router-solicit, nd-neighbor-solicit, nd-neighbor-advert, "
                  "mld2-listener-report } accept");
    if (!plan_.needs.lan) return;
    rule("ip protocol igmp accept");
    rule("ip daddr " + std::string(lan_group) + " udp dport " + std::string(lan_port) + " accept");
  }

  void from_physical() {
    begin("from_physical");
    if (!networks_.empty()) {
      rule("ip saddr " + set_of(networks_) + " " + std::string(drop));
      rule("ip daddr " + set_of(networks_) + " " + std::string(drop));
    }
    if (!plan_.overlay_ports.empty()) rule("udp dport " + set_of_ports(plan_.overlay_ports) + " accept");
    rule(replies);
    accept_control_messages(true);
    if (plan_.needs.dhcp) {
      rule("udp sport 67 udp dport 68 accept");
      rule("udp sport 547 udp dport 546 accept");
    }
    accept_ports(plan_.allow_physical, "dport");
    rule(drop);
    end();
  }

  void to_physical() {
    begin("to_physical");
    if (!networks_.empty()) rule("ip daddr " + set_of(networks_) + " " + std::string(refuse));
    if (!plan_.overlay_ports.empty()) rule("udp sport " + set_of_ports(plan_.overlay_ports) + " accept");
    accept_ports(plan_.allow_physical, "sport", "ct state established ct direction reply ");
    accept_control_messages(false);
    if (plan_.needs.dhcp) {
      rule("udp sport 68 udp dport 67 accept");
      rule("udp sport 546 udp dport 547 accept");
    }
    std::vector<Service> services = plan_.reach;
    if (plan_.needs.dns) {
      services.push_back({Transport::tcp, 53, 53});
      services.push_back({Transport::udp, 53, 53});
    }
    if (plan_.needs.ntp) services.push_back({Transport::udp, 123, 123});
    accept_ports(services, "dport");
    rule(refuse);
    end();
  }

  // A resolver on loopback asks the whole world for its clients, the node hears its overlay port on
  // loopback as well, and to its DHCP server a job could give the machine's lease back.
  void from_jobs() {
    begin("from_jobs");
    std::vector<std::uint16_t> closed = plan_.overlay_ports;
    closed.push_back(53);
    rule("oifname \"lo\" udp dport " + set_of_ports(closed) + " " + std::string(refuse));
    rule("oifname \"lo\" tcp dport 53 " + std::string(refuse));
    rule("udp dport 67 " + std::string(refuse));
    if (!networks_.empty() && !interfaces_.empty()) {
      std::vector<std::string> ways = interfaces_;
      // Packets to an address of the machine itself take the loopback interface.
      ways.insert(ways.begin(), "\"lo\"");
      rule("oifname " + set_of(ways) + " ip daddr " + set_of(networks_) + " accept");
    }
    rule("oifname \"lo\" ip daddr 127.0.0.0/8 accept");
    rule("oifname \"lo\" ip6 daddr ::1 accept");
    rule(refuse);
    end();
  }

  const FirewallPlan& plan_;
  std::vector<std::string> interfaces_;
  std::vector<net::Ipv4Prefix> widest_;
  std::vector<std::string> networks_;
  std::string out_;
};

bool holds(const std::vector<Service>& services, std::uint16_t port) {
  return std::ranges::any_of(services, [&](const Service& service) {
    return service.transport == Transport::tcp && service.first <= port && port <= service.last;
  });
}

}  // namespace

std::string to_nftables(const FirewallPlan& plan) {
  return Chains(plan).text();
}

std::string removing_transaction() {
  // Declaring what may be there already is no error, deleting what is not there would be one.
  const std::string table = "table inet " + std::string(firewall_table) + "\n";
  return table + "delete " + table;
}

std::string replacing_transaction(std::string_view table) {
  return removing_transaction() + std::string(table);
}

bool cuts_connection(const FirewallPlan& plan, const net::Endpoint& local) {
  const auto v4 = local.ipv4();
  const bool is_loopback = v4 ? v4->is_loopback() : std::get<net::Ipv6Address>(local.address).is_loopback();
  if (is_loopback) return false;
  const bool is_virtual =
      v4 && !plan.virtual_interfaces.empty() &&
      std::ranges::any_of(plan.virtual_networks, [&](const auto& net) { return net.contains(*v4); });
  if (!is_virtual) return !holds(plan.allow_physical, local.port);
  if (plan.ssh_port == local.port || (plan.role != PoolRole::none && local.port == condor.first)) return false;
  return !holds(plan.allow, local.port);
}

}  // namespace ipop::firewall
