#include "membership.hpp"

#include "io/file.hpp"

namespace ipop::ga_cert {
namespace {

constexpr std::size_t largest_membership_file = 16'384;

}  // namespace

Result<Membership> load_membership(const Context& context, OwnGroup group, const std::string& given_state) {
  const NodeFiles node = files_of(context, group.name).node(given_state);
  const std::string file = node.certificate();
  const auto authority = crypto::Certificate::from_pem(group.config.authority);
  if (!authority) return Error(authority.error()).in(group.path);
  const auto pem = io::read_file(file, largest_membership_file);
  if (!pem) return pem.error();
  const auto present = crypto::Certificate::from_pem(*pem);
  if (!present) return Error(present.error()).in(file);
  const auto key_pem = io::read_secret_file(node.key(), largest_membership_file);
  if (!key_pem) return key_pem.error();
  const auto key = crypto::PrivateKey::from_pem(*key_pem);
  if (!key) return Error(key.error()).in(node.key());
  return Membership{std::move(group), file, *authority, *present, *key};
}

}  // namespace ipop::ga_cert
