#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/lan_discovery.hpp"
#include "io/multicast_socket.hpp"

namespace ipop::daemon {

/// LanDiscovery on its socket and its timer.
class LanDoor {
 public:
  /// `on_endpoints` gets what the LAN holds, the newest last, at most 16; `rng` outlives the door.
  /// Errors: errno.
  static Result<std::unique_ptr<LanDoor>> open(io::EventLoop& loop, const io::LanAnnouncement::Tag& tag,
                                               std::uint16_t port, Rng& rng,
                                               std::function<void(std::vector<net::Endpoint>)> on_endpoints);
  LanDoor(const LanDoor&) = delete;
  LanDoor& operator=(const LanDoor&) = delete;
  ~LanDoor() = default;

  void handle_addresses(std::span<const io::InterfaceAddress> addresses, const io::UnderlayRules& rules);
  [[nodiscard]] const Counters& counters() const { return machine_.counters(); }

 private:
  LanDoor(io::EventLoop& loop, io::MulticastSocket socket, io::LanDiscovery machine,
          std::function<void(std::vector<net::Endpoint>)> on_endpoints);
  void read();
  void drain();

  io::MulticastSocket socket_;
  io::LanDiscovery machine_;
  std::function<void(std::vector<net::Endpoint>)> on_endpoints_;
  std::deque<net::Endpoint> heard_;
  io::LoopTimer timer_;
  io::ReadWatch watch_;
};

}  // namespace ipop::daemon
