#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "daemon/daemon.hpp"
#include "groups/group_config.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::ipop_node {

/// One setting of the node: how it is called in a file; its option is `--state-dir` for `state_dir`,
/// its environment variable `IPOP_STATE_DIR`.
enum class Key {
  state_dir,
  socket,
  port,
  tap,
  no_tap,
  configure,
  hostname,
  use_host_name,
  bootstrap,
  first,
  prefix,
  mtu,
  relay_share,
  relay_limit,
  offer_dns,
  dns_servers,
  register_dns,
  lan_discovery,
  exclude,
  no_offload,
  cipher,
  workers,
  log_level,
  count_,
};

enum class Kind { text, number, flag, list };

/// The numbers that a key takes.
struct Numbers {
  std::string_view what{};  ///< for people, behind "needs"
  std::uint16_t example = 0;
  bool (*is_good)(std::uint16_t) = nullptr;
};

struct KeyRow {
  Key key;
  std::string_view name;
  Kind kind;
  Numbers numbers{};
};
/// All settings in the order in which they are shown.
const std::vector<KeyRow>& key_rows();
/// `IPOP_STATE_DIR` for state_dir.
std::string environment_name(std::string_view key);

/// A value as it was written, and by whom.
struct Setting {
  std::vector<std::string> texts{};  ///< one, but for lists
  std::string origin{};              ///< `--port`, `IPOP_PORT`, `/etc/ipop/node/lab.toml:3`, the group file, `default`
  bool from_command_line = false;
};
using SettingMap = std::map<Key, Setting>;

/// The settings of a TOML file. Errors: one line with file, line, what is wrong, what would be right.
Result<SettingMap> parse_settings(std::string_view text, const std::string& file);
/// The settings that environment variables make; lists are separated by spaces or commas. An empty
/// variable sets nothing.
SettingMap settings_from(const std::map<std::string, std::string>& environment);
/// The words of a list in an option or a variable: separated by spaces or commas.
std::vector<std::string> words_of(std::string_view text);
/// Adds what is missing in `settings`; lists of bootstrap nodes are joined.
void add_lower(SettingMap& settings, const SettingMap& lower);

/// The settings of a node, checked.
struct NodeSettings {
  std::string state_dir{};
  std::string socket{};
  std::uint16_t port = 0;
  std::optional<std::string> tap{};
  bool configure = false;
  std::optional<std::string> hostname{};
  std::vector<groups::BootstrapEntry> bootstrap{};
  bool first = false;
  net::Ipv4Prefix prefix{};
  std::uint16_t mtu = 0;
  std::uint16_t relay_share = 75;  ///< percent of the line
  std::uint16_t relay_limit = 0;   ///< Mbit/s; 0: as measured
  bool offer_dns = true;
  std::vector<net::Endpoint> dns_servers{};
  bool register_dns = true;
  bool lan_discovery = true;
  std::vector<std::string> excluded{};  ///< interfaces, a `*` at the end of a name stands for the rest
  daemon::DaemonConfig::Offloads offloads{};
  std::string cipher = "auto";
  unsigned workers = 0;  ///< 1, 2, 4 or 8; 0: daemon::workers_for()
  LogLevel log_level = LogLevel::info;
};

/// A value that can't be used.
struct BadSetting {
  std::string message;             ///< origin, what is wrong, what would be right
  bool from_command_line = false;  ///< used wrongly; else bad configuration
};

/// Puts the group file's values and the defaults under `settings` (so that each has its origin) and
/// makes typed values of all.
std::variant<NodeSettings, BadSetting> complete(SettingMap& settings, const groups::GroupConfig& group,
                                                const std::string& group_file);

/// The settings as a TOML file; with `origin`, a comment behind each says who set it.
std::string to_toml(const SettingMap& settings, bool origin);

}  // namespace ipop::ipop_node
