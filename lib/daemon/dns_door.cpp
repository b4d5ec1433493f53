#include "daemon/dns_door.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "io/file.hpp"
#include "net/resolv_conf.hpp"

namespace ipop::daemon {

namespace {

constexpr std::size_t max_resolv_conf = 65'536;
constexpr std::size_t max_records = 64;

/// systemd-resolved's own addresses (systemd-resolved.service(8)).
bool is_stub(const net::Endpoint& server) {
  const auto v4 = server.ipv4();
  return v4 == net::Ipv4Address(127, 0, 0, 53) || v4 == net::Ipv4Address(127, 0, 0, 54);
}

bool is_of_this_machine(const net::Endpoint& server) {
  return std::visit([](const auto& address) { return address.is_loopback(); }, server.address);
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

void DnsDoor::look(std::span<const net::Ipv4Prefix> of_nodes) {
  if (are_chosen_) return;
  of_nodes_.assign(of_nodes.begin(), of_nodes.end());
  const bool knew_nodes = std::erase_if(servers_, [this](const auto& server) { return is_node(server); }) != 0;
  auto found = read(files_.resolv_conf);
  if (std::ranges::any_of(found, is_stub)) {
    found = read(files_.behind_stub);
  } else if (std::ranges::all_of(found, is_of_this_machine)) {
    if (auto others = read_records(); !others.empty()) found = std::move(others);
  }
  if (found.empty()) found = servers_;
  if (found == servers_ && !knew_nodes) return;
  servers_ = std::move(found);
  on_servers_(servers_);
}

bool DnsDoor::is_node(const net::Endpoint& server) const {
  const auto v4 = server.ipv4();
  return v4 && (virtual_network_.contains(*v4) ||
                std::ranges::any_of(of_nodes_, [&](const auto& network) { return network.contains(*v4); }));
}

std::vector<net::Endpoint> DnsDoor::read(const std::string& file) const {
  const auto text = io::read_file(file, max_resolv_conf);
  auto out = text ? net::parse_resolv_conf(*text) : std::vector<net::Endpoint>();
  std::erase_if(out, [this](const net::Endpoint& server) { return is_node(server); });
  return out;
}

std::vector<net::Endpoint> DnsDoor::read_records() const {
  std::vector<std::string> records;
  std::error_code error;
  for (std::filesystem::directory_iterator it(files_.records, error), end;
       !error && it != end && records.size() < max_records; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name != "lo" && !name.starts_with("lo.")) records.push_back(it->path().string());
  }
  std::ranges::sort(records);
  std::vector<net::Endpoint> out;
  for (const std::string& record : records) {
    for (const net::Endpoint& server : read(record)) {
      if (!is_of_this_machine(server) && std::ranges::find(out, server) == out.end()) out.push_back(server);
    }
  }
  return out;
}

}  // namespace ipop::daemon
