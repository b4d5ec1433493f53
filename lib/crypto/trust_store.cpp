#include "crypto/trust_store.hpp"

#include <cassert>
#include <deque>
#include <set>

#include "crypto/certificate_native.hpp"
#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

// Below 64 bits somebody could ask for certificates until a number lands where he wants to be.
constexpr std::size_t id_serial_minimum = 8;

Result<StorePtr> make_store(const Certificate& authority) {
  StorePtr store(X509_STORE_new());
  if (!store || X509_STORE_add_cert(store.get(), authority.native()->certificate.get()) != 1) {
    return Result<StorePtr>(Errc::exhausted, "no memory for the authority's certificate");
  }
  return store;
}

Error refusal(Errc code, std::string why) {
  return make_error(make_error_code(code), std::move(why));
}

/// What the library found, in words that say what to do.
Error refusal_of(int error, bool is_authority) {
  const std::string whose = is_authority ? "the authority's certificate" : "certificate";
  switch (error) {
    case X509_V_ERR_CERT_NOT_YET_VALID: return refusal(Errc::expired, whose + " is not valid yet: check the clocks");
    case X509_V_ERR_CERT_HAS_EXPIRED: return refusal(Errc::expired, whose + " has expired: check the clocks");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return refusal(Errc::not_authorized, "certificate is self-signed, and this group is closed");
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return refusal(Errc::not_authorized, "certificate is of another authority");
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return refusal(Errc::bad_checksum, "the signature of the certificate is not the authority's");
    default: return refusal(Errc::not_authorized, "certificate: " + std::string(X509_verify_cert_error_string(error)));
  }
}

/// RFC 5280, section 6 by OpenSSL without the times: signature, constraints; the authority itself must
/// have signed.
Result<void> verify_issued(X509_STORE& store, X509& certificate) {
  const StoreContextPtr context(X509_STORE_CTX_new());
  if (!context || X509_STORE_CTX_init(context.get(), &store, &certificate, nullptr) != 1) {
    return Result<void>(Errc::exhausted, "no memory to verify a certificate");
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_depth(rules, 0);
  // At least 112 bits: no SHA-1.
  X509_VERIFY_PARAM_set_auth_level(rules, 2);
  if (X509_verify_cert(context.get()) == 1) return {};
  return refusal_of(X509_STORE_CTX_get_error(context.get()), X509_STORE_CTX_get_error_depth(context.get()) > 0);
}

/// RFC 5280, 4.1.2.5: both ends belong to the validity.
Result<void> check_times(const Certificate& certificate, WallTime now) {
  if (now < certificate.not_before()) return refusal_of(X509_V_ERR_CERT_NOT_YET_VALID, certificate.is_authority());
  if (now > certificate.not_after()) return refusal_of(X509_V_ERR_CERT_HAS_EXPIRED, certificate.is_authority());
  return {};
}

/// The signature says nothing that the handshake does not: that the peer has the key.
Result<void> verify_alone(const Certificate& certificate, WallTime now) {
  if (!certificate.is_self_issued()) return Result<void>(Errc::not_authorized, "certificate is not self-signed");
  return check_times(certificate, now);
}

Result<void> check_purpose(const Certificate& certificate) {
  if (certificate.is_authority()) {
    return Result<void>(Errc::not_authorized, "certificate is an authority's, not a member's");
  }
  if (!certificate.may_sign_handshakes()) {
    return Result<void>(Errc::not_authorized, "certificate's key usage is not digitalSignature");
  }
  if (!certificate.is_for_both_roles()) {
    return Result<void>(Errc::not_authorized, "certificate is not for both serverAuth and clientAuth");
  }
  return {};
}

}  // namespace

/// Certificates that the authority was found to have signed, by fingerprint: peers come again (new
/// keys, a moved laptop, a record in the DHT), and a signature stays what it is. The times, the purpose
/// and the revocation list are looked at every time.
class TrustStore::Signed {
 public:
  [[nodiscard]] bool contains(const Digest256& fingerprint) const { return known_.contains(fingerprint); }

  void add(const Digest256& fingerprint) {
    if (!known_.insert(fingerprint).second) return;
    order_.push_back(fingerprint);
    if (order_.size() <= limit) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

 private:
  // More than the peers of a node; less than 150 KB.
  static constexpr std::size_t limit = 1024;

  std::set<Digest256> known_;
  std::deque<Digest256> order_;
};

/// The lists may have megabytes, so the versions of a store share them.
struct TrustStore::Closed {
  Certificate authority{};
  StorePtr store{};
  std::shared_ptr<const RevocationList> revocations{};
  std::shared_ptr<Signed> known{};  ///< of this authority, whatever the list

