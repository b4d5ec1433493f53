#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "follow/node_follower.hpp"
#include "io/dns_exchanges.hpp"
#include "io/dns_server.hpp"
#include "io/event_loop.hpp"
#include "io/log_writer.hpp"
#include "io/system_rng.hpp"
#include "options.hpp"
#include "router/dns_relay.hpp"

namespace ipop::ipop_dns {

/// The server of `serve`: the relay machine with its doors to clients, the node and other servers.
class NameServer {
 public:
  /// Takes queries from run() on. Errors: those of DnsServer::listen; of reading resolv.conf.
  static Result<std::unique_ptr<NameServer>> open(const Serve& how, const std::string& socket, router::DnsZone zone);

  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// Ends with SIGINT or SIGTERM. Errors: waiting for signals.
  Result<void> run();

 private:
  NameServer(const Serve& how, const std::string& socket, router::DnsZone zone);
  void take_status(const node::StatusAnswer& status);
  void ask_node(std::uint64_t number, const Bytes& query);
  Result<void> read_servers();
  void look_at_servers();
  void drain();
  void carry_out(router::DnsRelay::Output& output);
  void log(LogLevel level, std::string text, std::vector<std::pair<std::string, std::string>> fields = {});

  Serve how_;
  router::DnsZone zone_;
  io::EventLoop loop_;
  io::LogWriter log_{LogLevel::info};
  io::SystemRng rng_;
  router::DnsRelay relay_;
  std::unique_ptr<io::DnsServer> server_;
  io::DnsExchanges exchanges_;
  bool is_told_ = false;  // of this connection to the node
  follow::NodeFollower node_;
  io::LoopTimer timer_;
  io::LoopTimer look_;
  std::vector<net::Endpoint> servers_;
};

}  // namespace ipop::ipop_dns
