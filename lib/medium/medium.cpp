#include "medium/medium.hpp"

#include <algorithm>
#include <array>

#include "authority/authority_policy.hpp"
#include "authority/enrolment_token.hpp"
#include "base/base64.hpp"
#include "pool/condor_settings.hpp"
#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::medium {
namespace {

constexpr std::array<std::string_view, 8> medium_keys{"token",     "roles",    "pool",      "user",
                                                      "enrolment", "ssh_keys", "host_name", "node"};
constexpr std::size_t most_ssh_keys = 16;
constexpr std::size_t longest_ssh_key = 4096;  // above RSA of 16384 bits
constexpr std::array<std::string_view, 7> ssh_key_types{"ssh-ed25519",
                                                        "ssh-rsa",
                                                        "ecdsa-sha2-nistp256",
                                                        "ecdsa-sha2-nistp384",
                                                        "ecdsa-sha2-nistp521",
                                                        "sk-ssh-ed25519@openssh.com",
                                                        "sk-ecdsa-sha2-nistp256@openssh.com"};

Result<void> check_mark(std::string_view text, std::string_view file) {
  const std::string rule = "the first line must be " + std::string(medium_mark) + ", as `ga-group medium` writes it";
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return settings::error_at(file, 1, "empty; " + rule);
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line != medium_mark) return settings::error_at(file, 1, "made for something else than this appliance; " + rule);
  return {};
}

/// As the machine's role file would say it, so that both know the same words.
Result<void> check_roles(const std::vector<std::string>& roles) {
  const auto settings = pool::parse_condor_settings(pool_text(roles, "main"), "roles");
  if (settings) return {};
  // Without the place, which the reader of the medium knows better.
  const std::string& message = settings.error().context;
  const auto at = message.find(": ");
  return settings::malformed(at == std::string::npos ? message : message.substr(at + 2));
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += (out.empty() ? "" : ", ") + settings::in_quotes(text);
  return "[" + out + "]";
}

/// What stands between quotes as it is.
bool stands_as_it_is(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

Result<void> check_medium_user(std::string_view user) {
  if (!stands_as_it_is(user) || user.find('?') != std::string_view::npos)
    return settings::malformed(
        "the user has a character other than letters, digits and signs of ASCII without \", \\ and ?");
  return authority::check_user(user);
}

}  // namespace

std::string pool_text(const std::vector<std::string>& roles, std::string_view pool) {
  return "roles = " + quoted_list(roles) + "\npool = " + settings::in_quotes(pool) + "\n";
}

Result<void> check_host_name(std::string_view name) {
  if (groups::check_group_name(name)) return {};
  return settings::malformed("the machine's name " + settings::in_quotes(name.substr(0, 64)) +
                             " is not 1 to 32 of a-z, 0-9 and -, with a letter or digit at both ends");
}

Result<void> check_ssh_key(std::string_view line) {
  const auto wrong = [](std::string_view why) {
    return settings::malformed("an ssh key " + std::string(why) + "; a line of ~/.ssh/id_ed25519.pub would be right");
  };
  if (line.size() > longest_ssh_key) return wrong("is longer than 4096 characters");
  if (!stands_as_it_is(line)) return wrong("has a quote, a backslash, or a character that is not printable ASCII");
  if (line.find("PRIVATE") != std::string_view::npos) return wrong("is a private one");
  const auto end_of_type = line.find(' ');
  const std::string_view type = line.substr(0, end_of_type);
  if (std::find(ssh_key_types.begin(), ssh_key_types.end(), type) == ssh_key_types.end())
    return wrong("has an unknown type");
  if (end_of_type == std::string_view::npos) return wrong("is only a type");
  std::string_view key = line.substr(end_of_type + 1);
  key = key.substr(0, key.find(' '));
  const auto octets = parse_base64(key);
  // The key repeats its type, behind a length of four octets.
  if (!octets || octets->size() < 4 + type.size() + 4) return wrong("is cut short or damaged");
  for (std::size_t i = 0; i < type.size(); ++i)
    if (std::to_integer<char>((*octets)[4 + i]) != type[i]) return wrong("is cut short or damaged");
  return {};
}

