#include "layers/envelope.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "base/hex.hpp"

namespace ipop::layers {
namespace {

constexpr std::string_view signer_word = "signer ";
constexpr std::string_view signature_word = "signature ";

/// The last line of `text` without its line feed; empty when it has none.
std::string_view last_line(std::string_view text) {
  if (text.empty() || text.back() != '\n') return {};
  text.remove_suffix(1);
  const std::size_t before = text.rfind('\n');
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

std::string named(const crypto::Certificate& certificate) {
  return '"' + certificate.common_name() + "\" (key " + to_hex(certificate.key_fingerprint()).substr(0, 16) + ')';
}

/// A list counts when somebody who is trusted signed it.
bool is_revoked(const crypto::Certificate& signer, const TrustedSigners& trusted) {
  return std::ranges::any_of(trusted.revocations, [&](const crypto::RevocationList& list) {
    const auto authority =
        std::ranges::find(trusted.certificates, list.authority(), &crypto::Certificate::key_fingerprint);
    if (authority == trusted.certificates.end() || !list.is_signed_by(authority->public_key())) return false;
    if (list.contains_key(signer.key_fingerprint())) return true;
    // A name is the authority's only in certificates that it issued.
    return !signer.is_self_issued() && signer.issuer() == authority->common_name() &&
           list.contains_user(signer.common_name());
  });
}

}  // namespace

Result<Envelope> parse_envelope(std::string_view text, std::string_view file) {
  Envelope out;
  out.body = text;
  const std::string_view signature = last_line(text);
  if (!signature.starts_with(signature_word)) return out;
  const auto refuse = [&](std::string_view what) {
    return make_error(make_error_code(Errc::malformed), std::string(file) + ": " + std::string(what));
  };
  out.signed_part = text.substr(0, text.size() - signature.size() - 1);
  const std::string_view signer = last_line(out.signed_part);
  if (!signer.starts_with(signer_word)) return refuse("has a signature and no certificate of its signer before it");
  out.body = out.signed_part.substr(0, out.signed_part.size() - signer.size() - 1);
  const std::string_view base64 = signer.substr(signer_word.size());
  const auto der = base64.size() > 2 * crypto::Certificate::size_limit ? std::nullopt : parse_base64(base64);
  if (!der || to_base64(*der) != base64) return refuse("the signer's certificate is not base64 in one line");
  auto certificate = crypto::Certificate::from_der(*der);
  if (!certificate) return refuse("the signer's certificate: " + certificate.error().message());
  out.signer = *std::move(certificate);
  const auto octets = parse_hex(signature.substr(signature_word.size()));
  if (!octets || octets->size() != out.signature.size()) return refuse("the signature is not 128 hexadecimal digits");
  std::ranges::copy(*octets, out.signature.begin());
  return out;
}

std::string sign_manifest(std::string_view body, const crypto::PrivateKey& key,
                          const crypto::Certificate& certificate) {
  std::string out(body);
  out += std::string(signer_word) + to_base64(certificate.der()) + '\n';
  const crypto::Signature signature = key.sign(as_bytes(out));
  return out + std::string(signature_word) + to_hex(signature) + '\n';
}

Result<void> check_signer(const Envelope& envelope, const TrustedSigners& trusted, std::optional<WallTime> made) {
  if (!envelope.signer) return {Errc::not_authorized, "it is not signed"};
  const crypto::Certificate& signer = *envelope.signer;
  // The certificate that this machine has, not the one that came along, says how long the key counts.
  const auto known =
      std::ranges::find(trusted.certificates, signer.key_fingerprint(), &crypto::Certificate::key_fingerprint);
  if (known == trusted.certificates.end())
    return {Errc::not_authorized, "its signer " + named(signer) + " is nobody whom this machine trusts"};
  if (!crypto::verify(known->public_key(), as_bytes(envelope.signed_part), envelope.signature))
    return {Errc::bad_checksum, "the signature of " + named(*known) + " is wrong: it was changed"};
  if (is_revoked(*known, trusted)) return {Errc::not_authorized, "its signer " + named(*known) + " is revoked"};
  if (made && (*made < known->not_before() || *made > known->not_after()))
    return {Errc::expired, "it was made outside of the time of its signer's certificate " + named(*known)};
  return {};
}

}  // namespace ipop::layers
