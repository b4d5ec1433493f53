#include "net/resolv_conf.hpp"

#include <optional>

#include "net/ipv4_address.hpp"

namespace ipop::net {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t most_servers = 3;  // MAXNS of <resolv.h>
constexpr std::string_view blanks = " \t\r";

std::optional<Endpoint> server_of(std::string_view text) {
  if (const auto v4 = parse_ipv4_address(text)) return Endpoint{*v4, dns_port};
  if (const auto v6 = parse_ipv6_address(text); v6 && !v6->is_link_local()) return Endpoint{*v6, dns_port};
  return std::nullopt;
}

}  // namespace

std::vector<Endpoint> parse_resolv_conf(std::string_view text) {
  constexpr std::string_view keyword = "nameserver";
  std::vector<Endpoint> out;
  while (!text.empty() && out.size() < most_servers) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    // The keyword starts the line, and blanks follow it.
    if (!line.starts_with(keyword)) continue;
    line.remove_prefix(keyword.size());
    const std::size_t begin = line.find_first_not_of(blanks);
    if (begin == 0 || begin == std::string_view::npos) continue;
    line = line.substr(begin, line.find_first_of(blanks, begin) - begin);
    if (const auto server = server_of(line)) out.push_back(*server);
  }
  return out;
}

}  // namespace ipop::net
