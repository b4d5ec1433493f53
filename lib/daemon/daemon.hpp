#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "daemon/bootstrap_names.hpp"
#include "io/event_loop.hpp"
#include "io/system_clock.hpp"
#include "net/ipv4_prefix.hpp"
#include "router/lease_server.hpp"

namespace ipop::daemon {

/// What a running node needs to know; checked and complete.
struct DaemonConfig {
  std::string name_space{};
  std::string authority{};  ///< PEM; empty: an open group
  net::Ipv4Prefix prefix{};
  std::string domain = "ipop";
  std::optional<std::string> host_name{};
  std::vector<BootstrapName> bootstrap{};
  bool first = false;  ///< node::NodeConfig
  std::string state_directory{};
  std::string control_path{};
  std::uint16_t port = 0;            ///< 0: the one of the last time, any free one at first
  std::optional<std::string> tap{};  ///< none: a SimpleNode
  std::uint16_t mtu = 0;             ///< of the TAP; 0: mtu_for() of the widest uplink
  unsigned relay_share = 75;         ///< overlay::Overlay::Config, as the next
  std::uint64_t relay_limit = 0;
  bool configure = false;                    ///< put the leased address on the TAP, as a DHCP client would
  bool offer_dns = true;                     ///< DHCP names the node's own name server
  std::vector<net::Endpoint> dns_servers{};  ///< for names of others; empty: those of resolv.conf
  bool register_dns = true;                  ///< with `configure`: the machine's resolver is told of the group's names
  bool lan_discovery = true;
  /// What is asked of the kernel, each as far as it is there; for tests and where one of them is broken.
  struct Offloads {
    bool tap = true;
    bool udp_send = true;
    bool udp_receive = true;
    bool uring = true;
  };
  Offloads offloads{};
  std::string cipher = "auto";          ///< make_identity
  unsigned workers = 0;                 ///< 1, 2, 4 or 8 that pass packets at the same time; 0: workers_for()
  std::vector<std::string> excluded{};  ///< interfaces that are no underlay; io::UnderlayRules
  LogLevel log_level = LogLevel::info;
  std::string version{};
  /// Asks the authority for this node's next certificate, writes it, and has the node reload; empty: nobody does.
  std::vector<std::string> renew_command{};
  std::optional<router::LeaseServer> lease_server{};  ///< gives out the addresses; none: the ring does
  /// Carries a request to the lease server, which is added to it in base64, and prints the grant.
  std::vector<std::string> lease_command{};
  /// Where the time is taken from; tests let it jump.
  std::function<io::ClockWatch::Reading()> read_clocks = io::read_clocks;
  /// Reads the configuration again (SIGHUP, a client's reload).
  std::function<Result<DaemonConfig>()> read_again{};
};

/// How many workers a machine with so many processors has use for: one for two of them, four at the most, since others
/// make what is passed, or run jobs.
unsigned workers_for(unsigned processors);
/// Whether this process may have open what a node with so many workers (0: workers_for()) does. Half a node, without
/// its control socket or its name server, would be worse than none. Error: too_many_files_open.
Result<void> check_open_files(unsigned workers);

/// A node on this machine: opens what it needs of the kernel, then turns events into inputs of
/// node::Node and carries out what comes out.
///
/// One input, then all outputs, then the deadline: docs/machine.md.
class Daemon {
 public:
  /// Opens everything or nothing: on an error no socket file, port or interface is left behind.
  /// Errors: a code of Errc when the configuration or the state is at fault (the prefix overlaps a
  /// physical network: conflict; damaged or open key file: malformed, not_authorized);
  /// std::errc::operation_not_permitted and permission_denied for missing rights; address_in_use and
  /// others of errno. The context says what to do.
  static Result<std::unique_ptr<Daemon>> open(DaemonConfig config);

  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  /// Runs until SIGTERM, SIGINT or a client's stop. SIGHUP and a client's reload read the configuration
  /// again: new bootstrap names are taken over; another group, or another certificate, makes the node
  /// leave its ring and join the new one, with the same interface, port, socket and key. When the certificate is due
  /// for renewal, it runs the command that asks for the next one.
  ///
  /// Errors: std::errc::no_such_device when the interface was deleted under it.
  Result<void> run();

 private:
  class State;
  explicit Daemon(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace ipop::daemon
