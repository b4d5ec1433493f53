#include "group_trust.hpp"

#include "base/group_files.hpp"
#include "crypto/revocation_list.hpp"
#include "io/file.hpp"
#include "server_files.hpp"

namespace ipop::ipop_dhcp {
namespace {

constexpr std::size_t largest_list = std::size_t{8} << 20U;

}  // namespace

std::string GroupTrust::list_file(const std::string& group) const {
  return GroupFiles(group, context_.options.groups, context_.options.states).node().revocations();
}

std::shared_ptr<const crypto::TrustStore> GroupTrust::of(const leasebook::LeaseGroup& group) {
  const std::string stamp = io::file_stamp(GroupFiles(group.name, context_.options.groups).config()) + "|" +
                            io::file_stamp(list_file(group.name));
  Known& known = known_[group.name];
  if (known.stamp == stamp) return known.trust;
  known = {stamp, read(group)};
  return known.trust;
}

std::shared_ptr<const crypto::TrustStore> GroupTrust::read(const leasebook::LeaseGroup& group) const {
  const auto config = load_group_file(context_, group.name);
  if (!config || config->name_space != group.name_space) return nullptr;
  if (config->authority.empty()) return crypto::TrustStore::open_group();
  const auto authority = crypto::Certificate::from_pem(config->authority);
  if (!authority) return nullptr;
  auto trust = crypto::TrustStore::closed_group(*authority);
  if (!trust) return nullptr;
  const std::string path = list_file(group.name);
  if (!io::exists(path)) return *trust;
  // A list that is there and can't be read may name somebody: nobody is a member until it can.
  const auto text = io::read_file(path, largest_list);
  if (!text) return nullptr;
  auto list = crypto::decode_revocation_list(as_bytes(*text));
  if (!list) return nullptr;
  auto newer = (*trust)->with_revocations(*std::move(list));
  return newer ? *newer : nullptr;
}

}  // namespace ipop::ipop_dhcp
