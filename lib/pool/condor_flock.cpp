#include "pool/condor_flock.hpp"

#include <algorithm>
#include <array>

#include "groups/group_config.hpp"
#include "settings/wording.hpp"

namespace ipop::pool {
namespace {

constexpr std::string_view first_word = "ga-flock ";
constexpr std::string_view first_line = "ga-flock 1";
constexpr std::array<std::string_view, 4> keys{"domain", "manager", "network", "token"};
constexpr std::size_t longest_token = 4096;

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

}  // namespace

Result<void> check_token(std::string_view token) {
  const auto wrong = [] {
    return Result<void>(make_error(make_error_code(Errc::malformed), "not a token of HTCondor"));
  };
  if (token.size() > longest_token) return wrong();
  for (int part = 0; part < 3; ++part) {
    const auto dot = token.find('.');
    const std::string_view here = token.substr(0, dot);
    if (here.empty() || !std::ranges::all_of(here, is_base64url)) return wrong();
    if ((dot == std::string_view::npos) != (part == 2)) return wrong();
    if (part < 2) token.remove_prefix(dot + 1);
  }
  return {};
}

std::string to_string(const FlockPass& pass) {
  return std::string(first_line) + "\ndomain " + pass.partner.domain + "\nmanager " + to_string(pass.partner.manager) +
         "\nnetwork " + to_string(pass.partner.prefix) + "\ntoken " + pass.token + "\n";
}

Result<FlockPass> parse_flock_pass(std::string_view text, std::string_view file) {
  std::array<std::string_view, keys.size()> values;
  for (std::size_t line = 0; line <= keys.size(); ++line) {
    const auto feed = text.find('\n');
    const std::string_view here = text.substr(0, feed);
    if (line == 0 && here != first_line)
      return here.starts_with(first_word)
                 ? make_error(Errc::unsupported, "a flock file of a later version")
                 : settings::error_at(file, 1, "no flock file; `ga-condorcfg flock export` writes one");
    if (feed == std::string_view::npos) return settings::error_at(file, line + 1, "the flock file is cut off");
    if (line > 0) {
      const std::string_view key = keys[line - 1];
      if (!here.starts_with(key) || here.substr(key.size(), 1) != " ")
        return settings::error_at(file, line + 1, "here the flock file has the line \"" + std::string(key) + " ...\"");
      values[line - 1] = here.substr(key.size() + 1);
    }
    text.remove_prefix(feed + 1);
  }
  if (!text.empty())
    return settings::error_at(file, keys.size() + 2, "something stands behind the end of the flock file");
  FlockPass out;
  if (auto good = groups::check_domain(values[0]); !good) return settings::error_at(file, 2, good.error().context);
  out.partner.domain = values[0];
  const auto manager = net::parse_ipv4_address(values[1]);
  if (!manager) return settings::error_at(file, 3, "the manager is no IPv4 address");
  out.partner.manager = *manager;
  const auto prefix = groups::parse_prefix(values[2]);
  if (!prefix) return settings::error_at(file, 4, prefix.error().context);
  if (!prefix->contains(*manager)) return settings::error_at(file, 4, "the manager is not in this network");
  out.partner.prefix = *prefix;
  if (auto good = check_token(values[3]); !good) return settings::error_at(file, 5, good.error().context);
  out.token = values[3];
  return out;
}

}  // namespace ipop::pool
