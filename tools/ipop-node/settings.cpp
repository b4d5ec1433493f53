#include "settings.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "base/group_files.hpp"
#include "base/nearest_name.hpp"
#include "crypto/lane.hpp"
#include "io/host_name.hpp"
#include "io/tap_device.hpp"

namespace ipop::ipop_node {

namespace {

constexpr std::string_view default_tap = "ipop0";
constexpr std::uint16_t smallest_mtu = 576;  // what every IPv4 host has to take (RFC 791, 3.1)
constexpr std::uint16_t largest_mtu = 9000;
constexpr std::array<std::string_view, 4> offload_names{"tap", "udp-send", "udp-receive", "io-uring"};
constexpr std::array<std::string_view, 4> level_names{"error", "warning", "info", "debug"};

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

const KeyRow& row_of(Key key) {
  return *std::ranges::find(key_rows(), key, &KeyRow::key);
}

/// Reads one setting after the other; the first bad one is kept.
class Reader {
 public:
  explicit Reader(const SettingMap& settings) : settings_(settings) {}

  [[nodiscard]] std::string text(Key key) const {
    const auto it = settings_.find(key);
    return it == settings_.end() || it->second.texts.empty() ? std::string() : it->second.texts.front();
  }

  bool flag(Key key) {
    const std::string value = text(key);
    if (value != "true" && value != "false") fail(key, "needs true or false");
    return value == "true";
  }

  std::uint16_t number(Key key) {
    const std::string value = text(key);
    const Numbers& numbers = row_of(key).numbers;
    std::uint16_t out = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
    if (error != std::errc() || end != value.data() + value.size() || !numbers.is_good(out))
      fail(key, "needs " + std::string(numbers.what));
    return out;
  }

  /// `between` the name of a key and `what`.
  void fail(Key key, const std::string& what, std::string_view between = " ") {
    if (bad_) return;
    const Setting& setting = settings_.at(key);
    std::string text = setting.origin + ": ";
    // An option and a variable name the setting already.
    if (!setting.from_command_line && setting.origin != environment_name(row_of(key).name))
      text.append("the key \"").append(row_of(key).name).append("\"").append(between);
    bad_ = BadSetting{text + what, setting.from_command_line};
  }
  /// One of a list's values: `what` it is not.
  void fail_value(Key key, const std::string& value, const std::string& what) {
    fail(key, in_quotes(value) + " is not " + what, ": ");
  }

  [[nodiscard]] const std::optional<BadSetting>& bad() const { return bad_; }

 private:
  const SettingMap& settings_;
  std::optional<BadSetting> bad_;
};

std::vector<groups::BootstrapEntry> read_bootstrap(Reader& reader, const SettingMap& settings) {
  std::vector<groups::BootstrapEntry> out;
  for (const std::string& text : settings.at(Key::bootstrap).texts) {
    auto entry = groups::parse_bootstrap_entry(text);
    if (!entry) {
      reader.fail(Key::bootstrap, entry.error().message(), ": ");
    } else if (std::ranges::find(out, *entry) == out.end()) {
      out.push_back(*std::move(entry));
    }
  }
  return out;
}

std::vector<net::Endpoint> read_dns_servers(Reader& reader, const SettingMap& settings) {
  constexpr std::uint16_t dns_port = 53;
  std::vector<net::Endpoint> out;
  for (const std::string& text : settings.at(Key::dns_servers).texts) {
    if (const auto v4 = net::parse_ipv4_address(text)) {
      out.push_back({*v4, dns_port});
    } else if (const auto v6 = net::parse_ipv6_address(text)) {
      out.push_back({*v6, dns_port});
    } else {
      reader.fail_value(Key::dns_servers, text, "the address of a name server, such as 192.0.2.53");
    }
  }
  return out;
}

/// A label of the group's domain (RFC 1123, 2.1).
bool is_label(std::string_view text) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, allowed) && text.front() != '-' &&
         text.back() != '-';
}

