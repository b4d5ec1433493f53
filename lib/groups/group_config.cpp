#include "groups/group_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/base32.hpp"
#include "base/group_files.hpp"
#include "base/hex.hpp"
#include "crypto/certificate.hpp"
#include "crypto/trust_store.hpp"
#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::groups {
namespace {

constexpr std::array<std::string_view, 14> group_keys{
    "name",        "namespace",   "prefix",    "domain",      "bootstrap", "authority", "port",
    "relay_share", "relay_limit", "addresses", "dhcp_server", "dhcp_key",  "dhcp_pool", "dhcp_fallback"};
constexpr std::array<std::string_view, 4> server_keys{"dhcp_server", "dhcp_key", "dhcp_pool", "dhcp_fallback"};

constexpr std::string_view lower_or_digit = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Letters, digits and inner hyphens, as in a host name (RFC 1123, 2.1), lower case only.
bool is_label(std::string_view text, std::size_t longest) {
  if (text.empty() || text.size() > longest) return false;
  const bool clean =
      std::ranges::all_of(text, [](char c) { return c == '-' || lower_or_digit.find(c) != std::string_view::npos; });
  return clean && text.front() != '-' && text.back() != '-';
}

constexpr std::string_view example_server = "dhcp_server = \"http://192.0.2.1:8067/\", or a member's name";

/// Whose addresses: the ring's, or a server's with its keys.
void read_addresses(settings::TomlReader& reader, GroupConfig& config) {
  AddressServer server;
  bool from_server = false;
  reader.text("addresses", "addresses = \"dhcp\"", [&](std::string_view text) -> Result<void> {
    from_server = text == "dhcp";
    if (from_server || text == "ring") return {};
    return settings::malformed(settings::in_quotes(text) + " gives no addresses; \"ring\" or \"dhcp\" does");
  });
  reader.text("dhcp_server", example_server,
              [&](std::string_view text) { return settings::take(parse_server_place(text), server.place); });
  reader.text("dhcp_key", "dhcp_key = \"...\", the key that `ipop-dhcp config` shows",
              [&](std::string_view text) { return settings::take(parse_server_key(text), server.key); });
  reader.texts("dhcp_pool", "dhcp_pool = [\"10.128.1.0-10.128.1.255\"]", [&](std::string_view text) -> Result<void> {
    auto& range = server.pool.emplace_back();
    if (auto taken = settings::take(leasing::parse_address_range(text), range); !taken) return taken;
    if (range.first <= range.last) return {};
    return settings::malformed("the range " + settings::in_quotes(text) + " ends before it begins");
  });
  reader.text("dhcp_fallback", "dhcp_fallback = \"ring\"", [&](std::string_view text) -> Result<void> {
    server.ring_when_silent = text == "ring";
    if (text == "ring" || text == "none") return {};
    return settings::malformed(settings::in_quotes(text) + " is no fallback; \"none\" or \"ring\" is");
  });
  if (from_server) {
    reader.require("dhcp_server", example_server);
    reader.require("dhcp_key", "dhcp_key = \"...\", the key that `ipop-dhcp config` shows");
    if (const auto good = check(server); !good) reader.refuse("dhcp_fallback", good.error().context);
    config.address_server = std::move(server);
    return;
  }
  for (const std::string_view key : server_keys) {
    if (reader.has(key)) reader.refuse(key, "needs addresses = \"dhcp\"");
  }
}

}  // namespace

Result<ServerPlace> server_place(std::string_view url) {
  ServerPlace out;
  std::string_view rest = url;
  out.is_plain = rest.starts_with("http://");
  const Error wrong =
      settings::malformed(settings::in_quotes(url.substr(0, 128)) + " is not a URL such as \"http://192.0.2.1:8067/\"");
  if (!out.is_plain && !rest.starts_with("https://")) return wrong;
  rest.remove_prefix(out.is_plain ? 7 : 8);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto entry = parse_bootstrap_entry(rest);
  if (!entry || rest.find('/') != std::string_view::npos) return wrong;
  out.host = std::move(entry->host);
  out.port = entry->port;
  return out;
}

