#include "appliance/firewall_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "appliance/group_config.hpp"
#include "appliance/toml.hpp"

namespace ipop::appliance {
namespace {

constexpr std::array<std::string_view, 11> firewall_keys{
    "group", "interface", "port", "role", "ssh", "allow", "allow_physical", "reach", "physical", "job_user", "job_uid"};

/// Reads the keys of one table and keeps the first error.
class FirewallReader {
 public:
  FirewallReader(const toml::table& table, std::string_view file) : table_(table), file_(file) {}

  /// The text under `key` by its rule.
  template <class T, class Parse>
  void text(std::string_view key, T& out, Parse parse) {
    const toml::node* node = table_.get(key);
    if (node == nullptr || failed_) return;
    take(key, *node, out, parse);
  }

  /// The texts of a list, each by the rule.
  template <class T, class Parse>
  void list(std::string_view key, std::vector<T>& out, Parse parse) {
    const toml::node* node = table_.get(key);
    if (node == nullptr || failed_) return;
    const toml::array* array = node->as_array();
    if (array == nullptr) return fail(*node, "the key " + in_quotes(key) + " needs a list of texts in brackets");
    for (const toml::node& element : *array) {
      T value = parse_default<T>();
      take(key, element, value, parse);
      if (failed_) return;
      out.push_back(std::move(value));
    }
  }

  void check_keys() {
    if (auto keys = appliance::check_keys(table_, file_, firewall_keys); !keys && !failed_) failed_ = keys.error();
  }

  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  // An InterfaceName has no empty value.
  template <class T>
  static T parse_default() {
    if constexpr (std::is_same_v<T, InterfaceName>)
      return *parse_interface_name("none");
    else
      return T{};
  }

  template <class T, class Parse>
  void take(std::string_view key, const toml::node& node, T& out, Parse parse) {
    const auto* text = node.as_string();
    if (text == nullptr) return fail(node, "the key " + in_quotes(key) + " needs text in quotes");
    auto parsed = parse(text->get());
    if (!parsed) return fail(node, parsed.error().context);
    out = *std::move(parsed);
  }

  void fail(const toml::node& node, std::string_view what) {
    failed_ = error_at(file_, node.source().begin.line, what);
  }

  const toml::table& table_;
  std::string_view file_;
  std::optional<Error> failed_{};
};

Result<std::string> group_name(std::string_view text) {
  if (auto checked = check_group_name(text); !checked) return std::move(checked).error();
  return std::string(text);
}

Result<std::string> user_name(std::string_view text) {
  if (auto checked = check_user_name(text); !checked) return std::move(checked).error();
  return std::string(text);
}

Result<std::optional<std::uint16_t>> port_number(std::string_view text) {
  auto port = parse_port_or_none(text);
  if (port && !*port) return malformed("a port is a number from 1 to 65535");
  return port;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts)
    out += (out.size() > 1 ? ", " : "") + in_quotes(text);
  return out + "]";
}

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
  std::vector<std::string> out;
  for (const T& value : values)
    out.push_back(to_string(value));
  return out;
}

}  // namespace

Result<void> check_user_name(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  if (!name.empty() && name.size() <= 32 && letter(name.front()) && std::ranges::all_of(name, inner)) return {};
  return malformed(in_quotes(name.substr(0, 64)) + " is not a user's name (a-z, 0-9, _ and -)");
}

Result<std::optional<std::uint16_t>> parse_port_or_none(std::string_view text) {
  if (text == "none") return std::optional<std::uint16_t>();
  const auto service = parse_service("tcp:" + std::string(text));
  if (service && service->first == service->last) return std::optional(service->first);
  return malformed(in_quotes(text.substr(0, 64)) + " is neither a port from 1 to 65535 nor none");
}

Result<FirewallSettings> parse_firewall_settings(std::string_view text, std::string_view file) {
  const auto table = parse_toml(text, file);
  if (!table) return table.error();
  FirewallSettings out;
  FirewallReader reader(*table, file);
  reader.check_keys();
  reader.list("group", out.groups, group_name);
  reader.list("interface", out.interfaces, parse_interface_name);
  reader.text("port", out.port, port_number);
  reader.text("role", out.role, parse_pool_role);
  reader.text("ssh", out.ssh_port, parse_port_or_none);
  reader.list("allow", out.allow, parse_service);
  reader.list("allow_physical", out.allow_physical, parse_service);
  reader.list("reach", out.reach, parse_service);
  reader.text("physical", out.needs, parse_physical_needs);
  reader.list("job_user", out.job_users, user_name);
  reader.list("job_uid", out.job_uids, parse_uid_range);
  if (reader.failed()) return *reader.failed();
  return out;
}

std::string to_toml(const FirewallSettings& settings) {
  std::vector<std::string> interfaces;
  for (const InterfaceName& interface : settings.interfaces)
    interfaces.push_back(interface.text());
  std::string out =
      "# What `ga-firewall apply` was told last; it applies this again at every start. See ga-firewall(8).\n";
  if (!settings.groups.empty()) out += "group = " + list_of(settings.groups) + "\n";
  if (!interfaces.empty()) out += "interface = " + list_of(interfaces) + "\n";
  if (settings.port) out += "port = " + in_quotes(std::to_string(*settings.port)) + "\n";
  out += "role = " + in_quotes(to_string(settings.role)) + "\n";
  out += "ssh = " + in_quotes(settings.ssh_port ? std::to_string(*settings.ssh_port) : "none") + "\n";
  out += "allow = " + list_of(texts_of(settings.allow)) + "\n";
  out += "allow_physical = " + list_of(texts_of(settings.allow_physical)) + "\n";
  out += "reach = " + list_of(texts_of(settings.reach)) + "\n";
  out += "physical = " + in_quotes(to_string(settings.needs)) + "\n";
  out += "job_user = " + list_of(settings.job_users) + "\n";
  out += "job_uid = " + list_of(texts_of(settings.job_uids)) + "\n";
  return out;
}

}  // namespace ipop::appliance