  [[nodiscard]] Result<void> check_issued(const Certificate& certificate) const {
    const Digest256 fingerprint = certificate.fingerprint();
    if (known->contains(fingerprint)) return {};
    auto good = verify_issued(*store, *certificate.native()->certificate);
    if (good) known->add(fingerprint);
    return good;
  }
};

Result<NodeId> node_id_of(const Certificate& certificate, GroupKind kind) {
  if (kind == GroupKind::open) return NodeId::from_prefix(certificate.key_fingerprint());
  if (certificate.serial().size() < id_serial_minimum) {
    return Result<NodeId>(Errc::out_of_range, "serial number of the certificate has fewer than 8 octets");
  }
  Bytes text = der_of(*X509_get_X509_PUBKEY(certificate.native()->certificate.get()), i2d_X509_PUBKEY);
  append(text, certificate.serial());
  return NodeId::from_prefix(sha256(text));
}

TrustStore::TrustStore(std::unique_ptr<const Closed> closed) : closed_(std::move(closed)) {}
TrustStore::~TrustStore() = default;

std::shared_ptr<const TrustStore> TrustStore::open_group() {
  return std::shared_ptr<const TrustStore>(new TrustStore(nullptr));
}

Result<std::shared_ptr<const TrustStore>> TrustStore::closed_group(const Certificate& authority,
                                                                   std::optional<RevocationList> revocations) {
  using Out = Result<std::shared_ptr<const TrustStore>>;
  const ErrorQueueGuard guard;
  if (!authority.is_self_signed() || !authority.is_authority() || !authority.may_sign_certificates() ||
      !authority.may_sign_revocations()) {
    return Out(Errc::not_authorized, "not the certificate of an authority");
  }
  auto store = make_store(authority);
  if (!store) return std::move(store).error();
  auto closed =
      std::make_unique<const Closed>(Closed{authority, std::move(*store), nullptr, std::make_shared<Signed>()});
  std::shared_ptr<const TrustStore> out(new TrustStore(std::move(closed)));
  if (!revocations) return out;
  return out->with_revocations(std::move(*revocations));
}

GroupKind TrustStore::kind() const {
  return closed_ ? GroupKind::closed : GroupKind::open;
}

const Certificate* TrustStore::authority() const {
  return closed_ ? &closed_->authority : nullptr;
}

const RevocationList* TrustStore::revocations() const {
  return closed_ ? closed_->revocations.get() : nullptr;
}

std::uint64_t TrustStore::revocation_number() const {
  return revocations() != nullptr ? revocations()->number() : 0;
}

bool TrustStore::is_same_group(const TrustStore& other) const {
  if (!closed_ || !other.closed_) return !closed_ && !other.closed_;
  return closed_->authority.der() == other.closed_->authority.der();
}

Result<PeerIdentity> TrustStore::verify(const Certificate& certificate, WallTime now) const {
  const ErrorQueueGuard guard;
  assert(certificate.native() != nullptr);
  if (!closed_) {
    if (auto good = verify_alone(certificate, now); !good) return std::move(good).error();
  } else {
    // Before the chain, which the authority's own certificate would pass.
    if (certificate.is_authority()) {
      if (auto good = check_purpose(certificate); !good) return std::move(good).error();
    }
    auto good = closed_->check_issued(certificate);
    if (!good) return std::move(good).error();
    if (good = check_times(closed_->authority, now); !good) return std::move(good).error();
    if (good = check_times(certificate, now); !good) return std::move(good).error();
    if (good = check_purpose(certificate); !good) return std::move(good).error();
    if (is_revoked(certificate.key_fingerprint(), certificate.user())) {
      return Result<PeerIdentity>(Errc::not_authorized, "certificate is revoked");
    }
  }
  const auto id = node_id_of(certificate, kind());
  if (!id) return id.error();
  return PeerIdentity{*id, certificate.key_fingerprint(), closed_ ? certificate.user() : std::string{}, certificate};
}

Result<std::shared_ptr<const TrustStore>> TrustStore::with_revocations(RevocationList list) const {
  using Out = Result<std::shared_ptr<const TrustStore>>;
  if (!closed_) return Out(Errc::not_authorized, "an open group has no authority that could revoke");
  // Before the signature: a list that is not newer costs nothing.
  if (list.number() <= revocation_number()) return Out(Errc::conflict, "the revocation list is not newer than ours");
  if (list.authority() != closed_->authority.key_fingerprint()) {
    return Out(Errc::not_authorized, "the revocation list is of another authority");
  }
  if (!list.is_signed_by(closed_->authority.public_key())) {
    return Out(Errc::bad_checksum, "the signature of the revocation list is not the authority's");
  }
  auto store = make_store(closed_->authority);
  if (!store) return std::move(store).error();
  auto shared = std::make_shared<const RevocationList>(std::move(list));
  auto closed =
      std::make_unique<const Closed>(Closed{closed_->authority, std::move(*store), std::move(shared), closed_->known});
  return std::shared_ptr<const TrustStore>(new TrustStore(std::move(closed)));
}

bool TrustStore::is_revoked(const Digest256& key_fingerprint, std::string_view user) const {
  const RevocationList* list = revocations();
  return list != nullptr && (list->contains_key(key_fingerprint) || list->contains_user(user));
}

bool TrustStore::is_revoked(const PublicKey& key, std::string_view user) const {
  const RevocationList* list = revocations();
  return list != nullptr && (list->contains_key(key) || list->contains_user(user));
}

}  // namespace ipop::crypto
