#include "daemon/identity.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "crypto/certificate.hpp"
#include "io/system_clock.hpp"

namespace ipop::daemon {

namespace {

// A certificate of an open group vouches for nothing but its key, so its life is the whole of what
// X.509 can express (RFC 5280, 4.1.2.5): a host whose clock is wrong is no less a member.
constexpr WallTime not_before{946'684'800};     // 2000-01-01
constexpr WallTime not_after{253'402'300'799};  // 9999-12-31 23:59:59

std::unique_ptr<crypto::AeadFactory> make_aeads(const std::string& cipher) {
  if (cipher != "auto") return crypto::make_named_aead_factory(cipher);
  return crypto::make_fastest_aead_factory(
      [] { return static_cast<std::uint64_t>(io::monotonic_now().time_since_epoch().count()); });
}

Error no_such_cipher(const std::string& cipher) {
  return make_error(std::make_error_code(std::errc::not_supported),
                    "cipher " + cipher + " can't be used on this machine; choose another with --cipher, or auto");
}

}  // namespace

Result<void> check_cipher(const std::string& cipher) {
  return cipher == "auto" || crypto::make_named_aead_factory(cipher) ? Result<void>() : no_such_cipher(cipher);
}

Result<std::unique_ptr<Identity>> make_identity(crypto::PrivateKey key,
                                                const std::optional<crypto::Certificate>& signed_for, Rng& rng,
                                                const std::string& cipher) {
  const auto id =
      signed_for ? crypto::node_id_of(*signed_for, crypto::GroupKind::closed) : crypto::node_id_of(key.public_key());
  if (!id) return id.error();
  std::array<std::byte, 16> serial{};
  rng.fill(serial);
  auto out = std::make_unique<Identity>(Identity{std::move(key), *id});
  const auto certificate =
      signed_for ? *signed_for : crypto::make_self_signed(out->key, to_string(*id), serial, not_before, not_after);
  out->aeads = make_aeads(cipher);
  if (!out->aeads) return no_such_cipher(cipher);
  out->handshakes = crypto::make_tls_handshake_factory(out->key, certificate, out->aeads->offers());
  return out;
}

net::MacAddress mac_of(const NodeId& id) {
  std::array<std::byte, net::MacAddress::size> octets{};
  std::ranges::copy(std::span(id.octets()).first(octets.size()), octets.begin());
  octets[0] = (octets[0] & std::byte{0xfc}) | std::byte{0x02};
  return net::MacAddress(octets);
}

}  // namespace ipop::daemon