Result<std::string> parse_server_place(std::string_view text) {
  if (is_label(text, 63)) return std::string(text);
  const auto place = server_place(text);
  if (!place)
    return settings::malformed(
        settings::in_quotes(text.substr(0, 128)) +
        " is neither a URL such as \"http://192.0.2.1:8067/\" nor a member's name such as \"desk\"");
  return std::string(text) + (text.ends_with('/') ? "" : "/");
}

Result<crypto::Digest256> parse_server_key(std::string_view text) {
  crypto::Digest256 out{};
  const auto octets = parse_hex(text);
  if (!octets || octets->size() != out.size())
    return settings::malformed("the key is not the 64 hexadecimal digits that `ipop-dhcp config` shows");
  std::ranges::copy(*octets, out.begin());
  return out;
}

Result<void> check(const AddressServer& server) {
  if (!server.ring_when_silent || !server.pool.empty()) return {};
  return settings::malformed("the ring needs addresses that the server does not give out: set dhcp_pool");
}

Result<void> check_group_name(std::string_view name) {
  if (is_group_name(name)) return {};
  return settings::malformed("the group name " + settings::in_quotes(name) +
                             " is not 1 to 32 of a-z, 0-9 and -, with a letter or digit at both ends");
}

Result<void> check_name_space(std::string_view text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (visible && !text.empty() && text.size() <= 255) return {};
  return settings::malformed("the namespace " + settings::in_quotes(text.substr(0, 64)) +
                             " is not 1 to 255 visible ASCII characters without quotes and backslashes");
}

