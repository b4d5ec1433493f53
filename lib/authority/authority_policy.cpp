#include "authority/authority_policy.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "settings/toml_reader.hpp"
#include "settings/wording.hpp"

namespace ipop::authority {
namespace {

constexpr std::array<std::string_view, 6> policy_keys{
    "life_hours", "accept_automatically", "accept_tokens", "quota", "users", "pinned"};
constexpr std::size_t max_users = 10'000;
constexpr std::size_t max_pinned = 8;  // as many as a certificate may have
constexpr std::size_t max_user = 64;
constexpr std::string_view pinned_example = "bob = [\"10.128.0.7\"]";

/// The length of the well-formed UTF-8 sequence at the start of `text`; 0: none, or a control
/// character, a separator of lines, or one that changes how its neighbours are read.
std::size_t printable_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = at(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  char32_t point = first & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0U) != 0x80) return 0;
    point = (point << 6U) | (at(i) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
  const auto in = [&](char32_t low, char32_t high) { return point >= low && point <= high; };
  const bool unsafe = in(0x80, 0x9f) || in(0x61c, 0x61c) || in(0x200b, 0x200f) || in(0x2028, 0x202e) ||
                      in(0x2060, 0x206f) || in(0xfeff, 0xfeff) || in(0xd800, 0xdfff) || point > 0x10ffff;
  return point < smallest[length] || unsafe ? 0 : length;
}

Result<void> check_written_user(std::string_view name) {
  // What is not ASCII is read as question marks, so one may be another name than was meant.
  if (name.find('?') == std::string_view::npos) return check_user(name);
  return settings::malformed(
      "the user " + settings::in_quotes(name) +
      " has a question mark, or a character outside ASCII, which is written as an escape like \\u00fc");
}

Result<void> take_pinned(std::string_view user, const std::vector<std::string>& texts, AuthorityPolicy& out) {
  if (auto good = check_written_user(user); !good) return good;
  if (out.pinned.size() == max_users) return settings::malformed("more than 10000 users with addresses");
  std::vector<net::Ipv4Address>& addresses = out.pinned[std::string(user)];
  for (const std::string& text : texts) {
    const auto address = net::parse_ipv4_address(text);
    if (!address)
      return settings::malformed(settings::in_quotes(text) + " is no IPv4 address, like " +
                                 settings::in_quotes("10.128.0.7"));
    addresses.push_back(*address);
  }
  if (!addresses.empty() && addresses.size() <= max_pinned) return {};
  return settings::malformed("the user " + settings::in_quotes(user) + " needs 1 to 8 addresses, like " +
                             std::string(pinned_example));
}

/// A basic string of TOML in ASCII.
std::string toml_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max<std::size_t>(printable_length(text.substr(i)), 1);
    if (length == 1) {
      if (text[i] == '"' || text[i] == '\\') out.push_back('\\');
      out.push_back(text[i]);
    } else {
      auto point = static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
      if (length > 1) point &= 0x7fU >> length;
      for (std::size_t j = 1; j < length; ++j)
        point = (point << 6U) | (static_cast<unsigned char>(text[i + j]) & 0x3fU);
      out += "\\U";
      for (unsigned shift = 32; shift > 0; shift -= 4)
        out.push_back("0123456789abcdef"[(point >> (shift - 4)) & 0xfU]);
    }
    i += length;
  }
  return out + "\"";
}

Result<void> check_life(std::chrono::seconds life) {
  if (life >= std::chrono::hours(1) && life <= AuthorityPolicy::longest_life) return {};
  return {Errc::out_of_range, "a certificate lives 1 hour to 90 days"};
}

Result<void> check_allowed(const AuthorityPolicy& policy, std::string_view user) {
  if (auto good = check_user(user); !good) return good;
  if (policy.allows_user(user)) return {};
  return {Errc::not_authorized, "the policy of this authority has no user " + settings::in_quotes(user)};
}

}  // namespace

bool AuthorityPolicy::allows_user(std::string_view user) const {
  return users.empty() || std::ranges::find(users, user) != users.end();
}

bool AuthorityPolicy::pins(std::string_view user, net::Ipv4Address address) const {
  const auto it = pinned.find(std::string(user));
  return it != pinned.end() && std::ranges::find(it->second, address) != it->second.end();
}

