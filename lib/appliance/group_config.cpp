#include "appliance/group_config.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "appliance/toml.hpp"
#include "base/base32.hpp"
#include "crypto/certificate.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::appliance {
namespace {

constexpr std::array<std::string_view, 7> group_keys{"name",      "namespace", "prefix", "domain",
                                                     "bootstrap", "authority", "port"};

constexpr std::string_view lower_or_digit = "abcdefghijklmnopqrstuvwxyz0123456789";

/// Letters, digits and inner hyphens, as in a host name (RFC 1123, 2.1), lower case only.
bool is_label(std::string_view text, std::size_t longest) {
  if (text.empty() || text.size() > longest) return false;
  const bool clean =
      std::ranges::all_of(text, [](char c) { return c == '-' || lower_or_digit.find(c) != std::string_view::npos; });
  return clean && text.front() != '-' && text.back() != '-';
}

/// Where in the file something is wrong.
class GroupReader {
 public:
  GroupReader(std::string_view text, std::string_view file) : file_(file) {
    const auto feeds = std::ranges::count(text, '\n');
    last_line_ = static_cast<std::size_t>(feeds) + (text.empty() || text.ends_with('\n') ? 0U : 1U);
    if (last_line_ == 0) last_line_ = 1;
  }

  [[nodiscard]] Error at(std::size_t line, std::string_view what) const { return error_at(file_, line, what); }
  [[nodiscard]] Error at(const toml::source_region& source, std::string_view what) const {
    return at(source.begin.line, what);
  }
  [[nodiscard]] Error missing(std::string_view key, std::string_view example) const {
    return at(last_line_,
              "the key " + in_quotes(key) + " is missing; a line like " + std::string(example) + " gives it");
  }

  /// The text under `key`; empty when the key is not there.
  [[nodiscard]] Result<std::string> text(const toml::table& table, std::string_view key,
                                         std::string_view example) const {
    const toml::node* node = table.get(key);
    if (node == nullptr) return std::string();
    const auto* value = node->as_string();
    if (value == nullptr) return at(node->source(), wrong_type(key, "text in quotes", example));
    if (value->get().empty())
      return at(node->source(), "the key " + in_quotes(key) + " is empty; write it like " + std::string(example));
    return value->get();
  }

  [[nodiscard]] static std::string wrong_type(std::string_view key, std::string_view type, std::string_view example) {
    return "the key " + in_quotes(key) + " needs " + std::string(type) + ", like " + std::string(example);
  }

 private:
  std::string_view file_;
  std::size_t last_line_ = 1;
};

/// A value of one key by its rule, with the line where it stands.
Result<void> check_at(const GroupReader& reader, const toml::table& table, std::string_view key, Result<void> checked) {
  if (checked) return {};
  return reader.at(table.get(key)->source(), checked.error().context);
}

Result<std::vector<BootstrapEntry>> read_bootstrap(const GroupReader& reader, const toml::table& table) {
  constexpr std::string_view example = "bootstrap = [\"bootstrap.example.org:4000\"]";
  std::vector<BootstrapEntry> out;
  const toml::node* node = table.get("bootstrap");
  if (node == nullptr) return out;
  const toml::array* list = node->as_array();
  if (list == nullptr) return reader.at(node->source(), GroupReader::wrong_type("bootstrap", "a list", example));
  for (const toml::node& element : *list) {
    const auto* text = element.as_string();
    if (text == nullptr)
      return reader.at(element.source(), GroupReader::wrong_type("bootstrap", "a list of texts", example));
    auto entry = parse_bootstrap_entry(text->get());
    if (!entry) return reader.at(element.source(), entry.error().context);
    out.push_back(*std::move(entry));
  }
  return out;
}

Result<std::optional<std::uint16_t>> read_port(const GroupReader& reader, const toml::table& table) {
  const toml::node* node = table.get("port");
  if (node == nullptr) return std::optional<std::uint16_t>();
  const auto* number = node->as_integer();
  if (number == nullptr || number->get() < 1 || number->get() > 65535)
    return reader.at(node->source(), GroupReader::wrong_type("port", "a number from 1 to 65535", "port = 4000"));
  return std::optional(static_cast<std::uint16_t>(number->get()));
}

/// A basic string of TOML; the fields hold only what their checks let through.
std::string plain_toml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

}  // namespace

Result<void> check_group_name(std::string_view name) {
  if (is_label(name, 32)) return {};
  return malformed("the group name " + in_quotes(name) +
                   " is not 1 to 32 of a-z, 0-9 and -, with a letter or digit at both ends");
}

Result<void> check_name_space(std::string_view text) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
  if (visible && !text.empty() && text.size() <= 255) return {};
  return malformed("the namespace " + in_quotes(text.substr(0, 64)) +
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
  return malformed("the domain " + in_quotes(domain.substr(0, 128)) +
                   " is not labels of a-z, 0-9 and - between dots, 1 to 128 characters, like \"ipop\" or \"lab.ipop\"");
}

