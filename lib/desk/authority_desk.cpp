// The desk and its directory, and what the authority signs.

#include "desk/authority_desk.hpp"

#include <algorithm>

#include "authority/pinned_addresses.hpp"
#include "base/hex.hpp"
#include "desk/damaged.hpp"
#include "desk/random_serial.hpp"
#include "io/file.hpp"

namespace ipop::desk {
namespace {

constexpr const char* taken_over = "taken over from the group's list";

}  // namespace

Result<AuthorityDesk> AuthorityDesk::make(const std::string& directory, const std::string& name,
                                          const std::optional<std::string>& passphrase, std::chrono::seconds life,
                                          WallTime now) {
  auto made = AuthorityDirectory::make(directory, name, passphrase, life, now);
  if (!made) return std::move(made).error();
  AuthorityDesk desk(*std::move(made));
  {
    // Over before the desk moves to the caller: a turn ends where it was taken.
    const Turn turn(desk.directory_);
    if (!turn) return turn.error();
    // The authority is there all the same: crl() makes the list when it can.
    if (auto published = desk.publish(); !published)
      desk.directory_.note("the authority is made, but not its CRL: " + published.error().message());
  }
  return desk;
}

Result<AuthorityDesk> AuthorityDesk::open(const std::string& directory, PassphraseSource passphrase) {
  auto opened = AuthorityDirectory::open(directory, std::move(passphrase));
  if (!opened) return std::move(opened).error();
  return AuthorityDesk(*std::move(opened));
}

Result<void> AuthorityDesk::refresh() {
  const Turn turn(directory_);
  if (!turn) return turn.error();
  return {};
}

Result<crypto::Certificate> AuthorityDesk::issue(const Signing& signing, WallTime now) {
  if (auto good = book().check_grant(policy(), signing.fingerprint, signing.grant, now, signing.replaces); !good)
    return std::move(good).error();
  auto certificate = sign_fields(signing, {}, now);
  if (certificate) requests_.remove(signing.fingerprint);
  return certificate;
}

Result<crypto::Certificate> AuthorityDesk::sign_fields(const Signing& signing,
                                                       const std::vector<std::string>& dns_names, WallTime now) {
  if (auto good = check_clock(now); !good) return std::move(good).error();
  crypto::CertificateAuthority::Fields fields;
  fields.user = signing.grant.user;
  fields.group = name();
  fields.pinned_addresses = authority::pinned_of(signing.grant.addresses);
  fields.dns_names = dns_names;
  fields.serial = random_serial();
  fields.not_before = std::max(now - crypto::validity_head_start, authority().not_before());
  fields.not_after = std::min(now + signing.grant.life, authority().not_after());
  auto certificate = directory_.signer().sign(signing.key, fields);
  if (!certificate) return certificate;
  const authority::LedgerSigned event{signing.fingerprint,
                                      signing.grant.user,
                                      signing.grant.addresses,
                                      certificate->serial(),
                                      certificate->not_before(),
                                      certificate->not_after(),
                                      signing.by,
                                      certificate->der(),
                                      signing.token,
                                      signing.administrator};
  if (auto noted = directory_.record(event, now); !noted) return std::move(noted).error();
  // The ledger has it: whatever happens to the copy, it can be printed again.
  const std::string copy = directory_.files().issued(to_hex(certificate->serial()));
  if (auto copied = io::write_file_atomically(copy, certificate->to_pem(), 0644); !copied)
    directory_.note("the certificate is signed, but " + copied.error().message());
  return certificate;
}

Result<crypto::Certificate> AuthorityDesk::sign_server(const crypto::PublicKey& key,
                                                       const std::vector<crypto::PinnedAddress>& addresses,
                                                       const std::vector<std::string>& dns_names, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const auto fingerprint = crypto::key_fingerprint_of(key);
  if (!fingerprint) return fingerprint.error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  const authority::Grant granted{name() + " authority", authority::addresses_of(addresses), policy().life};
  return sign_fields({key, *fingerprint, granted, authority::SignedBy::server}, dns_names, now);
}

Result<crypto::RevocationList> AuthorityDesk::revoke(const Revocation& revocation, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  {
    const Turn turn(directory_);
    if (!turn) return turn.error();
    if (auto good = check_clock(now); !good) return std::move(good).error();
    if (auto noted = record(rules().revocation(revocation), now); !noted) return std::move(noted).error();
    if (auto published = publish(); !published) return std::move(published).error();
  }
  auto list = revocations();
  if (!list) return std::move(list).error();
  return **std::move(list);
}

Result<std::optional<crypto::RevocationList>> AuthorityDesk::revocations() {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  if (book().list_number() == 0) return std::optional<crypto::RevocationList>();
  if (auto list = lists_.list(book(), authority())) return list;
  // Lost or behind, as when a process was killed between ledger and list: made again from the ledger.
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  if (auto published = publish(); !published) return std::move(published).error();
  if (auto list = lists_.list(book(), authority())) return list;
  return damaged(directory_.files().revocations(), "it can't be read back");
}

Result<std::string> AuthorityDesk::crl(bool anew, WallTime now) {
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  auto pem = lists_.crl();
  const bool is_aged = PublishedLists::is_aged(book(), now);
  if (pem && PublishedLists::is_current(book(), *pem) && !is_aged && !anew) return pem;
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  const Turn turn(directory_);
  if (!turn) return turn.error();
  if (is_aged || anew) {
    if (auto good = check_clock(now); !good) return std::move(good).error();
    if (auto noted = directory_.record(authority::LedgerCrl{}, now); !noted) return std::move(noted).error();
  }
  if (auto published = publish(); !published) return std::move(published).error();
  return lists_.crl();
}

Result<std::string> AuthorityDesk::sign_mark(WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  if (auto refreshed = refresh(); !refreshed) return std::move(refreshed).error();
  return authority::sign_ledger_mark(directory_.ledger().mark(now), authority(), directory_.signer().key());
}

Result<std::size_t> AuthorityDesk::resume(const std::optional<authority::LedgerMark>& remembered,
                                          const std::optional<crypto::RevocationList>& list, WallTime now) {
  if (auto unlocked = unlock(); !unlocked) return std::move(unlocked).error();
  if (list && !list->is_signed_by(authority().public_key()))
    return {Errc::not_authorized, "the revocation list is another authority's"};
  const Turn turn(directory_);
  if (!turn) return turn.error();
  if (auto good = check_clock(now); !good) return std::move(good).error();
  std::size_t taken = 0;
  const auto take = [&](const std::optional<crypto::Digest256>& key, const std::string& user) -> Result<void> {
    const bool known = std::ranges::any_of(book().revocations(), [&](const auto& it) {
      return key ? it.event.key == key : !it.event.key && it.event.user == user;
    });
    if (known) return {};
    ++taken;
    return directory_.record(authority::LedgerRevoked{key, user, taken_over, book().list_number() + 1}, now);
  };
  if (list) {
    for (const crypto::Digest256& key : list->keys())
      if (auto noted = take(key, {}); !noted) return std::move(noted).error();
    for (const std::string& user : list->users())
      if (auto noted = take(std::nullopt, user); !noted) return std::move(noted).error();
  }
  // Last: with this entry the ledger counts as the group's, and nobody asks any more what it lacks.
  const std::uint64_t count = std::max(remembered ? remembered->count : 0, book().count());
  const std::uint64_t number = std::max(list ? list->number() + 1 : 0, book().list_number());
  if (auto noted = directory_.record(authority::LedgerResumed{count, number}, now); !noted)
    return std::move(noted).error();
  if (auto published = publish(); !published) return std::move(published).error();
  return taken;
}

}  // namespace ipop::desk