Result<void> check_domain(std::string_view domain) {
  std::string_view rest = domain;
  bool good = domain.size() <= 128;
  while (good) {
    const auto dot = rest.find('.');
    good = is_label(rest.substr(0, dot), 63);
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (good) return {};
  return settings::malformed(
      "the domain " + settings::in_quotes(domain.substr(0, 128)) +
      " is not labels of a-z, 0-9 and - between dots, 1 to 128 characters, like \"ipop\" or \"lab.ipop\"");
}

Result<net::Ipv4Prefix> parse_prefix(std::string_view text) {
  const auto prefix = net::parse_ipv4_prefix(text);
  if (!prefix)
    return settings::malformed("the prefix " + settings::in_quotes(text) +
                               " is not an IPv4 network without host bits, like \"10.128.0.0/9\"");
  if (prefix->length() < 8 || prefix->length() > 29)
    return settings::malformed("the prefix " + settings::in_quotes(text) +
                               " has no length from 8 to 29, like \"10.128.0.0/9\"");
  const net::Ipv4Address first = prefix->address();
  const bool unicast = first.value() >> 24U != 0 && !first.is_loopback() && !first.is_link_local() &&
                       first.value() < net::Ipv4Address(224, 0, 0, 0).value();
  if (!unicast)
    return settings::malformed("the prefix " + settings::in_quotes(text) +
                               " is not for hosts of a network; use a private one, like \"10.128.0.0/9\"");
  return *prefix;
}

Result<std::string> parse_authority(std::string_view pem) {
  const auto certificate = crypto::Certificate::from_pem(pem);
  if (!certificate) return settings::malformed("the authority is no certificate: " + certificate.error().message());
  if (auto group = crypto::TrustStore::closed_group(*certificate); !group)
    return settings::malformed(
        "the authority's certificate may not sign members; take authority.pem of `ga-cert authority init`");
  return certificate->to_pem();
}

std::string make_name_space(std::string_view name, Rng& rng) {
  std::array<std::byte, 10> random{};
  rng.fill(random);
  return std::string(name) + "-" + to_base32(random);
}

Result<GroupConfig> parse_group_config(std::string_view text, std::string_view file) {
  settings::TomlReader reader(text, file, group_keys);
  GroupConfig config;
  reader.require("name", "name = \"lab\"");
  reader.text("name", "name = \"lab\"", [&](std::string_view name) {
    config.name = name;
    return check_group_name(name);
  });
  reader.require("namespace", "namespace = \"lab-...\" of the other members");
  reader.text("namespace", "namespace = \"lab-...\"", [&](std::string_view name_space) {
    config.name_space = name_space;
    return check_name_space(name_space);
  });
  reader.text("prefix", "prefix = \"10.128.0.0/9\"",
              [&](std::string_view prefix) { return settings::take(parse_prefix(prefix), config.prefix); });
  reader.text("domain", "domain = \"ipop\"", [&](std::string_view domain) {
    config.domain = domain;
    return check_domain(domain);
  });
  reader.texts("bootstrap", "bootstrap = [\"bootstrap.example.org:4000\"]", [&](std::string_view entry) {
    return settings::take(parse_bootstrap_entry(entry), config.bootstrap.emplace_back());
  });
  reader.text("authority", "authority = \"\"\"-----BEGIN CERTIFICATE-----...\"\"\"",
              [&](std::string_view pem) { return settings::take(parse_authority(pem), config.authority); });
  const auto number = [&](std::string_view key, std::int64_t low, std::int64_t high, std::int64_t example,
                          std::optional<std::uint16_t>& out) {
    if (const auto value = reader.number(key, low, high, example)) out = static_cast<std::uint16_t>(*value);
  };
  number("port", 1, 65535, 4000, config.port);
  number("relay_share", 1, 100, 75, config.relay_share);
  number("relay_limit", 0, 65535, 20, config.relay_limit);
  read_addresses(reader, config);
  if (reader.failed()) return *reader.failed();
  return config;
}

std::string to_toml(const GroupConfig& config) {
  std::string out;
  out += "# One group of machines. The same file serves every member; ga-group.toml(5) explains each key.\n\n";
  out += "# What the group is called on this machine.\nname = " + settings::in_quotes(config.name) + "\n\n";
  out += "# What separates this group from all others: equal on every member.\n";
  out += "namespace = " + settings::in_quotes(config.name_space) + "\n\n";
  out += "# The virtual network: no network that a member is attached to may overlap it.\n";
  out += "prefix = " + settings::in_quotes(to_string(config.prefix)) + "\n\n";
  out += "# Members' names end in this.\ndomain = " + settings::in_quotes(config.domain) + "\n\n";
  out += "# Where to find the first members: host:port, any number of them.\nbootstrap = [";
  for (const BootstrapEntry& entry : config.bootstrap)
    out += "\n  " + settings::in_quotes(to_string(entry)) + ",";
  out += config.bootstrap.empty() ? "]\n" : "\n]\n";
  if (!config.authority.empty()) {
    out += "\n# A closed group: who has no certificate of this authority is no member.\n";
    out += "authority = \"\"\"\n" + config.authority + "\"\"\"\n";
  }
  if (const auto& server = config.address_server) {
    out += "\n# A server gives out the addresses, and signs them with this key.\naddresses = \"dhcp\"\n";
    out += "dhcp_server = " + settings::in_quotes(server->place) +
           "\ndhcp_key = " + settings::in_quotes(to_hex(server->key)) + "\n";
    if (!server->pool.empty()) {
      out += "dhcp_pool = [";
      for (const leasing::AddressRange& range : server->pool)
        out += "\n  " + settings::in_quotes(to_string(range)) + ",";
      out += "\n]\n";
    }
    if (server->ring_when_silent) out += "dhcp_fallback = \"ring\"\n";
  }
  const auto number = [&](std::string_view comment, std::string_view key, const std::optional<std::uint16_t>& value) {
    if (!value) return;
    out += "\n# " + std::string(comment) + "\n" + std::string(key) + " = " + std::to_string(*value) + "\n";
  };
  number("The UDP port of this machine's node.", "port", config.port);
  number("Percent of a full line that packets between other members get.", "relay_share", config.relay_share);
  number("Mbit/s that packets between other members get at the most; 0: as measured.", "relay_limit",
         config.relay_limit);
  return out;
}

}  // namespace ipop::groups
