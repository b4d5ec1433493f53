#include "daemon/lan_door.hpp"

#include "base/machine.hpp"
#include "io/system_clock.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_heard = 16;

}  // namespace

Result<std::unique_ptr<LanDoor>> LanDoor::open(io::EventLoop& loop, const io::LanAnnouncement::Tag& tag,
                                               std::uint16_t port, Rng& rng,
                                               std::function<void(std::vector<net::Endpoint>)> on_endpoints) {
  auto socket = io::MulticastSocket::open();
  if (!socket) return std::move(socket).error();
  std::unique_ptr<LanDoor> out(
      new LanDoor(loop, *std::move(socket), io::LanDiscovery(tag, port, rng), std::move(on_endpoints)));
  return out;
}

LanDoor::LanDoor(io::EventLoop& loop, io::MulticastSocket socket, io::LanDiscovery machine,
                 std::function<void(std::vector<net::Endpoint>)> on_endpoints)
    : socket_(std::move(socket)),
      machine_(std::move(machine)),
      on_endpoints_(std::move(on_endpoints)),
      timer_(loop,
             [this] {
               machine_.handle_timeout(io::monotonic_now());
               drain();
             }),
      watch_(loop, socket_.fd(), [this] { read(); }) {}

void LanDoor::handle_addresses(std::span<const io::InterfaceAddress> addresses, const io::UnderlayRules& rules) {
  socket_.set_interfaces(addresses, rules);
  machine_.handle_address_change(io::monotonic_now());
  drain();
}

void LanDoor::read() {
  for (const auto& datagram : socket_.receive()) {
    machine_.handle_datagram(io::monotonic_now(), datagram.from, datagram.octets);
    drain();
  }
}

void LanDoor::drain() {
  while (const auto output = machine_.poll_output()) {
    std::visit(Overloaded{
                   [&](const io::LanDiscovery::Announce& announce) { socket_.send(announce.octets); },
                   [&](const io::LanDiscovery::Heard& heard) {
                     std::erase(heard_, heard.endpoint);
                     if (heard_.size() >= max_heard) heard_.pop_front();
                     heard_.push_back(heard.endpoint);
                     on_endpoints_({heard_.begin(), heard_.end()});
                   },
               },
               *output);
  }
  if (const auto next = machine_.poll_timeout()) timer_.arm(*next);
}

}  // namespace ipop::daemon
