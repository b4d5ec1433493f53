#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "dht/record.hpp"
#include "dht/witness.hpp"
#include "support/sim_authority.hpp"
#include "unit/dht/ring_harness.hpp"

namespace ipop::dht::test {

/// Numbers of members with a part to play.
constexpr std::size_t honest = 0;
constexpr std::size_t attacker = 1;
constexpr std::size_t invented = 500;  ///< keys from here on are nobody's

/// A closed group: the keys of ring_harness.hpp with certificates of one authority.
class ClosedGroup {
 public:
  /// Member `number` is user `number` unless it was made another's.
  void set_user(std::size_t number, std::string user) { users_[number] = std::move(user); }
  void set_validity(std::size_t number, WallTime not_before, WallTime not_after) {
    validity_[number] = {not_before, not_after};
  }
  void pin(std::size_t number, std::uint8_t last) { pinned_[number] = last; }

  [[nodiscard]] const crypto::Certificate& certificate_of(std::size_t number) {
    const auto known = certificates_.find(number);
    if (known != certificates_.end()) return known->second;
    return certificates_.emplace(number, make_certificate(number)).first->second;
  }
  [[nodiscard]] const Bytes& der_of(std::size_t number) { return certificate_of(number).der(); }
  [[nodiscard]] NodeId id_of(std::size_t number) {
    return *crypto::node_id_of(certificate_of(number), crypto::GroupKind::closed);
  }

  void revoke_key(std::size_t number) { adopt(authority_.revoke({key_of(number).public_key()}, {})); }
  void revoke_user(const std::string& user) { adopt(authority_.revoke({}, {user})); }

  /// For TestRing::membership.
  [[nodiscard]] TestRing::Membership membership_of(std::size_t number) {
    return {id_of(number), der_of(number), trust_};
  }
  [[nodiscard]] const std::shared_ptr<const crypto::TrustStore>& trust() const { return trust_; }
  [[nodiscard]] Group group() const { return {name_space, trust_.get()}; }

  /// Member `owner`'s lease of the address that ends with `last`, signed with its certificate.
  [[nodiscard]] Record make_lease(std::uint8_t last, std::size_t owner, std::uint64_t sequence = 1,
                                  WallTime created = epoch) {
    return certified(test::make_lease(last, key_of(owner), sequence, created), owner);
  }
  [[nodiscard]] Record certified(Record record, std::size_t owner) {
    record.certificate = der_of(owner);
    sign(record, name_space, key_of(owner));
    return record;
  }
  [[nodiscard]] Receipt receipt_of(const Record& record, std::size_t replica, WallTime stored) {
    return make_receipt(record, name_space, stored, key_of(replica), der_of(replica));
  }
  /// The lease granted by the members from `first` to before `last`, a second apart.
  [[nodiscard]] Record granted(Record record, std::size_t first, std::size_t last, WallTime stored = epoch) {
    for (std::size_t i = first; i < last; ++i)
      record.receipts.push_back(receipt_of(record, i, stored + std::chrono::seconds(i - first)));
    return record;
  }

 private:
  crypto::Certificate make_certificate(std::size_t number) {
    const auto named = users_.find(number);
    crypto::CertificateAuthority::Fields fields;
    fields.user = named != users_.end() ? named->second : "user " + std::to_string(number);
    fields.group = "simulation";
    fields.serial = to_bytes(ByteSpan(crypto::sha256(as_bytes(fields.user + std::to_string(number)))).first(16));
    const auto valid = validity_.find(number);
    fields.not_before = valid != validity_.end() ? valid->second.first : epoch + -std::chrono::hours(24);
    fields.not_after = valid != validity_.end() ? valid->second.second : epoch + std::chrono::hours(24 * 90);
    if (pinned_.contains(number)) {
      fields.pinned_addresses.push_back({std::byte{10}, std::byte{128}, std::byte{0}, std::byte{pinned_[number]}});
    }
    return *authority_.authority().sign(key_of(number).public_key(), fields);
  }
  void adopt(const crypto::RevocationList& list) { trust_ = *trust_->with_revocations(list); }

  test_support::SimAuthority authority_{7, epoch};
  std::shared_ptr<const crypto::TrustStore> trust_ = authority_.trust();
  std::map<std::size_t, std::string> users_;
  std::map<std::size_t, std::pair<WallTime, WallTime>> validity_;
  std::map<std::size_t, std::uint8_t> pinned_;
  std::map<std::size_t, crypto::Certificate> certificates_;
};

}  // namespace ipop::dht::test