std::string in_lower_case(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

/// What the machine calls itself, where that can be a name in a group: nobody chose it for that, so it is no error
/// where it can't.
std::optional<std::string> name_of_machine() {
  std::string name = in_lower_case(io::host_name());
  if (!is_label(name) || name == "localhost") return std::nullopt;
  return name;
}

std::optional<std::string> read_hostname(Reader& reader) {
  std::string name = in_lower_case(reader.text(Key::hostname));
  if (name.empty()) return std::nullopt;
  if (!is_label(name)) reader.fail(Key::hostname, "needs 1 to 63 letters, digits and hyphens, such as alice-desktop");
  return name;
}

daemon::DaemonConfig::Offloads read_offloads(Reader& reader, const SettingMap& settings) {
  daemon::DaemonConfig::Offloads out;
  for (const std::string& name : settings.at(Key::no_offload).texts) {
    if (name == "tap") {
      out.tap = false;
    } else if (name == "udp-send") {
      out.udp_send = false;
    } else if (name == "udp-receive") {
      out.udp_receive = false;
    } else if (name == "io-uring") {
      out.uring = false;
    } else {
      reader.fail_value(Key::no_offload, name,
                        "tap (which is tap-checksum, tap-tcp and tap-udp), udp-send, udp-receive or io-uring" +
                            nearest_hint(name, offload_names));
    }
  }
  return out;
}

LogLevel read_level(Reader& reader) {
  const std::string name = reader.text(Key::log_level);
  for (const LogLevel level : {LogLevel::error, LogLevel::warning, LogLevel::info, LogLevel::debug}) {
    if (to_string(level) == name) return level;
  }
  reader.fail(Key::log_level, "needs error, warning, info or debug" + nearest_hint(name, level_names));
  return LogLevel::info;
}

bool is_any(std::uint16_t /*number*/) {
  return true;
}
bool is_mtu(std::uint16_t number) {
  return number == 0 || (number >= smallest_mtu && number <= largest_mtu);
}
bool is_percent(std::uint16_t number) {
  return number >= 1 && number <= 100;
}
bool is_worker_count(std::uint16_t number) {
  return number == 0 || (number <= crypto::most_lanes && std::has_single_bit(number));
}

SettingMap defaults(const std::string& group) {
  const auto plain = [](std::string text) { return Setting{{std::move(text)}, "default"}; };
  return {
      {Key::state_dir, plain(GroupFiles(group).node().directory())},
      {Key::socket, plain("/run/ipop/" + group + ".sock")},
      {Key::port, plain("0")},
      {Key::tap, plain(std::string(default_tap))},
      {Key::no_tap, plain("false")},
      {Key::configure, plain("false")},
      {Key::hostname, plain("")},
      {Key::use_host_name, plain("false")},
      {Key::bootstrap, {{}, "default"}},
      {Key::first, plain("false")},
      {Key::mtu, plain("0")},
      {Key::relay_share, plain("75")},
      {Key::relay_limit, plain("0")},
      {Key::offer_dns, plain("true")},
      {Key::dns_servers, {{}, "default"}},
      {Key::register_dns, plain("true")},
      {Key::lan_discovery, plain("true")},
      {Key::exclude, {{}, "default"}},
      {Key::no_offload, {{}, "default"}},
      {Key::cipher, plain("auto")},
      {Key::workers, plain("0")},
      {Key::log_level, plain("info")},
  };
}

}  // namespace

const std::vector<KeyRow>& key_rows() {
  static const std::vector<KeyRow> rows{
      {Key::state_dir, "state_dir", Kind::text},
      {Key::socket, "socket", Kind::text},
      {Key::port, "port", Kind::number, {"a number from 0 to 65535", 4000, is_any}},
      {Key::tap, "tap", Kind::text},
      {Key::no_tap, "no_tap", Kind::flag},
      {Key::configure, "configure", Kind::flag},
      {Key::hostname, "hostname", Kind::text},
      {Key::use_host_name, "use_host_name", Kind::flag},
      {Key::bootstrap, "bootstrap", Kind::list},
      {Key::first, "first", Kind::flag},
      {Key::prefix, "prefix", Kind::text},
      {Key::mtu, "mtu", Kind::number, {"0 or a number from 576 to 9000", 1400, is_mtu}},
      {Key::relay_share, "relay_share", Kind::number, {"a number from 1 to 100", 75, is_percent}},
      {Key::relay_limit, "relay_limit", Kind::number, {"a number from 0 to 65535", 100, is_any}},
      {Key::offer_dns, "offer_dns", Kind::flag},
      {Key::dns_servers, "dns_servers", Kind::list},
      {Key::register_dns, "register_dns", Kind::flag},
      {Key::lan_discovery, "lan_discovery", Kind::flag},
      {Key::exclude, "exclude", Kind::list},
      {Key::no_offload, "no_offload", Kind::list},
      {Key::cipher, "cipher", Kind::text},
      {Key::workers, "workers", Kind::number, {"1, 2, 4 or 8, or 0 for half of the processors", 2, is_worker_count}},
      {Key::log_level, "log_level", Kind::text},
  };
  return rows;
}

std::string environment_name(std::string_view key) {
  std::string out = "IPOP_";
  for (const char c : key)
    out.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" ,", start), text.size());
    if (end > start) out.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  return out;
}

SettingMap settings_from(const std::map<std::string, std::string>& environment) {
  SettingMap out;
  for (const KeyRow& row : key_rows()) {
    const std::string name = environment_name(row.name);
    const auto it = environment.find(name);
    if (it == environment.end() || it->second.empty()) continue;
    Setting setting{row.kind == Kind::list ? words_of(it->second) : std::vector{it->second}, name};
    out.emplace(row.key, std::move(setting));
  }
  return out;
}

