#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "authority/authority_backup.hpp"
#include "authority/authority_policy.hpp"
#include "base/group_files.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_authority.hpp"
#include "desk/shared_ledger.hpp"

namespace ipop::desk {

/// Gives the passphrase of a key; called only when the key has one.
using PassphraseSource = std::function<Result<std::string>()>;

/// An authority's directory as one: ledger, certificate, key and policy, which fit each other or do not open. It is
/// made whole, copied whole and put back whole. What happens at the authority is not decided here.
class AuthorityDirectory {
 public:
  /// A new authority: key (under the passphrase when there is one), certificate, policy, ledger; unlocked. Errors:
  /// malformed (name), conflict (there is one already), errno.
  static Result<AuthorityDirectory> make(const std::string& directory, const std::string& name,
                                         const std::optional<std::string>& passphrase, std::chrono::seconds life,
                                         WallTime now);
  /// The key is not read before unlock(). Errors: not_found (no authority there), malformed (a damaged file: it is
  /// named), errno.
  static Result<AuthorityDirectory> open(const std::string& directory, PassphraseSource passphrase);
  /// Begins a ledger where key and certificate are left. Errors: not_authorized (open modes), errno.
  static Result<void> begin_ledger(const std::string& directory, WallTime now);
  /// Makes the directory of a backup; what was there is kept beside it, under the name that comes back (empty: nothing
  /// was there). Errors: conflict (the ledger there has entries that the backup has not, and `replace` is false), what
  /// opening gives, errno.
  static Result<std::string> restore(const std::string& directory, const authority::AuthorityBackup& backup,
                                     bool replace, WallTime now);

  /// Reads all anew that is there by now, but a key that was unlocked. Errors: those of open(), conflict (another
  /// authority); then everything is as it was.
  Result<void> reopen();
  /// Reads the key, once. Errors: not_authorized (open modes, no passphrase), bad_checksum (wrong passphrase), conflict
  /// (another authority's key), errno.
  Result<void> unlock();
  [[nodiscard]] bool is_unlocked() const { return signer_.has_value(); }
  /// Only when it is unlocked.
  [[nodiscard]] const crypto::CertificateAuthority& signer() const { return *signer_; }

  /// A turn of the ledger, with the policy as it is by now.
  class Turn {
   public:
    explicit Turn(AuthorityDirectory& directory)
        : ledger_(directory.ledger_), taken_(ledger_ ? directory.begin_turn() : Result<void>(ledger_.error())) {}
    explicit operator bool() const { return taken_.has_value(); }
    [[nodiscard]] const Error& error() const { return taken_.error(); }

   private:
    SharedLedger::Turn ledger_;
    Result<void> taken_;
  };
  /// Only in a turn; SharedLedger's errors.
  Result<void> record(authority::LedgerEvent event, WallTime now) { return ledger_.record(std::move(event), now); }
  /// Everything that makes this authority, as of this moment; takes its turn. Errors: errno.
  Result<authority::AuthorityBackup> backup(WallTime now);

  [[nodiscard]] const AuthorityFiles& files() const { return files_; }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const crypto::Certificate& authority() const { return authority_; }
  /// As of the last turn.
  [[nodiscard]] const authority::AuthorityPolicy& policy() const { return policy_; }
  [[nodiscard]] const SharedLedger& ledger() const { return ledger_; }
  /// Keeps a line for a person.
  void note(std::string line) { notes_.push_back(std::move(line)); }
  /// These, and those of the ledger; empty after the call.
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 private:
  AuthorityDirectory(AuthorityFiles files, SharedLedger ledger, PassphraseSource passphrase)
      : files_(std::move(files)), ledger_(std::move(ledger)), passphrase_(std::move(passphrase)) {}
  Result<void> begin_turn();

  AuthorityFiles files_;
  SharedLedger ledger_;
  PassphraseSource passphrase_;
  std::string name_;
  crypto::Certificate authority_;
  std::optional<crypto::CertificateAuthority> signer_;
  authority::AuthorityPolicy policy_;
  std::optional<std::string> policy_text_;  // what policy_ was read from
  std::vector<std::string> notes_;
};

}  // namespace ipop::desk
