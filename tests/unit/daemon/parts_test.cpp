#include <algorithm>

#include <doctest/doctest.h>

#include "daemon/bootstrap_names.hpp"
#include "daemon/dns_door.hpp"
#include "daemon/dns_registration.hpp"
#include "daemon/identity.hpp"
#include "daemon/underlay.hpp"
#include "io/file.hpp"
#include "io/system_rng.hpp"
#include "unit/io/temp_dir.hpp"

using namespace ipop;
using namespace ipop::daemon;

namespace {

constexpr Duration parts_limit = 60s;
const net::Ipv4Prefix prefix(net::Ipv4Address(10, 128, 0, 0), 9);

io::InterfaceAddress v4(const char* interface, net::Ipv4Address address, unsigned length) {
  return {interface, interface == std::string("ipop0") ? 7U : 1U, address, length};
}

/// The names of a node, and what came of them.
struct Names {
  io::EventLoop loop;
  std::vector<std::vector<net::Endpoint>> published;
  std::vector<LogLine> log;
  std::unique_ptr<BootstrapNames> names;

  explicit Names(std::vector<BootstrapName> list) {
    BootstrapNames::Handlers handlers;
    handlers.on_endpoints = [this](auto endpoints) { published.push_back(std::move(endpoints)); };
    handlers.on_log = [this](LogLine line) { log.push_back(std::move(line)); };
    auto made = BootstrapNames::open(loop, std::move(list), std::move(handlers));
    REQUIRE(made);
    names = *std::move(made);
  }
};

}  // namespace

