#include "check_start.hpp"

#include "crypto/private_key.hpp"
#include "daemon/credentials.hpp"
#include "daemon/daemon.hpp"
#include "daemon/identity.hpp"
#include "daemon/state_directory.hpp"
#include "daemon/underlay.hpp"
#include "io/control_socket.hpp"
#include "io/directory_lock.hpp"
#include "io/file.hpp"
#include "io/netlink.hpp"
#include "io/system_clock.hpp"
#include "io/tap_device.hpp"
#include "io/udp_port.hpp"

namespace ipop::ipop_node {
namespace {

/// The group's authority, and this machine's certificate in a closed group.
Result<void> check_credentials(const std::string& state_directory, const std::string& authority) {
  auto directory = daemon::StateDirectory::look(state_directory);
  auto found = directory.find_key();
  if (!found) return std::move(found).error();
  // A node makes its key when it first starts.
  auto key = *found ? Result<crypto::PrivateKey>(**std::move(found)) : crypto::PrivateKey::generate();
  if (!key) return std::move(key).error();
  const auto credentials = daemon::load_credentials(directory, authority, *key, io::read_clocks().wall);
  return credentials ? Result<void>() : Result<void>(credentials.error());
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

Result<void> check_tap(const NodeSettings& settings, bool node_runs) {
  if (!settings.tap) return {};
  io::TapDevice::Options options{*settings.tap};
  options.mtu = settings.mtu != 0 ? settings.mtu : daemon::mtu_for(0);  // of one that is there already
  auto checked = io::TapDevice::check(options);
  const bool is_held = !checked && checked.error().code == std::errc::device_or_resource_busy;
  return is_held && node_runs ? Result<void>() : checked;
}

/// Two nodes with one key would shut each other out.
Result<void> check_owner(const std::string& state_directory) {
  if (!io::exists(state_directory)) return {};
  const auto lock = io::DirectoryLock::take(state_directory);
  const bool is_taken = !lock && lock.error().code == std::errc::device_or_resource_busy;
  return is_taken ? Result<void>(lock.error()) : Result<void>();
}

}  // namespace

Result<void> check_start(const NodeSettings& settings, const std::string& authority,
                         std::vector<std::string>& warnings) {
  if (auto room = daemon::check_open_files(settings.workers); !room) return room;
  // What a node that runs holds itself is not free: its directory, port, interface and socket.
  const bool runs = io::LineClient::connect(settings.socket).has_value();
  if (auto alone = runs ? Result<void>() : check_owner(settings.state_dir); !alone) return alone;
  check_state(settings.state_dir, warnings);
  if (auto member = check_credentials(settings.state_dir, authority); !member) return member;
  if (auto cipher = daemon::check_cipher(settings.cipher); !cipher) return cipher;
  if (auto free = runs ? Result<void>() : check_network(settings); !free) return free;
  if (auto free = runs ? Result<void>() : check_port(settings.port); !free) return free;
  if (auto tap = check_tap(settings, runs); !tap) return tap;
  return runs ? Result<void>() : io::ControlSocket::check(settings.socket);
}

}  // namespace ipop::ipop_node
