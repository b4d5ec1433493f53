#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/node_id.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/revocation_list.hpp"

namespace ipop::crypto {

/// Who is a member: in an open group whoever holds a key, in a closed one whom its authority signed.
enum class GroupKind : std::uint8_t { open, closed };

/// Who the peer has proved to be.
struct PeerIdentity {
  NodeId id{};
  Digest256 key{};     ///< the fingerprint of its key
  std::string user{};  ///< named by the authority; empty in an open group, where a name proves nothing
  Certificate certificate{};
};

/// The position of the node with this certificate. Open: that of its key. Closed: the first 160 bits
/// of SHA-256 over SubjectPublicKeyInfo and serial number, so that nobody can grind keys for a
/// position. Error (closed): out_of_range, the serial has fewer than 8 octets.
Result<NodeId> node_id_of(const Certificate& certificate, GroupKind kind);

/// A group's rule about certificates; its verdicts never change, so all machines of a node share one.
/// It remembers the last 1024 certificates whose signature was right: not for two threads at once.
///
/// Open: a certificate that names itself as issuer, valid at this time; its signature proves nothing
/// that the handshake does not, and is not verified. Closed: signed by the authority itself (no
/// certificate in between), for both roles of a handshake, not an authority, valid at this time,
/// neither its key nor its user revoked.
class TrustStore {
 public:
  static std::shared_ptr<const TrustStore> open_group();
  /// Without a list nobody is revoked. Errors: not_authorized (`authority` is not a self-signed
  /// authority that may sign certificates and lists), and those of with_revocations.
  static Result<std::shared_ptr<const TrustStore>> closed_group(
      const Certificate& authority, std::optional<RevocationList> revocations = std::nullopt);

  [[nodiscard]] GroupKind kind() const;
  /// Null in an open group.
  [[nodiscard]] const Certificate* authority() const;
  /// Null in an open group and before the first list.
  [[nodiscard]] const RevocationList* revocations() const;
  /// The number of the list; zero without one.
  [[nodiscard]] std::uint64_t revocation_number() const;
  /// Same kind and same authority; the lists may differ.
  [[nodiscard]] bool is_same_group(const TrustStore& other) const;

  /// Who the holder of the certificate's key is. Errors: not_authorized (self-signed in a closed
  /// group, another authority's, wrong purpose, revoked), bad_checksum (the authority's name but not
  /// its signature), expired (not valid yet or no longer: the message speaks of the clocks).
  [[nodiscard]] Result<PeerIdentity> verify(const Certificate& certificate, WallTime now) const;

  /// The same group with a newer list. Errors: not_authorized (open group, another authority's list),
  /// bad_checksum (signature), conflict (its number is not higher).
  [[nodiscard]] Result<std::shared_ptr<const TrustStore>> with_revocations(RevocationList list) const;

  /// False for everybody in an open group.
  [[nodiscard]] bool is_revoked(const Digest256& key_fingerprint, std::string_view user) const;
  [[nodiscard]] bool is_revoked(const PublicKey& key, std::string_view user) const;

  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

 private:
  class Signed;
  struct Closed;
  explicit TrustStore(std::unique_ptr<const Closed> closed);

  /// Null in an open group.
  std::unique_ptr<const Closed> closed_;
};

}  // namespace ipop::crypto