Result<Medium> parse_medium(std::string_view text, std::string_view file) {
  if (text.size() > largest_medium)
    return settings::error_at(file, 1, "longer than 64 KiB, which no medium of ours is");
  if (const auto marked = check_mark(text, file); !marked) return marked.error();
  settings::TomlReader reader(text, file, medium_keys);
  Medium out;
  reader.text("node", "node = \"host\"", [&](std::string_view whose) -> Result<void> {
    out.host_node = whose == "host";
    return out.host_node ? Result<void>() : settings::malformed("the node is \"host\", or the line is left out");
  });
  if (!out.host_node) reader.require("token", "token = \"ga1-...\"");
  for (const std::string_view key : {"token", "roles", "user", "enrolment"})
    if (out.host_node && reader.has(key))
      reader.refuse(key, "with node = \"host\" the machine runs no node, and has no " + std::string(key));
  reader.text("token", "token = \"ga1-...\"", [&](std::string_view token) -> Result<void> {
    out.token = token;
    const auto parsed = groups::parse_join_token(token);
    return parsed ? Result<void>() : Result<void>(settings::malformed(parsed.error().message()));
  });
  reader.texts("roles", "roles = [\"worker\"]", [&](std::string_view role) -> Result<void> {
    if (!stands_as_it_is(role)) return settings::malformed("a role is manager, worker or submit");
    out.roles.emplace_back(role);
    return check_roles(out.roles);
  });
  reader.text("pool", "pool = \"main\"", [&](std::string_view name) {
    out.pool = name;
    return pool::check_pool_name(name);
  });
  reader.text("user", "user = \"alice\"", [&](std::string_view user) {
    out.user = user;
    return check_medium_user(user);
  });
  reader.text("enrolment", "enrolment = \"gae1-...\"", [&](std::string_view token) -> Result<void> {
    out.enrolment = token;
    const auto parsed = authority::parse_enrolment_token(token);
    return parsed ? Result<void>() : Result<void>(settings::malformed(parsed.error().message()));
  });
  reader.texts("ssh_keys", "ssh_keys = [\"ssh-ed25519 AAAA...\"]", [&](std::string_view key) -> Result<void> {
    if (out.ssh_keys.size() == most_ssh_keys) return settings::malformed("more than 16 ssh keys");
    out.ssh_keys.emplace_back(key);
    return check_ssh_key(key);
  });
  reader.text("host_name", "host_name = \"node1\"", [&](std::string_view name) {
    out.host_name = name;
    return check_host_name(name);
  });
  if (reader.failed()) return *reader.failed();
  return out;
}

std::string to_toml(const Medium& medium) {
  std::string out(medium_mark);
  if (medium.host_node)
    out += "\n# The node of the host serves this machine's interface; here runs none.\nnode = \"host\"\n";
  else
    out += "\n# Who has this file can join the group.\ntoken = " + settings::in_quotes(medium.token) + "\n";
  if (!medium.roles.empty())
    out += "# In the pool of HTCondor: manager, worker, submit.\nroles = " + quoted_list(medium.roles) + "\n";
  out += "pool = " + settings::in_quotes(medium.pool) + "\n";
  if (!medium.user.empty())
    out += "# In the certificate of a closed group.\nuser = " + settings::in_quotes(medium.user) + "\n";
  if (!medium.enrolment.empty())
    out +=
        "# Its authority signs without asking a person.\nenrolment = " + settings::in_quotes(medium.enrolment) + "\n";
  if (!medium.ssh_keys.empty()) out += "# Of the administrator.\nssh_keys = " + quoted_list(medium.ssh_keys) + "\n";
  if (!medium.host_name.empty()) out += "host_name = " + settings::in_quotes(medium.host_name) + "\n";
  return out;
}

groups::GroupConfig demo_group() {
  groups::GroupConfig group;
  group.name = "demo";
  group.name_space = "demo-of-the-grid-appliance";
  return group;
}

}  // namespace ipop::medium