Result<net::Ipv4Prefix> parse_prefix(std::string_view text) {
  const auto prefix = net::parse_ipv4_prefix(text);
  if (!prefix)
    return malformed("the prefix " + in_quotes(text) +
                     " is not an IPv4 network without host bits, like \"10.128.0.0/9\"");
  if (prefix->length() < 8 || prefix->length() > 29)
    return malformed("the prefix " + in_quotes(text) + " has no length from 8 to 29, like \"10.128.0.0/9\"");
  const net::Ipv4Address first = prefix->address();
  const bool unicast = first.value() >> 24U != 0 && !first.is_loopback() && !first.is_link_local() &&
                       first.value() < net::Ipv4Address(224, 0, 0, 0).value();
  if (!unicast)
    return malformed("the prefix " + in_quotes(text) +
                     " is not for hosts of a network; use a private one, like \"10.128.0.0/9\"");
  return *prefix;
}

Result<std::string> parse_authority(std::string_view pem) {
  const auto certificate = crypto::Certificate::from_pem(pem);
  if (!certificate) return malformed("the authority is no certificate: " + certificate.error().message());
  if (auto group = crypto::TrustStore::closed_group(*certificate); !group)
    return malformed(
        "the authority's certificate may not sign members; take authority.pem of `ga-cert authority init`");
  return certificate->to_pem();
}

std::string make_name_space(std::string_view name, Rng& rng) {
  std::array<std::byte, 10> random{};
  rng.fill(random);
  return std::string(name) + "-" + to_base32(random);
}

Result<GroupConfig> parse_group_config(std::string_view text, std::string_view file) {
  const GroupReader reader(text, file);
  const auto parsed = parse_toml(text, file);
  if (!parsed) return parsed.error();
  const toml::table& table = *parsed;
  if (auto keys = check_keys(table, file, group_keys); !keys) return std::move(keys).error();

  GroupConfig config;
  auto name = reader.text(table, "name", "name = \"lab\"");
  if (!name) return std::move(name).error();
  if (name->empty()) return reader.missing("name", "name = \"lab\"");
  if (auto good = check_at(reader, table, "name", check_group_name(*name)); !good) return std::move(good).error();
  config.name = *std::move(name);

  auto name_space = reader.text(table, "namespace", "namespace = \"lab-...\"");
  if (!name_space) return std::move(name_space).error();
  if (name_space->empty()) return reader.missing("namespace", "namespace = \"lab-...\" of the other members");
  if (auto good = check_at(reader, table, "namespace", check_name_space(*name_space)); !good)
    return std::move(good).error();
  config.name_space = *std::move(name_space);

  auto prefix = reader.text(table, "prefix", "prefix = \"10.128.0.0/9\"");
  if (!prefix) return std::move(prefix).error();
  if (!prefix->empty()) {
    auto value = parse_prefix(*prefix);
    if (!value) return reader.at(table.get("prefix")->source(), value.error().context);
    config.prefix = *value;
  }

  auto domain = reader.text(table, "domain", "domain = \"ipop\"");
  if (!domain) return std::move(domain).error();
  if (!domain->empty()) {
    if (auto good = check_at(reader, table, "domain", check_domain(*domain)); !good) return std::move(good).error();
    config.domain = *std::move(domain);
  }

  auto bootstrap = read_bootstrap(reader, table);
  if (!bootstrap) return std::move(bootstrap).error();
  config.bootstrap = *std::move(bootstrap);
  auto authority = reader.text(table, "authority", "authority = \"\"\"-----BEGIN CERTIFICATE-----...\"\"\"");
  if (!authority) return std::move(authority).error();
  if (!authority->empty()) {
    auto pem = parse_authority(*authority);
    if (!pem) return reader.at(table.get("authority")->source(), pem.error().context);
    config.authority = *std::move(pem);
  }
  auto port = read_port(reader, table);
  if (!port) return std::move(port).error();
  config.port = *port;
  return config;
}

std::string to_toml(const GroupConfig& config) {
  std::string out;
  out += "# One group of machines. The same file serves every member; ga-group.toml(5) explains each key.\n\n";
  out += "# What the group is called on this machine.\nname = " + plain_toml_text(config.name) + "\n\n";
  out += "# What separates this group from all others: equal on every member.\n";
  out += "namespace = " + plain_toml_text(config.name_space) + "\n\n";
  out += "# The virtual network: no network that a member is attached to may overlap it.\n";
  out += "prefix = " + plain_toml_text(to_string(config.prefix)) + "\n\n";
  out += "# Members' names end in this.\ndomain = " + plain_toml_text(config.domain) + "\n\n";
  out += "# Where to find the first members: host:port, any number of them.\nbootstrap = [";
  for (const BootstrapEntry& entry : config.bootstrap)
    out += "\n  " + plain_toml_text(to_string(entry)) + ",";
  out += config.bootstrap.empty() ? "]\n" : "\n]\n";
  if (!config.authority.empty()) {
    out += "\n# A closed group: who has no certificate of this authority is no member.\n";
    out += "authority = \"\"\"\n" + config.authority + "\"\"\"\n";
  }
  if (config.port) out += "\n# The UDP port of this machine's node.\nport = " + std::to_string(*config.port) + "\n";
  return out;
}

}  // namespace ipop::appliance
