#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "authority/authority_ledger.hpp"
#include "authority/authority_policy.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/hash.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::authority {

/// What an authority knows: its ledger, entry by entry, summed up.
class AuthorityBook {
 public:
  /// Live certificates of one key: the present one, its renewal, and one more whose answer was lost.
  /// Each is a position on the ring.
  static constexpr std::size_t max_live_of_key = 3;

  struct Request {
    enum class What { waiting, accepted, denied };
    crypto::Digest256 key{};
    std::string user{};
    std::vector<net::Ipv4Address> addresses{};
    std::string source{};
    WallTime at{};  ///< when it came
    What what = What::waiting;
    std::string reason{};    ///< denied
    bool by_policy = false;  ///< denied without a person
    WallTime decided{};      ///< accepted or denied
  };
  struct Token {
    LedgerToken made{};
    WallTime at{};           ///< when it was made
    std::uint64_t used = 0;  ///< certificates that were signed for it
    bool ended = false;      ///< taken back
    /// Whether it is good at `now`. Errors, in words for the requester: not_authorized (taken back, or
    /// used as often as it may be), expired.
    [[nodiscard]] Result<void> check(WallTime now) const;
  };
  struct Revoked {
    WallTime at{};
    LedgerRevoked event{};
  };

  /// Whether the entry may be the next one. Error: malformed, it contradicts those before.
  [[nodiscard]] Result<void> check(const LedgerEntry& entry) const;
  /// Takes the next entry, if it may be.
  Result<void> apply(const LedgerEntry& entry);

  /// What made the authority; none before the first entry.
  [[nodiscard]] const std::optional<LedgerMade>& made() const { return made_; }
  /// How many entries there were, those that were lost for good included: it only rises, and a group remembers it.
  [[nodiscard]] std::uint64_t count() const { return lost_ + entries_.size(); }
  /// Up to here entries may be lost; zero: none is.
  [[nodiscard]] std::uint64_t resumed_at() const { return resumed_at_; }
  /// All entries, oldest first.
  [[nodiscard]] const std::vector<LedgerEntry>& entries() const { return entries_; }
  [[nodiscard]] const std::map<crypto::Digest256, Request>& requests() const { return requests_; }
  /// Requests that wait, oldest first.
  [[nodiscard]] std::vector<const Request*> waiting() const;
  [[nodiscard]] std::size_t waiting_count() const { return waiting_; }
  /// Of these, those that came from `source`.
  [[nodiscard]] std::size_t waiting_count(std::string_view source) const;
  [[nodiscard]] const Request* request(const crypto::Digest256& key) const;

  /// All certificates, oldest first; valid until the next apply().
  [[nodiscard]] std::vector<const LedgerSigned*> certificates() const;
  /// The certificate of a key that ends last; null without one.
  [[nodiscard]] const LedgerSigned* latest(const crypto::Digest256& key) const;
  [[nodiscard]] const LedgerSigned* by_serial(ByteSpan serial) const;

  /// Enrolment tokens by name.
  [[nodiscard]] const std::map<crypto::Digest256, Token>& tokens() const { return tokens_; }
  [[nodiscard]] const Token* token(const crypto::Digest256& name) const;
  /// True while a rotation has left the key behind.
  [[nodiscard]] bool is_left_out(const crypto::Digest256& key) const { return left_out_.contains(key); }

  /// Keys that may decide from another machine, and their users.
  [[nodiscard]] const std::map<crypto::Digest256, std::string>& administrators() const { return administrators_; }
  [[nodiscard]] const std::vector<Revoked>& revocations() const { return revoked_; }
  [[nodiscard]] bool is_revoked(const crypto::Digest256& key, std::string_view user) const;
  /// When the key or the user was shut out; none while they are not.
  [[nodiscard]] std::optional<WallTime> revoked_since(const crypto::Digest256& key, std::string_view user) const;
  /// Of the last revocation list; zero before the first.
  [[nodiscard]] std::uint64_t list_number() const { return list_number_; }
  [[nodiscard]] WallTime list_issued() const { return list_issued_; }
  /// Of the last CRL, from 1.
  [[nodiscard]] std::uint64_t crl_number() const { return crl_number_; }
  [[nodiscard]] WallTime crl_issued() const { return crl_issued_; }

  /// Not revoked and not at its end at `now`; a member's.
  [[nodiscard]] bool is_live(const LedgerSigned& certificate, WallTime now) const;
  /// Keys of the user with a live certificate.
  [[nodiscard]] std::size_t live_keys(std::string_view user, WallTime now) const;
  /// The latest live certificate of the user for another key than this one; null: there is none.
  [[nodiscard]] const LedgerSigned* other_machine(std::string_view user, const crypto::Digest256& key,
                                                  WallTime now) const;
  /// Whether one more certificate may be signed. Errors, in words for the requester: not_authorized
  /// (key or user revoked), conflict (an address is pinned to another key than this and the one that
  /// it `replaces`), exhausted (the user's quota, max_live_of_key, or the last of those for what is no change and not
  /// due: that one is kept for the renewal).
  [[nodiscard]] Result<void> check_grant(const AuthorityPolicy& policy, const crypto::Digest256& key,
                                         const Grant& grant, WallTime now,
                                         const std::optional<crypto::Digest256>& replaces = std::nullopt) const;

 private:
  void take(const LedgerEntry& entry, std::size_t index);

  std::vector<LedgerEntry> entries_;
  std::uint64_t lost_ = 0;
  std::uint64_t resumed_at_ = 0;
  std::optional<LedgerMade> made_;
  std::map<crypto::Digest256, Request> requests_;
  std::size_t waiting_ = 0;
  std::map<std::string, std::size_t, std::less<>> waiting_of_source_;
  // Positions in entries_.
  std::map<Bytes, std::size_t> by_serial_;
  std::map<crypto::Digest256, std::vector<std::size_t>> by_key_;
  std::map<std::string, std::set<crypto::Digest256>, std::less<>> keys_of_user_;
  std::map<net::Ipv4Address, std::vector<std::size_t>> by_address_;
  std::map<crypto::Digest256, WallTime> revoked_keys_;
  std::map<std::string, WallTime, std::less<>> revoked_users_;
  std::vector<Revoked> revoked_;
  std::map<crypto::Digest256, Token> tokens_;
  std::set<crypto::Digest256> left_out_;
  std::map<crypto::Digest256, std::string> administrators_;
  std::uint64_t list_number_ = 0;
  WallTime list_issued_{};
  std::uint64_t crl_number_ = 0;
  WallTime crl_issued_{};
};

}  // namespace ipop::authority
