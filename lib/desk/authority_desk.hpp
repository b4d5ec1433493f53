#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authority/authority_backup.hpp"
#include "authority/authority_book.hpp"
#include "authority/authority_policy.hpp"
#include "authority/enrolment_token.hpp"
#include "authority/ledger_mark.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/revocation_list.hpp"
#include "desk/authority_directory.hpp"
#include "desk/authority_rules.hpp"
#include "desk/denial_pace.hpp"
#include "desk/published_lists.hpp"
#include "desk/request_files.hpp"

namespace ipop::desk {

/// All that happens at an authority: requests come in, people decide, certificates and lists go out.
///
/// Each call takes the ledger's turn, asks the rules, records the entry, and lets go: an entry is on the disk before
/// what it tells of leaves this class. Several processes may have a desk over one directory.
class AuthorityDesk {
 public:
  static constexpr std::size_t max_waiting = AuthorityRules::max_waiting;
  static constexpr std::size_t max_waiting_of_source = AuthorityRules::max_waiting_of_source;
  using State = RequestState;
  using TokenWish = desk::TokenWish;
  using Revocation = desk::Revocation;

  // The directory as one: AuthorityDirectory's contract.
  static Result<AuthorityDesk> make(const std::string& directory, const std::string& name,
                                    const std::optional<std::string>& passphrase, std::chrono::seconds life,
                                    WallTime now);
  static Result<AuthorityDesk> open(const std::string& directory, PassphraseSource passphrase);
  static Result<std::string> restore(const std::string& directory, const authority::AuthorityBackup& backup,
                                     bool replace, WallTime now) {
    return AuthorityDirectory::restore(directory, backup, replace, now);
  }
  /// resume() is to follow.
  static Result<void> begin_ledger(const std::string& directory, WallTime now) {
    return AuthorityDirectory::begin_ledger(directory, now);
  }
  Result<authority::AuthorityBackup> backup(WallTime now) { return directory_.backup(now); }
  Result<void> reopen() { return directory_.reopen(); }
  /// Reads the key, so that nothing is asked later.
  Result<void> unlock() { return directory_.unlock(); }
  /// Goes on though the clock is more than a day behind the ledger: that was written with a wrong one.
  void trust_clock() { clock_is_right_ = true; }

  [[nodiscard]] const crypto::Certificate& authority() const { return directory_.authority(); }
  [[nodiscard]] const std::string& name() const { return directory_.name(); }
  [[nodiscard]] const std::string& directory() const { return directory_.files().directory(); }
  [[nodiscard]] const authority::AuthorityPolicy& policy() const { return directory_.policy(); }
  /// All that the ledger tells, as of the last call.
  [[nodiscard]] const authority::AuthorityBook& book() const { return directory_.ledger().book(); }
  /// What a person should know of opening and signing: each a line. Empty after the call.
  std::vector<std::string> take_notes() { return directory_.take_notes(); }
  /// Reads what other processes wrote. Error: conflict, the ledger is_replaced().
  Result<void> refresh();
  /// Whether another ledger was put in the place of the one that is open, as restore() does.
  [[nodiscard]] bool is_replaced() const { return directory_.ledger().is_replaced(); }

  /// Takes a request. A key that was here before gets the state of its first request. `source` says
  /// where it came from, for the ledger (an address). With a `token` a certificate is signed at once
  /// where the policy allows that, and the token has one use less. Errors: too_large, exhausted (too many
  /// wait, in all or of this source), not_authorized (no such token, taken back, used up, or another user's), expired
  /// (the token), what writing gives.
  Result<State> submit(const crypto::CertificateRequest& request, std::string_view source, WallTime now,
                       const std::optional<authority::EnrolmentToken>& token = std::nullopt);
  /// Error: not_found (no request of this key).
  Result<State> look_up(const crypto::Digest256& key_fingerprint);
  /// A certificate like `present`, for the key of the request. `present` must be valid at this time;
  /// that its holder sent the request is the caller's to prove. Another key must ask for the same
  /// user. Who asks again with the certificate before gets the one that was signed. Errors:
  /// not_authorized (not of this authority, revoked, another user), expired, exhausted (quota, or too
  /// many live certificates of one key).
  Result<State> renew(const crypto::Certificate& present, const crypto::CertificateRequest& request, WallTime now);
  /// A certificate for the authority's own HTTPS server; no member's, so it counts for no quota.
  Result<crypto::Certificate> sign_server(const crypto::PublicKey& key,
                                          const std::vector<crypto::PinnedAddress>& addresses,
                                          const std::vector<std::string>& dns_names, WallTime now);