TEST_CASE("the interface's MTU follows the widest uplink, for packets that fit it with our heads") {
  CHECK(mtu_for(0) == 1400);
  CHECK(mtu_for(1280) == 1400);
  CHECK(mtu_for(1500) == 1400);
  CHECK(mtu_for(4000) == 3900);
  CHECK(mtu_for(9000) == 8900);
  CHECK(mtu_for(65'536) == 8900);
}

TEST_CASE("the underlay tells of endpoints only when they are others") {
  Underlay underlay({7, prefix, true}, prefix, 4000);
  std::vector<io::InterfaceAddress> addresses{v4("eth0", net::Ipv4Address(192, 168, 1, 2), 24)};
  const auto first = underlay.update(addresses);
  REQUIRE(first.endpoints);
  CHECK(first.endpoints->size() == 1);
  CHECK_FALSE(first.overlap);
  CHECK_FALSE(underlay.update(addresses).endpoints);
  // The node's own lease is no change of the underlay.
  addresses.push_back(v4("ipop0", net::Ipv4Address(10, 128, 0, 7), 9));
  const auto leased = underlay.update(addresses);
  CHECK_FALSE(leased.endpoints);
  CHECK_FALSE(leased.overlap);
  addresses[0] = v4("eth0", net::Ipv4Address(172, 16, 5, 2), 24);
  CHECK(underlay.update(addresses).endpoints);
  addresses.clear();
  const auto none = underlay.update(addresses);
  REQUIRE(none.endpoints);
  CHECK(none.endpoints->empty());
}

TEST_CASE("an overlap that comes later is told once, with the clash and a free prefix") {
  Underlay underlay({7, prefix, true}, prefix, 4000);
  std::vector<io::InterfaceAddress> addresses{v4("eth0", net::Ipv4Address(192, 168, 1, 2), 24)};
  CHECK_FALSE(underlay.update(addresses).overlap);
  addresses.push_back(v4("eth1", net::Ipv4Address(10, 130, 1, 1), 16));
  const auto clash = underlay.update(addresses).overlap;
  REQUIRE(clash);
  CHECK(*clash ==
        "virtual prefix 10.128.0.0/9 overlaps 10.130.0.0/16 of eth1; choose another, such as 100.64.0.0/10, for the "
        "whole group");
  CHECK_FALSE(underlay.update(addresses).overlap);
  addresses.pop_back();
  CHECK_FALSE(underlay.update(addresses).overlap);
  addresses.push_back(v4("eth1", net::Ipv4Address(10, 130, 1, 1), 16));
  CHECK(underlay.update(addresses).overlap);
}

TEST_CASE("bootstrap names become endpoints, in the order of the names and each once") {
  Names names({{"192.0.2.2", 4000}, {"192.0.2.1", 4000}, {"192.0.2.2", 4000}});
  CHECK(names.loop.run_until([&] { return !names.published.empty(); }, parts_limit));
  REQUIRE(names.published.size() == 1);
  REQUIRE(names.published[0].size() == 2);
  CHECK(to_string(names.published[0][0]) == "192.0.2.2:4000");
  CHECK(names.log.empty());
}

TEST_CASE("a name that does not resolve is logged, and the others are used") {
  Names names({{"no..such..name", 4000}, {"192.0.2.1", 4000}});
  CHECK(names.loop.run_until([&] { return !names.published.empty(); }, parts_limit));
  CHECK(names.published[0].size() == 1);
  REQUIRE(names.log.size() == 1);
  CHECK(names.log[0].level == LogLevel::warning);
}

TEST_CASE("names that are read again replace the earlier ones") {
  Names names({{"192.0.2.1", 4000}});
  CHECK(names.loop.run_until([&] { return names.published.size() == 1; }, parts_limit));
  names.names->set_joined(true);
  names.names->set_names({{"192.0.2.9", 4001}});
  const auto is_new = [&] {
    return !names.published.back().empty() && to_string(names.published.back()[0]) == "192.0.2.9:4001";
  };
  CHECK(names.loop.run_until(is_new, parts_limit));
  CHECK(names.published.back().size() == 1);
}

TEST_CASE("names that are set again are told again: a node that changed its group knows none") {
  Names names({{"192.0.2.1", 4000}});
  CHECK(names.loop.run_until([&] { return names.published.size() == 1; }, parts_limit));
  names.names->set_names({{"192.0.2.1", 4000}});
  CHECK(names.loop.run_until([&] { return names.published.size() == 2; }, parts_limit));
  CHECK(names.published[1] == names.published[0]);
  names.names->set_names({});
  CHECK(names.loop.run_until([&] { return names.published.size() == 3; }, parts_limit));
  CHECK(names.published[2].empty());
}

TEST_CASE("the TAP's address is locally administered, for one host, and follows from the node id") {
  std::array<std::byte, NodeId::size> octets{};
  octets.fill(std::byte{0xff});
  const auto mac = mac_of(NodeId(octets));
  CHECK(to_string(mac) == "fe:ff:ff:ff:ff:ff");
  CHECK_FALSE(mac.is_group());
  CHECK(mac_of(NodeId(octets)) == mac);
}

TEST_CASE("an identity has the id of its key") {
  io::SystemRng rng;
  const auto key = crypto::PrivateKey::from_seed(as_bytes("seed"));
  const auto identity = make_identity(key, std::nullopt, rng, "auto");
  REQUIRE(identity);
  CHECK((*identity)->id == *crypto::node_id_of(key.public_key()));
  CHECK((*identity)->handshakes != nullptr);
  CHECK((*identity)->aeads != nullptr);
}

TEST_CASE("a check of the cipher says what an identity with it would say") {
  io::SystemRng rng;
  for (const std::string cipher : {"auto", "openssl", "chacha20-poly1305", "nothing"}) {
    CAPTURE(cipher);
    const auto identity = make_identity(*crypto::PrivateKey::generate(), std::nullopt, rng, cipher);
    const auto checked = check_cipher(cipher);
    CHECK(checked.has_value() == identity.has_value());
    if (!checked && !identity) CHECK(checked.error().message() == identity.error().message());
  }
  CHECK_FALSE(check_cipher("nothing"));
}

TEST_CASE("the block in resolv.conf comes first, stands once, and leaves the text as it was") {
  const net::Ipv4Address server(10, 128, 0, 1);
  const std::string text = "search home.arpa\nnameserver 192.0.2.53\n";
  const std::string with = with_dns_block(text, "ipop0", server);
  CHECK(with ==
        "# ipop-node ipop0: begin; taken out when the node ends\nnameserver 10.128.0.1\n# ipop-node ipop0: end\n" +
            text);
  CHECK(with_dns_block(with, "ipop0", server) == with);
  CHECK(without_dns_block(with, "ipop0") == text);
  CHECK(without_dns_block(with, "sea0") == with);
  // Two groups, each its own; half a block is somebody's edit.
  const std::string both = with_dns_block(with, "sea0", net::Ipv4Address(100, 64, 0, 1));
  CHECK(without_dns_block(without_dns_block(both, "ipop0"), "sea0") == text);
  // Neither writes again because the other one did; behind another program's line it is no longer heard.
  CHECK(with_dns_block(both, "ipop0", server) == both);
  CHECK(with_dns_block(both, "sea0", net::Ipv4Address(100, 64, 0, 1)) == both);
  CHECK(with_dns_block("nameserver 192.0.2.1\n" + both, "ipop0", server).starts_with("# ipop-node ipop0"));
  const std::string half = "# ipop-node ipop0: begin; taken out when the node ends\n" + text;
  CHECK(without_dns_block(half, "ipop0") == half);
}

TEST_CASE("the servers of the machine are those of resolv.conf but the node's own, and the last ones stay") {
  const TempDir dir;
  io::EventLoop loop;
  std::vector<std::vector<net::Endpoint>> told;
  const net::Endpoint first{net::Ipv4Address(192, 0, 2, 53), 53};
  const net::Endpoint second{net::Ipv4Address(192, 0, 2, 54), 53};
  DnsDoor::Handlers handlers;
  handlers.on_servers = [&](auto servers) { told.push_back(std::move(servers)); };
  DnsDoor door(loop, {dir.file("resolv.conf"), dir.file("behind"), dir.file("records")}, prefix, {first}, {}, handlers);
  const auto write = [&](const char* name, const std::string& text) {
    REQUIRE(io::write_file_atomically(dir.file(name), text, 0644));
    door.look({});
  };
  CHECK(door.servers() == std::vector<net::Endpoint>{first});
  // What a DHCP client on the TAP leaves.
  write("resolv.conf", "nameserver 10.128.0.1\n");
  CHECK(told.empty());
  CHECK(door.servers() == std::vector<net::Endpoint>{first});
  write("resolv.conf", "nameserver 10.128.0.1\nnameserver 192.0.2.54\n");
  REQUIRE(told.size() == 1);
  CHECK(told[0] == std::vector<net::Endpoint>{second});
  // The stub of systemd-resolved would ask this node again.
  REQUIRE(io::write_file_atomically(dir.file("behind"), "nameserver 192.0.2.53\nnameserver 10.128.0.1\n", 0644));
  write("resolv.conf", "nameserver 127.0.0.53\n");
  CHECK(door.servers() == std::vector<net::Endpoint>{first});

  // So would a dnsmasq under resolvconf, which asks what stands in the records before those of interfaces: us.
  REQUIRE(io::make_directories(dir.file("records"), 0755));
  write("records/lo.dnsmasq", "nameserver 127.0.0.1\n");
  write("records/lo.ipop-ipop0", "nameserver 10.128.0.1\n");
  write("resolv.conf", "nameserver 127.0.0.1\n");
  CHECK(door.servers() == std::vector<net::Endpoint>{{net::Ipv4Address(127, 0, 0, 1), 53}});
  write("records/eth0.dhclient", "nameserver 192.0.2.54\nnameserver 127.0.0.1\n");
  CHECK(door.servers() == std::vector<net::Endpoint>{second});

  // Another group's node on this machine asks us, if it is asked; also one that was taken for a server before.
  write("resolv.conf", "nameserver 10.64.0.1\nnameserver 192.0.2.53\n");
  REQUIRE(door.servers().size() == 2);
  const std::vector<net::Ipv4Prefix> of_nodes{*net::parse_ipv4_prefix("10.64.0.0/10")};
  door.look(of_nodes);
  CHECK(door.servers() == std::vector<net::Endpoint>{first});
  CHECK(told.back() == door.servers());
  REQUIRE(io::write_file_atomically(dir.file("resolv.conf"), "nameserver 10.64.0.1\n", 0644));
  door.look(of_nodes);
  CHECK(door.servers() == std::vector<net::Endpoint>{second});  // of the records

  DnsDoor chosen(loop, {dir.file("resolv.conf"), dir.file("behind"), dir.file("records")}, prefix, {first}, {second},
                 handlers);
  chosen.look({});
  CHECK(chosen.servers() == std::vector<net::Endpoint>{second});
}
