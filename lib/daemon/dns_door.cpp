#include "daemon/dns_door.hpp"

#include <algorithm>
#include <utility>

#include "io/file.hpp"
#include "net/resolv_conf.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_resolv_conf = 65'536;

/// systemd-resolved's own addresses (systemd-resolved.service(8)).
bool is_stub(const net::Endpoint& server) {
  const auto v4 = server.ipv4();
  return v4 == net::Ipv4Address(127, 0, 0, 53) || v4 == net::Ipv4Address(127, 0, 0, 54);
}

}  // namespace

DnsDoor::DnsDoor(io::EventLoop& loop, Files files, const net::Ipv4Prefix& virtual_network,
                 std::vector<net::Endpoint> known, std::vector<net::Endpoint> chosen, Handlers handlers)
    : files_(std::move(files)),
      virtual_network_(virtual_network),
      are_chosen_(!chosen.empty()),
      servers_(are_chosen_ ? std::move(chosen) : std::move(known)),
      on_servers_(std::move(handlers.on_servers)),
      exchanges_(loop, std::move(handlers.exchanges)) {}

void DnsDoor::look() {
  if (are_chosen_) return;
  auto found = read(files_.resolv_conf);
  if (std::ranges::any_of(found, is_stub)) found = read(files_.behind_stub);
  if (found.empty() || found == servers_) return;
  servers_ = std::move(found);
  on_servers_(servers_);
}

std::vector<net::Endpoint> DnsDoor::read(const std::string& file) const {
  const auto text = io::read_file(file, max_resolv_conf);
  auto out = text ? net::parse_resolv_conf(*text) : std::vector<net::Endpoint>();
  std::erase_if(out, [this](const net::Endpoint& server) {
    const auto v4 = server.ipv4();
    return v4 && virtual_network_.contains(*v4);
  });
  return out;
}

}  // namespace ipop::daemon