Result<void> check_user(std::string_view user) {
  if (user.empty()) return settings::malformed("the request names no user");
  bool good = user.size() <= max_user && user.front() != ' ' && user.back() != ' ';
  for (std::size_t i = 0; good && i < user.size();) {
    const std::size_t length = printable_length(user.substr(i));
    good = length != 0;
    i += length;
  }
  if (good) return {};
  return settings::malformed("a user is 1 to 64 octets of printable text without spaces at the ends");
}

Result<AuthorityPolicy> parse_authority_policy(std::string_view text, std::string_view file) {
  using std::chrono::hours;
  settings::TomlReader reader(text, file, policy_keys);
  AuthorityPolicy out;
  constexpr std::int64_t most_hours = AuthorityPolicy::longest_life / hours(1);
  if (const auto life = reader.number("life_hours", 1, most_hours, most_hours)) out.life = hours(*life);
  reader.flag("accept_automatically", out.accept_automatically);
  reader.flag("accept_tokens", out.accept_tokens);
  if (const auto quota = reader.number("quota", 1, 10'000, 8)) out.quota = static_cast<std::size_t>(*quota);
  reader.texts("users", "users = [\"bob\"]", [&](std::string_view user) {
    if (out.users.size() == max_users) return Result<void>(settings::malformed("more than 10000 users"));
    out.users.emplace_back(user);
    return check_written_user(user);
  });
  reader.lists("pinned", pinned_example, [&](std::string_view user, const std::vector<std::string>& texts) {
    return take_pinned(user, texts, out);
  });
  if (reader.failed()) return *reader.failed();
  return out;
}

std::string to_toml(const AuthorityPolicy& policy) {
  std::string out;
  out += "# What this authority signs. A change holds from the next decision on; ga-cert(1) explains each key.\n\n";
  out += "# How long a certificate lives: 2160 are 90 days.\nlife_hours = " +
         std::to_string(std::chrono::duration_cast<std::chrono::hours>(policy.life).count()) + "\n\n";
  out += "# false: a person accepts or denies every request. true: what this file allows is signed at once.\n";
  out += std::string("accept_automatically = ") + (policy.accept_automatically ? "true" : "false") + "\n\n";
  out += "# true: what this file allows is signed at once for who shows a token of `ga-cert token new`.\n";
  out += std::string("accept_tokens = ") + (policy.accept_tokens ? "true" : "false") + "\n\n";
  out += "# How many keys of one user may have a live certificate.\nquota = " + std::to_string(policy.quota) + "\n\n";
  out += "# Who may have a certificate; an empty list: anybody whom a person accepts.\nusers = [";
  for (const std::string& user : policy.users)
    out += "\n  " + toml_text(user) + ",";
  out += policy.users.empty() ? "]\n\n" : "\n]\n\n";
  out += "# Addresses that a user's certificates may be pinned to without a person's word, as\n";
  out += "# bob = [\"10.128.0.7\"]\n[pinned]\n";
  for (const auto& [user, addresses] : policy.pinned) {
    out += toml_text(user) + " = [";
    for (std::size_t i = 0; i < addresses.size(); ++i)
      out += (i == 0 ? "" : ", ") + settings::in_quotes(to_string(addresses[i]));
    out += "]\n";
  }
  return out;
}

Result<std::optional<Grant>> judge(const AuthorityPolicy& policy, const Asked& asked, bool has_token) {
  if (auto good = check_allowed(policy, asked.user); !good) return std::move(good).error();
  const bool pinned = std::ranges::all_of(asked.addresses, [&](auto it) { return policy.pins(asked.user, it); });
  const bool may_alone = policy.accept_automatically || (policy.accept_tokens && has_token);
  if (!may_alone || !pinned) return std::optional<Grant>();
  return std::optional(Grant{asked.user, asked.addresses, policy.life});
}

Result<Grant> grant(const AuthorityPolicy& policy, const Asked& asked, const Wishes& wishes) {
  Grant out{wishes.user.empty() ? asked.user : wishes.user, wishes.addresses.value_or(asked.addresses),
            wishes.life.value_or(policy.life)};
  if (auto good = check_allowed(policy, out.user); !good) return std::move(good).error();
  if (auto good = check_life(out.life); !good) return std::move(good).error();
  if (wishes.addresses) return out;
  for (const net::Ipv4Address address : out.addresses) {
    if (!policy.pins(out.user, address))
      return {Errc::not_authorized,
              "the request asks to be pinned to " + to_string(address) + ", which the policy does not give this user"};
  }
  return out;
}

}  // namespace ipop::authority
