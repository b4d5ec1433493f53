// Who decides from another machine. The ledger stays here, and each decision in it says who made it.

#include "desk/authority_desk.hpp"

namespace ipop::desk {

Result<void> AuthorityDesk::name_administrator(const crypto::Digest256& key, WallTime now) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  return record(rules().administrator(key, now), now);
}

Result<void> AuthorityDesk::end_administrator(const crypto::Digest256& key, WallTime now) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  return record(rules().administrator_end(key), now);
}

Result<crypto::Digest256> AuthorityDesk::check_administrator(const crypto::Certificate& member, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  return rules().check_administrator(member, now);
}

}  // namespace ipop::desk
