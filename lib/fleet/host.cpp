#include "fleet/host.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "settings/wording.hpp"

namespace ipop::fleet {
namespace {

using settings::in_quotes;
using settings::malformed;

constexpr std::string_view scheme = "ssh://";
constexpr std::size_t longest_host = 300;  // a name of DNS has 253, and there is a user before it

bool is_plain(char c) {
  const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return is_word || std::string_view("._-@:%+[]").find(c) != std::string_view::npos;
}

std::string_view without_scheme(std::string_view text) {
  return text.starts_with(scheme) ? text.substr(scheme.size()) : text;
}

std::string_view without_user(std::string_view text) {
  return text.substr(text.rfind('@') + 1);  // npos + 1 is 0
}

/// What stands behind the colon; none: there is none, or several and no bracket, as in an IPv6 address.
std::optional<std::string_view> port_of(std::string_view text) {
  std::string_view rest = without_user(without_scheme(text));
  if (rest.starts_with('[')) rest.remove_prefix(std::min(rest.find(']'), rest.size()));
  if (std::ranges::count(rest, ':') != 1) return std::nullopt;
  return rest.substr(rest.find(':') + 1);
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port != 0;
}

std::string_view trimmed(std::string_view line) {
  constexpr std::string_view blanks = " \t\r";
  line = line.substr(0, line.find('#'));
  const auto begin = line.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(blanks) + 1 - begin);
}

}  // namespace

std::string Host::name() const {
  std::string_view rest = without_user(without_scheme(text_));
  if (rest.starts_with('[')) {
    const auto end = rest.find(']');
    return end == std::string_view::npos ? std::string() : std::string(rest.substr(1, end - 1));
  }
  // What has one colon ends with a port; more of them are an IPv6 address.
  if (std::ranges::count(rest, ':') == 1) rest = rest.substr(0, rest.find(':'));
  return std::string(rest);
}

Result<Host> parse_host(std::string_view text) {
  const std::string_view rest = without_scheme(text);
  Host out;
  out.text_ = text.substr(0, longest_host);
  const std::string name = out.name();
  const bool right = text.size() <= longest_host && std::ranges::all_of(rest, is_plain) && !rest.starts_with('-') &&
                     !rest.starts_with('@') && !name.empty() && !name.starts_with('-');
  if (!right)
    return malformed(in_quotes(text.substr(0, longest_host)) +
                     " is no host: NAME, USER@NAME or ssh://USER@NAME:PORT, of letters, digits and . _ - : % + [ ]");
  const auto port = port_of(text);
  if (port && !text.starts_with(scheme))
    return malformed(in_quotes(text) + " is no host: one with a port is ssh://NAME:PORT");
  if (port && !is_port(*port)) return malformed(in_quotes(text) + " has no port from 1 to 65535");
  return out;
}

Result<void> add_host(std::vector<Host>& hosts, std::string_view text) {
  auto host = parse_host(text);
  if (!host) return std::move(host).error();
  if (std::ranges::find(hosts, *host) != hosts.end()) return {Errc::conflict, in_quotes(text) + " is named twice"};
  if (hosts.size() == most_hosts) return {Errc::exhausted, "more than " + std::to_string(most_hosts) + " hosts"};
  hosts.push_back(*std::move(host));
  return {};
}

Result<void> add_host_list(std::vector<Host>& hosts, std::string_view text, std::string_view file) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::string_view host = trimmed(line);
    if (host.empty()) continue;
    if (const auto added = add_host(hosts, host); !added)
      return settings::error_at(file, number, added.error().context);
  }
  return {};
}

}  // namespace ipop::fleet
