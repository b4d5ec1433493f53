#pragma once

// The inside of daemon::Daemon, shared by daemon.cpp (doors and the loop), daemon_outputs.cpp (what the node gives
// out), daemon_packets.cpp (the way of packets) and daemon_group.cpp (what a reload changes). Nobody else includes it.

#include <memory>
#include <optional>
#include <vector>

#include "daemon/bootstrap_names.hpp"
#include "daemon/control_door.hpp"
#include "daemon/credentials.hpp"
#include "daemon/daemon.hpp"
#include "daemon/dns_door.hpp"
#include "daemon/dns_listener.hpp"
#include "daemon/dns_registration.hpp"
#include "daemon/errand.hpp"
#include "daemon/hands.hpp"
#include "daemon/identity.hpp"
#include "daemon/lan_door.hpp"
#include "daemon/service_signs.hpp"
#include "daemon/state_directory.hpp"
#include "daemon/tap_address.hpp"
#include "daemon/tap_keeper.hpp"
#include "daemon/underlay.hpp"
#include "dataplane/worker.hpp"
#include "io/log_writer.hpp"
#include "io/netlink.hpp"
#include "io/system_rng.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"
#include "node/node.hpp"

namespace ipop::daemon {

class Daemon::State {
 public:
  explicit State(DaemonConfig config) : config_(std::move(config)), log_(config_.log_level) {}

  Result<void> open();
  Result<void> run();

 private:
  Result<void> check_overlap(const std::vector<io::InterfaceAddress>& addresses) const;
  void make_node(const std::vector<io::InterfaceAddress>& addresses);
  Result<void> open_doors();
  void open_lan_door();
  Result<void> reload();
  Result<void> change_group(DaemonConfig next, Credentials credentials);

  // The rule: one input, all outputs, the deadline.
  template <class F>
  void give(F&& input);
  void check_clocks(TimePoint now);
  void drain(TimePoint now);

  [[nodiscard]] unsigned hands_wanted() const;
  void take_rest(const dataplane::Worker::ForNode& rest);
  void take_traffic(std::span<const dataplane::Worker::Traffic> traffic);
  void count_packets(Counters& all) const;
  [[nodiscard]] std::vector<std::string> offloads_in_use() const;
  void look_at_addresses();
  void look_at_tap();
  void open_dns_door();
  void look_for_dns_servers();
  /// What `ipop-dhcp ask` printed.
  void take_grant(const std::string& output);
  void handle_signal(int number);
  void handle_hints();
  void begin_stop();

  void carry_out(TimePoint now, node::Node::Output& output);
  void carry_out_event(TimePoint now, const node::Event& event);
  void answer(const node::Node::CommandAnswer& answer);
  void save(const node::Node::SaveState& state);
  void show_status();
  void log(const LogLine& line) { log_.write(io::monotonic_now(), line); }
  void log_all(const std::vector<LogLine>& lines);

  // In the order in which they are needed; they go in the reverse.
  DaemonConfig config_;
  io::LogWriter log_;
  io::EventLoop loop_;
  io::SystemRng rng_;
  std::optional<StateDirectory> directory_;
  control::SavedState saved_;
  std::vector<node::GoneRow> history_;
  Credentials credentials_;
  std::unique_ptr<Identity> identity_;
  std::optional<io::UdpPort> port_;
  std::optional<io::TapDevice> tap_;
  std::uint16_t mtu_ = mtu_for(0);
  std::optional<TapAddress> tap_address_;  // with `configure`
  std::optional<TapKeeper> tap_keeper_;
  std::optional<DnsDoor> dns_;
  std::optional<DnsListener> dns_listener_;
  std::optional<DnsRegistration> registration_;  // with `configure`
  std::optional<Underlay> underlay_;
  std::unique_ptr<Hands> hands_;
  std::optional<node::Node> node_;
  std::unique_ptr<ControlDoor> control_;
  std::unique_ptr<BootstrapNames> names_;
  std::unique_ptr<LanDoor> lan_;
  std::unique_ptr<ServiceSigns> signs_;
  std::optional<io::ClockWatch> clocks_;
  std::optional<Errand> renewal_;       // for the next certificate
  std::optional<Errand> lease_errand_;  // to the group's lease server

  std::vector<net::Endpoint> named_;   // resolved bootstrap names
  std::vector<net::Endpoint> nearby_;  // heard on the LAN
  std::optional<TimePoint> stopping_;
  Result<void> ending_;  // why the daemon stops by itself
  std::vector<node::Node::Datagram> batch_;

  std::optional<io::LoopTimer> node_timer_;
  std::optional<io::LoopTimer> clock_timer_;
  std::optional<io::LoopTimer> tap_timer_;
  std::optional<io::LoopTimer> patience_timer_;
  std::vector<io::ReadWatch> watches_;
  std::optional<io::AddressMonitor> addresses_;
};

template <class F>
void Daemon::State::give(F&& input) {
  if (stopping_) return;
  const TimePoint now = io::monotonic_now();
  check_clocks(now);
  input(now);
  drain(now);
  for (const std::string& key : control_->take_ended_watches()) {
    node_->end_watch(now, key);
    drain(now);
  }
}

}  // namespace ipop::daemon