void add_lower(SettingMap& settings, const SettingMap& lower) {
  for (const auto& [key, setting] : lower) {
    const auto [it, is_new] = settings.emplace(key, setting);
    if (is_new || key != Key::bootstrap || setting.texts.empty()) continue;
    it->second.origin += (it->second.texts.empty() ? "" : ", ") + setting.origin;
    it->second.texts.insert(it->second.texts.end(), setting.texts.begin(), setting.texts.end());
  }
}

std::variant<NodeSettings, BadSetting> complete(SettingMap& settings, const groups::GroupConfig& group,
                                                const std::string& group_file) {
  SettingMap of_group{{Key::prefix, {{to_string(group.prefix)}, group_file}}};
  const auto of_file = [&](Key key, const std::optional<std::uint16_t>& value) {
    if (value) of_group[key] = {{std::to_string(*value)}, group_file};
  };
  of_file(Key::port, group.port);
  of_file(Key::relay_share, group.relay_share);
  of_file(Key::relay_limit, group.relay_limit);
  Setting names{{}, group_file};
  for (const auto& entry : group.bootstrap)
    names.texts.push_back(to_string(entry));
  if (!names.texts.empty()) of_group[Key::bootstrap] = std::move(names);
  add_lower(settings, of_group);
  add_lower(settings, defaults(group.name));

  Reader reader(settings);
  if (reader.text(Key::hostname).empty() && reader.flag(Key::use_host_name))
    if (auto name = name_of_machine()) settings[Key::hostname] = {{*std::move(name)}, "this machine's name"};
  NodeSettings out;
  out.state_dir = reader.text(Key::state_dir);
  if (out.state_dir.empty()) reader.fail(Key::state_dir, "needs a directory");
  out.socket = reader.text(Key::socket);
  if (out.socket.empty()) reader.fail(Key::socket, "needs a path");
  out.port = reader.number(Key::port);
  if (!reader.flag(Key::no_tap)) out.tap = reader.text(Key::tap);
  if (out.tap && !io::TapDevice::is_name(*out.tap))
    reader.fail(Key::tap, "needs a name of 1 to 15 characters without / : % and spaces, not . or .., or use --no-tap");
  out.configure = reader.flag(Key::configure);
  out.hostname = read_hostname(reader);
  out.bootstrap = read_bootstrap(reader, settings);
  out.first = reader.flag(Key::first);
  const auto prefix = groups::parse_prefix(reader.text(Key::prefix));
  if (!prefix) reader.fail(Key::prefix, prefix.error().message(), ": ");
  out.prefix = prefix.value_or(net::Ipv4Prefix());
  out.mtu = reader.number(Key::mtu);
  out.relay_share = reader.number(Key::relay_share);
  out.relay_limit = reader.number(Key::relay_limit);
  out.offer_dns = reader.flag(Key::offer_dns);
  out.dns_servers = read_dns_servers(reader, settings);
  out.register_dns = reader.flag(Key::register_dns);
  out.lan_discovery = reader.flag(Key::lan_discovery);
  out.excluded = settings.at(Key::exclude).texts;
  for (const std::string& name : out.excluded)
    if (!io::TapDevice::is_name(name))
      reader.fail_value(Key::exclude, name, "the name of an interface, such as wg0 or wg*");
  out.offloads = read_offloads(reader, settings);
  out.cipher = reader.text(Key::cipher);
  if (out.cipher != "auto" && out.cipher != "openssl" && out.cipher != "ipsec-mb" && out.cipher != "chacha20-poly1305")
    reader.fail(Key::cipher, "needs auto, openssl, ipsec-mb or chacha20-poly1305");
  out.workers = reader.number(Key::workers);
  out.log_level = read_level(reader);
  // What starts the nodes of all groups says --configure; the settings of one of them may say that it has no interface.
  const bool is_general = settings.at(Key::configure).from_command_line && !settings.at(Key::no_tap).from_command_line;
  if (out.configure && !out.tap && !is_general)
    reader.fail(Key::configure, "has no interface to configure with no_tap");
  out.configure = out.configure && out.tap.has_value();
  if (reader.bad()) return *reader.bad();
  return out;
}

std::string to_toml(const SettingMap& settings, bool origin) {
  std::string out;
  for (const KeyRow& row : key_rows()) {
    const auto it = settings.find(row.key);
    if (it == settings.end()) continue;
    const Setting& setting = it->second;
    std::string value;
    if (row.kind == Kind::list) {
      for (const std::string& text : setting.texts)
        value += (value.empty() ? "" : ", ") + in_quotes(text);
      value = "[" + value + "]";
    } else {
      value = row.kind == Kind::text ? in_quotes(setting.texts.front()) : setting.texts.front();
    }
    out += std::string(row.name) + " = " + value;
    if (origin) out += "  # " + setting.origin;
    out += '\n';
  }
  return out;
}

}  // namespace ipop::ipop_node
