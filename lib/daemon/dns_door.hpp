#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "io/dns_exchanges.hpp"
#include "io/event_loop.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::daemon {

/// The way from the node to the name servers that this machine has beside the node's own.
///
/// A DHCP client on the TAP replaces them in resolv.conf by the node's server, and another client's renewal brings
/// them back: those that were seen last are kept. Other nodes of this machine are none of them: they ask what the
/// machine has, as this one does, and so each other.
class DnsDoor {
 public:
  struct Files {
    std::string resolv_conf = "/etc/resolv.conf";
    /// What systemd-resolved asks; read where resolv.conf names only its stub, which would ask us again.
    std::string behind_stub = "/run/systemd/resolve/resolv.conf";
    /// resolvconf's records, a file for each interface; read where resolv.conf names only servers of this machine:
    /// those are records of `lo`, and ask the others or us.
    std::string records = "/run/resolvconf/interface";
  };
  struct Handlers {
    std::function<void(std::vector<net::Endpoint>)> on_servers;  ///< they are others than before
    io::DnsExchanges::Handlers exchanges;
  };

  /// `known`: of the last time. `chosen`: what the settings name, in place of all others; empty: none.
  DnsDoor(io::EventLoop& loop, Files files, const net::Ipv4Prefix& virtual_network, std::vector<net::Endpoint> known,
          std::vector<net::Endpoint> chosen, Handlers handlers);

  /// Reads the files; a DHCP client tells nobody that it wrote one. `of_nodes`: networks of the TAPs of all nodes of
  /// this machine.
  void look(std::span<const net::Ipv4Prefix> of_nodes);
  [[nodiscard]] const std::vector<net::Endpoint>& servers() const { return servers_; }
  [[nodiscard]] io::DnsExchanges& exchanges() { return exchanges_; }

 private:
  [[nodiscard]] bool is_node(const net::Endpoint& server) const;
  [[nodiscard]] std::vector<net::Endpoint> read(const std::string& file) const;
  [[nodiscard]] std::vector<net::Endpoint> read_records() const;

  Files files_;
  net::Ipv4Prefix virtual_network_;
  std::vector<net::Ipv4Prefix> of_nodes_;
  bool are_chosen_;
  std::vector<net::Endpoint> servers_;
  std::function<void(std::vector<net::Endpoint>)> on_servers_;
  io::DnsExchanges exchanges_;
};

}  // namespace ipop::daemon
