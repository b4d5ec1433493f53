#include "firewall/firewall_settings.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "groups/group_config.hpp"
#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::firewall {
namespace {

constexpr std::array<std::string_view, 11> firewall_keys{
    "group", "interface", "port", "role", "ssh", "allow", "allow_physical", "reach", "physical", "job_user", "job_uid"};

/// Reads texts of a list into `out`.
template <class T, class Parse>
settings::TomlReader::Take append_to(std::vector<T>& out, Parse parse) {
  return [&out, parse](std::string_view text) -> Result<void> {
    auto parsed = parse(text);
    if (!parsed) return std::move(parsed).error();
    out.push_back(*std::move(parsed));
    return {};
  };
}

Result<std::string> group_name(std::string_view text) {
  if (auto checked = groups::check_group_name(text); !checked) return std::move(checked).error();
  return std::string(text);
}

Result<std::string> user_name(std::string_view text) {
  if (auto checked = check_user_name(text); !checked) return std::move(checked).error();
  return std::string(text);
}

Result<std::optional<std::uint16_t>> port_number(std::string_view text) {
  auto port = parse_port_or_none(text);
  if (port && !*port) return settings::malformed("a port is a number from 1 to 65535");
  return port;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts)
    out += (out.size() > 1 ? ", " : "") + settings::in_quotes(text);
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
  return settings::malformed(settings::in_quotes(name.substr(0, 64)) + " is not a user's name (a-z, 0-9, _ and -)");
}

Result<std::optional<std::uint16_t>> parse_port_or_none(std::string_view text) {
  if (text == "none") return std::optional<std::uint16_t>();
  const auto service = parse_service("tcp:" + std::string(text));
  if (service && service->first == service->last) return std::optional(service->first);
  return settings::malformed(settings::in_quotes(text.substr(0, 64)) + " is neither a port from 1 to 65535 nor none");
}

Result<FirewallSettings> parse_firewall_settings(std::string_view text, std::string_view file) {
  settings::TomlReader reader(text, file, firewall_keys);
  FirewallSettings out;
  reader.texts("group", "group = [\"lab\"]", append_to(out.groups, group_name));
  reader.texts("interface", "interface = [\"ipop0\"]", append_to(out.interfaces, parse_interface_name));
  reader.text("port", "port = \"4000\"",
              [&](std::string_view port) { return settings::take(port_number(port), out.port); });
  reader.text("role", "role = \"worker\"",
              [&](std::string_view role) { return settings::take(parse_pool_role(role), out.role); });
  reader.text("ssh", "ssh = \"22\"",
              [&](std::string_view port) { return settings::take(parse_port_or_none(port), out.ssh_port); });
  reader.texts("allow", "allow = [\"tcp:80\"]", append_to(out.allow, parse_service));
  reader.texts("allow_physical", "allow_physical = [\"tcp:80\"]", append_to(out.allow_physical, parse_service));
  reader.texts("reach", "reach = [\"tcp:80\"]", append_to(out.reach, parse_service));
  reader.text("physical", "physical = \"dhcp,dns,ntp\"",
              [&](std::string_view needs) { return settings::take(parse_physical_needs(needs), out.needs); });
  reader.texts("job_user", "job_user = [\"nobody\"]", append_to(out.job_users, user_name));
  reader.texts("job_uid", "job_uid = [\"20000-20999\"]", append_to(out.job_uids, parse_uid_range));
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
  if (settings.port) out += "port = " + settings::in_quotes(std::to_string(*settings.port)) + "\n";
  out += "role = " + settings::in_quotes(to_string(settings.role)) + "\n";
  out += "ssh = " + settings::in_quotes(settings.ssh_port ? std::to_string(*settings.ssh_port) : "none") + "\n";
  out += "allow = " + list_of(texts_of(settings.allow)) + "\n";
  out += "allow_physical = " + list_of(texts_of(settings.allow_physical)) + "\n";
  out += "reach = " + list_of(texts_of(settings.reach)) + "\n";
  out += "physical = " + settings::in_quotes(to_string(settings.needs)) + "\n";
  out += "job_user = " + list_of(settings.job_users) + "\n";
  out += "job_uid = " + list_of(texts_of(settings.job_uids)) + "\n";
  return out;
}

}  // namespace ipop::firewall
