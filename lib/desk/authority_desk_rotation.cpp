#include "authority/pinned_addresses.hpp"
#include "crypto/sealed_message.hpp"
#include "desk/authority_desk.hpp"

namespace ipop::desk {

Result<Bytes> AuthorityDesk::seal(ByteSpan content, std::span<const crypto::Certificate> readers, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  return crypto::seal_message(content, readers, directory_.signer().key(), authority(), now);
}

Result<crypto::Certificate> AuthorityDesk::take_over(const crypto::Certificate& former, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  // A key that is here already, as from a rotation that was broken off, keeps what it has.
  const authority::LedgerSigned* latest = book().latest(former.key_fingerprint());
  if (latest != nullptr && latest->user == former.user() && book().is_live(*latest, now))
    return crypto::Certificate::from_der(latest->certificate);
  auto granted =
      authority::grant(policy(), {}, {former.user(), authority::addresses_of(former.pinned_addresses()), std::nullopt});
  if (!granted) return std::move(granted).error();
  return issue({former.public_key(), former.key_fingerprint(), *std::move(granted), authority::SignedBy::person}, now);
}

Result<void> AuthorityDesk::leave_out(const std::vector<Bytes>& serials, WallTime now) {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  auto left = rules().left_out(serials);
  if (!left) return std::move(left).error();
  for (authority::LedgerLeftOut& member : *left)
    if (auto noted = directory_.record(std::move(member), now); !noted) return noted;
  return {};
}

}  // namespace ipop::desk
