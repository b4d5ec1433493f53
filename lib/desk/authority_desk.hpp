#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
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
#include "crypto/certificate_authority.hpp"
#include "crypto/certificate_request.hpp"
#include "crypto/revocation_list.hpp"
#include "io/journal.hpp"

namespace ipop::desk {

/// Gives the passphrase of a key; called only when the key has one.
using PassphraseSource = std::function<Result<std::string>()>;

/// An authority's directory, and all that happens over it: requests come in, people decide,
/// certificates and lists go out.
///
/// The ledger is the truth: an entry is on the disk before what it tells of leaves this class, and
/// files beside it are made again from it. Several processes may have a desk over one directory: each
/// call takes the ledger's lock, reads what others wrote, and lets go of it.
class AuthorityDesk {
 public:
  /// Requests that wait for a person.
  static constexpr std::size_t max_waiting = 1000;
  /// Of these, from one source that is named: twenty of them are needed to keep everybody else out.
  static constexpr std::size_t max_waiting_of_source = 50;
  /// Of one request: the longest queue stays below 6 MiB on the disk.
  static constexpr std::size_t max_request = 4096;
  /// Denied requests that are kept, so that a person can think again.
  static constexpr std::size_t max_denied = 200;

  /// Makes the directory of a new authority: key (under the passphrase when there is one),
  /// certificate, policy, ledger. Errors: conflict (there is one already), errno.
  static Result<AuthorityDesk> make(const std::string& directory, const std::string& name,
                                    const std::optional<std::string>& passphrase, std::chrono::seconds life,
                                    WallTime now);

  /// Opens an authority's directory. The key is not read before it is needed, or until unlock().
  /// Errors: not_found (no authority there), malformed (a damaged file: it is named), errno.
  static Result<AuthorityDesk> open(const std::string& directory, PassphraseSource passphrase);

  /// Reads the key, so that nothing is asked later. Errors: not_authorized (open modes, no
  /// passphrase), bad_checksum (wrong passphrase), conflict (another authority's key), errno.
  Result<void> unlock();
  /// Goes on though the clock is more than a day behind the ledger: that was written with a wrong one.
  void trust_clock() { clock_is_right_ = true; }

