#include "check_start.hpp"

#include "base/group_files.hpp"
#include "crypto/private_key.hpp"
#include "daemon/daemon.hpp"
#include "daemon/underlay.hpp"
#include "io/control_socket.hpp"
#include "io/directory_lock.hpp"
#include "io/file.hpp"
#include "io/netlink.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"
#include "io/unix_address.hpp"

namespace ipop::ipop_node {
namespace {

constexpr std::size_t largest_key = 16'384;

Result<void> check_key(const std::string& state_directory) {
  const std::string file = NodeFiles(state_directory).key();
  const auto pem = io::read_secret_file(file, largest_key);
  // A node makes its key when it first starts; a folder that can't be looked into is no empty one.
  if (!pem && pem.error().code == std::errc::no_such_file_or_directory) return {};
  if (!pem) return pem.error();
  auto key = crypto::PrivateKey::from_pem(*pem);
  if (!key) return std::move(key).error().in(file + ": damaged (restore it, or move it away to start as a new node)");
  return {};
}

void check_state(const std::string& directory, std::vector<std::string>& warnings) {
  if (!io::exists(directory)) return;
  const std::string probe = directory + "/.config-check";
  auto written = io::write_file_atomically(probe, "ipop-node config check\n", 0600);
  if (written) written = io::remove_file(probe);
  if (!written)
    warnings.push_back("the state cannot be stored: " + written.error().message() +
                       "; key, address and peers will be lost at the next start");
}

Result<void> check_port(std::uint16_t port) {
  if (port == 0) return {};
  const auto opened = io::UdpPort::open(port);
  if (opened) return {};
  if (opened.error().code != std::errc::address_in_use) return opened.error();
  return make_error(opened.error().code, "UDP port " + std::to_string(port) +
                                             " is in use by another program; choose another with --port, or 0 for any");
}

Result<void> check_network(const NodeSettings& settings) {
  if (!settings.tap) return {};
  const auto addresses = io::list_addresses();
  if (!addresses) return addresses.error();
  const auto clash = io::find_overlap(*addresses, settings.prefix, *settings.tap);
  if (!clash) return {};
  return make_error(make_error_code(Errc::conflict), daemon::describe_overlap(settings.prefix, *clash, *addresses));
}

/// Two nodes with one key would shut each other out.
Result<void> check_owner(const std::string& state_directory) {
  if (!io::exists(state_directory)) return {};
  const auto lock = io::DirectoryLock::take(state_directory);
  const bool is_taken = !lock && lock.error().code == std::errc::device_or_resource_busy;
  return is_taken ? Result<void>(lock.error()) : Result<void>();
}

}  // namespace

Result<void> check_start(const NodeSettings& settings, std::vector<std::string>& warnings) {
  if (auto room = daemon::check_open_files(settings.workers); !room) return room;
  if (auto key = check_key(settings.state_dir); !key) return key;
  check_state(settings.state_dir, warnings);
  const auto address = io::unix_address(settings.socket);
  if (!address) return address.error();
  if (settings.tap) {
    if (auto name = io::check_tap_name(*settings.tap); !name) return name;
  }
  // The port of a node that runs is taken by itself, and so is its network.
  if (io::LineClient::connect(settings.socket)) return {};
  if (auto alone = check_owner(settings.state_dir); !alone) return alone;
  if (auto free = check_network(settings); !free) return free;
  return check_port(settings.port);
}

}  // namespace ipop::ipop_node
