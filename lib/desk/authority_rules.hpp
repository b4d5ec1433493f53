#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "authority/authority_book.hpp"
#include "authority/authority_policy.hpp"
#include "authority/enrolment_token.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"

namespace ipop::desk {

/// How a key's request stands.
struct RequestState {
  enum class What { waiting, accepted, denied };
  What what = What::waiting;
  std::optional<crypto::Certificate> certificate{};  ///< accepted: the latest
  std::string reason{};                              ///< denied
};

/// A certificate that is to be signed.
struct Signing {
  crypto::PublicKey key{};
  crypto::Digest256 fingerprint{};
  authority::Grant grant{};
  authority::SignedBy by{};
  std::optional<crypto::Digest256> replaces{};  ///< the key that this one follows
  std::optional<crypto::Digest256> token{};     ///< what it is a use of: its name
  std::optional<crypto::Digest256> administrator{};
};

/// What an enrolment token will be good for.
struct TokenWish {
  std::uint64_t uses = 1;       ///< 1 to AuthorityRules::max_uses
  std::chrono::seconds life{};  ///< 1 s to AuthorityRules::max_token_life
  std::string user{};           ///< empty: whom the policy allows
  std::string note{};           ///< for people: at most 200 octets of printable text
};

/// Whom to shut out.
struct Revocation {
  std::optional<crypto::Digest256> key{};
  std::string user{};
  std::string reason{};
};

/// What an authority may do, by its ledger, its policy and its certificate. It reads these three and changes nothing:
/// what is allowed comes back as the entry to record, or as the certificate to sign. Whoever asks it holds the turn.
class AuthorityRules {
 public:
  /// Requests that wait for a person.
  static constexpr std::size_t max_waiting = 1000;
  /// Of these, from one source that is named: twenty of them are needed to keep everybody else out.
  static constexpr std::size_t max_waiting_of_source = 50;
  static constexpr std::uint64_t max_uses = 10'000;
  static constexpr std::chrono::hours max_token_life{24 * 366};

  /// All three outlive it.
  AuthorityRules(const authority::AuthorityBook& book, const authority::AuthorityPolicy& policy,
                 const crypto::Certificate& authority)
      : book_(book), policy_(policy), authority_(authority) {}

  /// Error: expired, the clock is before the authority's beginning or past its end; or a day and more behind the
  /// ledger, unless it `is_trusted`.
  [[nodiscard]] Result<void> check_clock(WallTime now, bool is_trusted) const;

  [[nodiscard]] Result<RequestState> state_of(const authority::AuthorityBook::Request& request) const;
  /// What the holder of a key that was here before is told; none: the request is to be judged.
  [[nodiscard]] Result<std::optional<RequestState>> known_state(const crypto::Digest256& key, bool has_token,
                                                                WallTime now) const;
  /// What is granted without a person; none: a person decides. Errors, in words for the requester: not_authorized
  /// (revoked, or the policy excludes the user), malformed.
  [[nodiscard]] Result<std::optional<authority::Grant>> judge(const crypto::CertificateRequest& request,
                                                              bool has_token) const;
  /// The entry for a request that is to wait. Error: exhausted (too many wait, in all or of this source).
  [[nodiscard]] Result<authority::LedgerRequested> queue(const crypto::CertificateRequest& request,
                                                         std::string_view source) const;
  /// A person's yes, to this request or to one that came by hand. Errors: those of authority::grant.
  [[nodiscard]] Result<Signing> acceptance(const crypto::CertificateRequest& request,
                                           const authority::Wishes& wishes) const;
  /// A person's no. Errors: malformed (reason), not_found, conflict (accepted already).
  [[nodiscard]] Result<authority::LedgerDenied> denial(const crypto::Digest256& key, std::string_view reason) const;

  /// What the holder of `present` gets for the key of `request`; a state: it was signed already. Errors:
  /// not_authorized, expired.
  [[nodiscard]] Result<std::variant<RequestState, Signing>> renewal(const crypto::Certificate& present,
                                                                    const crypto::CertificateRequest& request,
                                                                    WallTime now) const;
  /// A person's renewal, for `key`. Errors: not_authorized (not signed here, or revoked), those of authority::grant.
  [[nodiscard]] Result<Signing> renewal_by_hand(const crypto::Certificate& present, const crypto::PublicKey& key,
                                                std::optional<std::chrono::seconds> life) const;

  /// Whether `user` may use the token. Errors: not_authorized, expired.
  [[nodiscard]] Result<void> check_token(const authority::EnrolmentToken& token, std::string_view user,
                                         WallTime now) const;
  /// Whether such a token may be made. Errors: not_authorized (by the policy, which is in `policy_file`), out_of_range,
  /// malformed.
  [[nodiscard]] Result<void> check_new_token(const TokenWish& wish, std::string_view policy_file) const;
  /// Errors: not_found, conflict (taken back already).
  [[nodiscard]] Result<authority::LedgerTokenEnded> token_end(const crypto::Digest256& name) const;

  /// Errors: not_found (no live certificate of this key), conflict (it may decide already).
  [[nodiscard]] Result<authority::LedgerAdministrator> administrator(const crypto::Digest256& key, WallTime now) const;
  /// Error: not_found.
  [[nodiscard]] Result<authority::LedgerAdministratorEnded> administrator_end(const crypto::Digest256& key) const;
  /// The key of a member that may decide from another machine. Error: not_authorized.
  [[nodiscard]] Result<crypto::Digest256> check_administrator(const crypto::Certificate& member, WallTime now) const;

  /// Errors: conflict (revoked already), exhausted (the list is full).
  [[nodiscard]] Result<authority::LedgerRevoked> revocation(const Revocation& revocation) const;
  /// Whom a rotation leaves behind, by the serial numbers of their certificates; those who were left behind before are
  /// not among them. Error: not_found.
  [[nodiscard]] Result<std::vector<authority::LedgerLeftOut>> left_out(const std::vector<Bytes>& serials) const;

 private:
  /// When and why the key or the user was shut out, for its holder.
  [[nodiscard]] std::string revoked_text(const crypto::Digest256& key, std::string_view user) const;

  const authority::AuthorityBook& book_;
  const authority::AuthorityPolicy& policy_;
  const crypto::Certificate& authority_;
};

}  // namespace ipop::desk