  /// A request that waits, or was denied and is still kept. Error: not_found.
  Result<crypto::CertificateRequest> request(const crypto::Digest256& key_fingerprint);
  /// A person's yes. Errors: not_found, those of authority::grant, conflict (an address is another
  /// key's; or the user has another machine, and the wishes do not say that this was considered), exhausted (quota),
  /// not_authorized (revoked).
  /// `administrator`: the key of who said it from another machine.
  Result<crypto::Certificate> accept(const crypto::Digest256& key_fingerprint, const authority::Wishes& wishes,
                                     WallTime now,
                                     const std::optional<crypto::Digest256>& administrator = std::nullopt);
  /// Likewise for a request that came to the person by hand.
  Result<crypto::Certificate> sign(const crypto::CertificateRequest& request, const authority::Wishes& wishes,
                                   WallTime now, const std::optional<crypto::Digest256>& administrator = std::nullopt);
  /// A person's no; the reason (1 to 500 octets of printable text) reaches the requester. Errors:
  /// not_found, malformed (reason), conflict (accepted already: revoke it).
  Result<void> deny(const crypto::Digest256& key_fingerprint, std::string_view reason, WallTime now,
                    const std::optional<crypto::Digest256>& administrator = std::nullopt);
  /// Lets a member's key decide about requests from another machine. Errors: not_found (no live certificate of this
  /// key), conflict (it may already).
  Result<void> name_administrator(const crypto::Digest256& key, WallTime now);
  /// Error: not_found.
  Result<void> end_administrator(const crypto::Digest256& key, WallTime now);
  /// Whether the holder of `member` may decide: a live certificate of this authority, with a key that was named. The
  /// key; error: not_authorized.
  Result<crypto::Digest256> check_administrator(const crypto::Certificate& member, WallTime now);
  /// What accept or sign would grant, without doing it.
  Result<authority::Grant> preview(const crypto::CertificateRequest& request, const authority::Wishes& wishes,
                                   WallTime now);
  /// A person's renewal of a certificate; `key` other than the present one only with a request.
  Result<crypto::Certificate> renew_by_hand(const crypto::Certificate& present, const crypto::PublicKey& key,
                                            std::optional<std::chrono::seconds> life, WallTime now);

  /// Makes an enrolment token: its secret is kept nowhere. Errors: not_authorized (the policy takes no
  /// tokens, or excludes the user), out_of_range, malformed (user, note), what writing gives.
  Result<authority::EnrolmentToken> make_token(const TokenWish& wish, WallTime now);
  /// Takes a token back. Errors: not_found, conflict (taken back already).
  Result<void> end_token(const crypto::Digest256& name, WallTime now);

  /// What only the holders of the readers' keys can read, signed by this authority (see
  /// crypto::seal_message, whose errors it has).
  Result<Bytes> seal(ByteSpan content, std::span<const crypto::Certificate> readers, WallTime now);
  /// A certificate like that of `former`, a member of the authority that this one follows. That it was a
  /// valid one is the caller's to judge. Errors: those of sign().
  Result<crypto::Certificate> take_over(const crypto::Certificate& former, WallTime now);
  /// Notes whom a rotation of the group leaves behind: certificates by their serial numbers. Error:
  /// not_found.
  Result<void> leave_out(const std::vector<Bytes>& serials, WallTime now);

  /// How far the ledger has come, signed: what a group is to remember. Errors: those of unlock().
  Result<std::string> sign_mark(WallTime now);
  /// Whether the ledger is the one that a group remembers. Error: conflict, it is behind, or went another way.
  [[nodiscard]] Result<void> compare(const authority::LedgerMark& remembered) const {
    return directory_.ledger().compare(remembered);
  }
  /// Goes on though entries are lost for good: behind what the group remembers, with all whom its revocation list shuts
  /// out. How many of these were taken over. Errors: not_authorized (another authority's list), those of unlock().
  Result<std::size_t> resume(const std::optional<authority::LedgerMark>& remembered,
                             const std::optional<crypto::RevocationList>& list, WallTime now);

  /// Signs the next list and CRL. Errors: conflict (revoked already), exhausted (the list is full).
  Result<crypto::RevocationList> revoke(const Revocation& revocation, WallTime now);
  /// The list as it stands; none before the first revocation.
  Result<std::optional<crypto::RevocationList>> revocations();
  /// The CRL as PEM; one that has come to half its time, or `anew`, is signed again.
  Result<std::string> crl(bool anew, WallTime now);

 private:
  using Turn = AuthorityDirectory::Turn;

  explicit AuthorityDesk(AuthorityDirectory directory)
      : directory_(std::move(directory)), requests_(directory_.files()), lists_(directory_.files()) {}

  [[nodiscard]] AuthorityRules rules() const { return {book(), policy(), authority()}; }
  [[nodiscard]] Result<void> check_clock(WallTime now) const { return rules().check_clock(now, clock_is_right_); }
  /// Records the entry when the rules gave one; only in a turn.
  template <class Entry>
  Result<void> record(Result<Entry> allowed, WallTime now) {
    if (!allowed) return std::move(allowed).error();
    return directory_.record(*std::move(allowed), now);
  }
  /// Signs and records; only in a turn, and unlocked. issue() does it where book and policy have room.
  Result<crypto::Certificate> issue(const Signing& signing, WallTime now);
  Result<crypto::Certificate> sign_fields(const Signing& signing, const std::vector<std::string>& dns_names,
                                          WallTime now);
  Result<void> publish() { return lists_.write(book(), directory_.signer()); }
  Result<State> decide_alone(const crypto::CertificateRequest& request, std::string_view source, WallTime now,
                             const std::optional<crypto::Digest256>& token);
  Result<State> deny_alone(const crypto::CertificateRequest& request, const Error& why, WallTime now);

  AuthorityDirectory directory_;
  RequestFiles requests_;
  PublishedLists lists_;
  DenialPace denials_;
  bool clock_is_right_ = false;
};

/// Why a request of this user is not accepted as a matter of course, in words for a person.
std::string other_machine_text(const authority::LedgerSigned& other);

}  // namespace ipop::desk
