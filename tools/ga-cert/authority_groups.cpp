#include "authority_groups.hpp"

#include <optional>

#include "closed_group.hpp"
#include "groups/group_config.hpp"
#include "io/file.hpp"
#include "io/group_names.hpp"
#include "node_connection.hpp"

namespace ipop::ga_cert {
namespace {

constexpr std::size_t largest_member_file = std::size_t{1} << 20U;

/// The authority of a group's file; none: an open group, or a file that can't be read.
std::optional<crypto::Digest256> authority_of(const Context& context, const std::string& group) {
  const auto text = io::read_file(files_of(context, group).config(), largest_member_file);
  if (!text) return std::nullopt;
  const auto config = groups::parse_group_config(*text, group);
  if (!config || config->authority.empty()) return std::nullopt;
  const auto authority = crypto::Certificate::from_pem(config->authority);
  if (!authority) return std::nullopt;
  return authority->fingerprint();
}

}  // namespace

Result<std::vector<AuthorityGroup>> groups_of_authority(const Context& context, const crypto::Certificate& authority,
                                                        const std::string& group) {
  std::vector<AuthorityGroup> out;
  if (!context.options.socket.empty()) {
    out.push_back({group.empty() ? authority.user() : group, context.options.socket});
    return out;
  }
  if (!group.empty()) {
    out.push_back({group, tools::socket_of_group(group)});
    return out;
  }
  const auto names = io::group_names(context.options.groups);
  if (!names) return names.error();
  for (const std::string& name : *names)
    if (has_authority(context, name, authority)) out.push_back({name, tools::socket_of_group(name)});
  return out;
}

bool has_authority(const Context& context, const std::string& group, const crypto::Certificate& authority) {
  return authority_of(context, group) == authority.fingerprint();
}

Result<std::vector<std::string>> closed_group_names(const Context& context) {
  const auto names = io::group_names(context.options.groups);
  if (!names) return names.error();
  std::vector<std::string> out;
  for (const std::string& name : *names)
    if (authority_of(context, name)) out.push_back(name);
  return out;
}

}  // namespace ipop::ga_cert
