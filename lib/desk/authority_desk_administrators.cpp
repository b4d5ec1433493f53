// Who decides from another machine. The ledger stays here, and each decision in it says who made it.

#include "crypto/trust_store.hpp"
#include "desk/authority_desk.hpp"

namespace ipop::desk {

Result<void> AuthorityDesk::name_administrator(const crypto::Digest256& key, WallTime now) {
  const Turn turn(*this);
  if (!turn) return turn.error();
  const authority::LedgerSigned* latest = book_.latest(key);
  if (latest == nullptr || !book_.is_live(*latest, now))
    return {Errc::not_found, "this key has no valid certificate: an administrator is a member first"};
  if (book_.administrators().contains(key)) return {Errc::conflict, "the key may decide already"};
  return record(authority::LedgerAdministrator{key, latest->user}, now);
}

Result<void> AuthorityDesk::end_administrator(const crypto::Digest256& key, WallTime now) {
  const Turn turn(*this);
  if (!turn) return turn.error();
  if (!book_.administrators().contains(key)) return {Errc::not_found, "no administrator has this key"};
  return record(authority::LedgerAdministratorEnded{key}, now);
}

Result<crypto::Digest256> AuthorityDesk::check_administrator(const crypto::Certificate& member, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  const auto group = crypto::TrustStore::closed_group(authority_);
  if (!group) return group.error();
  const auto who = (*group)->verify(member, now);
  if (!who) return {Errc::not_authorized, who.error().message()};
  if (book_.is_revoked(who->key, who->user)) return {Errc::not_authorized, "the key or the user is revoked"};
  if (!book_.administrators().contains(who->key))
    return {Errc::not_authorized,
            "this machine's key is no administrator's: on the authority's machine, ga-cert admin "
            "add " +
                who->user};
  return who->key;
}

}  // namespace ipop::desk