  [[nodiscard]] const crypto::Certificate& authority() const { return authority_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const authority::AuthorityPolicy& policy() const { return policy_; }
  /// All that the ledger tells, as of the last call.
  [[nodiscard]] const authority::AuthorityBook& book() const { return book_; }
  /// What a person should know of opening: each a line. Empty after the call.
  std::vector<std::string> take_notes();
  /// Reads what other processes wrote. Error: conflict, the ledger is_replaced().
  Result<void> refresh();
  /// Whether another ledger was put in the place of the one that is open, as restore() does.
  [[nodiscard]] bool is_replaced() const { return journal_.is_replaced(); }
  /// Reads all anew that is in the directory by now, but a key that was unlocked. Errors: those of open(), conflict
  /// (another authority); then everything is as it was.
  Result<void> reopen();

  /// How a key's request stands.
  struct State {
    enum class What { waiting, accepted, denied };
    What what = What::waiting;
    std::optional<crypto::Certificate> certificate{};  ///< accepted: the latest
    std::string reason{};                              ///< denied
  };
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

  /// What an enrolment token will be good for.
  struct TokenWish {
    std::uint64_t uses = 1;       ///< 1 to max_uses
    std::chrono::seconds life{};  ///< 1 s to max_token_life
    std::string user{};           ///< empty: whom the policy allows
    std::string note{};           ///< for people: at most 200 octets of printable text
  };
  static constexpr std::uint64_t max_uses = 10'000;
  static constexpr std::chrono::hours max_token_life{24 * 366};
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

  /// Everything that makes this authority, as of this moment. Errors: errno.
  Result<authority::AuthorityBackup> backup(WallTime now);
  /// Makes the directory of a backup; what was there is kept beside it, under the name that comes back (empty: nothing
  /// was there). Errors: conflict (the ledger there has entries that the backup has not, and `replace` is false), what
  /// opening gives, errno.
  static Result<std::string> restore(const std::string& directory, const authority::AuthorityBackup& backup,
                                     bool replace, WallTime now);
  /// How far the ledger has come, signed: what a group is to remember. Errors: those of unlock().
  Result<std::string> sign_mark(WallTime now);
  /// Whether the ledger is the one that a group remembers. Error: conflict, it is behind, or went another way.
  [[nodiscard]] Result<void> compare(const authority::LedgerMark& remembered) const;
  /// Begins a ledger where key and certificate are left; resume() is to follow. Errors: not_authorized (open modes),
  /// errno.
  static Result<void> begin_ledger(const std::string& directory, WallTime now);
  /// Goes on though entries are lost for good: behind what the group remembers, with all whom its revocation list shuts
  /// out. How many of these were taken over. Errors: not_authorized (another authority's list), those of unlock().
  Result<std::size_t> resume(const std::optional<authority::LedgerMark>& remembered,
                             const std::optional<crypto::RevocationList>& list, WallTime now);

  /// Whom to shut out.
  struct Revocation {
    std::optional<crypto::Digest256> key{};
    std::string user{};
    std::string reason{};
  };
  /// Signs the next list and CRL. Errors: conflict (revoked already), exhausted (the list is full).
  Result<crypto::RevocationList> revoke(const Revocation& revocation, WallTime now);
  /// The list as it stands; none before the first revocation.
  Result<std::optional<crypto::RevocationList>> revocations();
  /// The CRL as PEM; one that has come to half its time, or `anew`, is signed again.
  Result<std::string> crl(bool anew, WallTime now);

 private:
  AuthorityDesk(std::string directory, io::Journal journal, PassphraseSource passphrase)
      : directory_(std::move(directory)), journal_(std::move(journal)), passphrase_(std::move(passphrase)) {}

  struct Signing {
    crypto::PublicKey key{};
    crypto::Digest256 fingerprint{};
    authority::Grant grant{};
    authority::SignedBy by{};
    std::optional<crypto::Digest256> replaces{};  ///< the key that this one follows
    std::optional<crypto::Digest256> token{};     ///< what it is a use of: its name
    std::optional<crypto::Digest256> administrator{};
  };
  [[nodiscard]] std::string path_of(std::string_view file) const { return directory_ + "/" + std::string(file); }
  [[nodiscard]] std::string path_of_request(const crypto::Digest256& key) const;
  /// Keeps other processes out for as long as it lives.
  class Turn {
   public:
    explicit Turn(AuthorityDesk& desk) : desk_(desk), taken_(desk.take_turn()) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { desk_.journal_.unlock(); }
    /// False: the ledger could not be locked or read; error() says why.
    explicit operator bool() const { return taken_.has_value(); }
    [[nodiscard]] const Error& error() const { return taken_.error(); }

   private:
    AuthorityDesk& desk_;
    Result<void> taken_;
  };
  Result<void> take_turn();
  Result<void> read_policy();
  Result<void> take_in(const io::Journal::Found& found);
  Result<void> record(authority::LedgerEvent event, WallTime now);
  /// Only while it is this process's turn, and unlocked.
  Result<crypto::Certificate> issue(const Signing& signing, WallTime now);
  Result<crypto::Certificate> sign_fields(const Signing& signing, const std::vector<std::string>& dns_names,
                                          WallTime now);
  Result<void> publish();
  [[nodiscard]] Result<void> check_clock(WallTime now) const;
  [[nodiscard]] Result<State> state_of(const authority::AuthorityBook::Request& request) const;
  Result<State> decide_alone(const crypto::CertificateRequest& request, std::string_view source, WallTime now,
                             const std::optional<crypto::Digest256>& token);
  [[nodiscard]] Result<void> check_token(const authority::EnrolmentToken& token, std::string_view user,
                                         WallTime now) const;
  /// When and why the key or the user was shut out, for its holder.
  [[nodiscard]] std::string revoked_text(const crypto::Digest256& key, std::string_view user) const;
  bool may_note_denial(WallTime now);
  void forget_denied();

  std::string directory_;
  io::Journal journal_;
  PassphraseSource passphrase_;
  std::string name_;
  crypto::Certificate authority_;
  std::optional<crypto::CertificateAuthority> signer_;
  authority::AuthorityPolicy policy_;
  std::optional<std::string> policy_text_;  // what policy_ was read from
  authority::AuthorityBook book_;
  authority::LedgerLink link_{};
  std::vector<std::pair<std::uint64_t, authority::LedgerLink>> links_;  // of each entry, by its count
  std::size_t line_ = 0;
  std::optional<Error> damage_;  // a line of the ledger could not be taken in: nothing is decided any more
  std::vector<std::string> notes_;
  bool clock_is_right_ = false;
  // Denials by policy that still go into the ledger, and since when.
  double denials_left_ = 0;
  WallTime denials_since_{};
};

/// Why a request of this user is not accepted as a matter of course, in words for a person.
std::string other_machine_text(const authority::LedgerSigned& other);

}  // namespace ipop::desk
