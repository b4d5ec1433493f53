#include "authority/authority_announcement.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace ipop::authority {
namespace {

constexpr std::string_view scheme = "https://";

}  // namespace

std::string to_string(const AuthorityAnnouncement& announcement) {
  return std::string(scheme) + to_string(announcement.server) + ' ' + to_hex(announcement.fingerprint);
}

Result<AuthorityAnnouncement> parse_announcement(std::string_view text) {
  const auto wrong = [] { return make_error(Errc::malformed, "not an authority's announcement"); };
  if (!text.starts_with(scheme)) return wrong();
  text.remove_prefix(scheme.size());
  const auto space = text.find(' ');
  if (space == std::string_view::npos) return wrong();
  const auto server = net::parse_endpoint(text.substr(0, space));
  const auto octets = parse_hex(text.substr(space + 1));
  AuthorityAnnouncement out;
  if (!server || server->port == 0 || !octets || octets->size() != out.fingerprint.size()) return wrong();
  out.server = *server;
  std::ranges::copy(*octets, out.fingerprint.begin());
  return out;
}

}  // namespace ipop::authority
