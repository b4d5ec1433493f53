#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"
#include "crypto/revocation_list.hpp"

namespace ipop::layers {

/// A manifest's text with the signature behind it, which is looked at before anything else of it is.
struct Envelope {
  std::string_view body{};         ///< the manifest's text
  std::string_view signed_part{};  ///< the body and the line with the signer's certificate
  std::optional<crypto::Certificate> signer{};
  crypto::Signature signature{};
};

/// Views into `text`. Without the two lines of a signature at its end, it has no signer. Errors (malformed): they are
/// there and wrong.
Result<Envelope> parse_envelope(std::string_view text, std::string_view file);

/// The body with the two lines behind it.
std::string sign_manifest(std::string_view body, const crypto::PrivateKey& key, const crypto::Certificate& certificate);

/// Whose signature counts on this machine. Each certificate stands for its own key and for nobody whom it has signed:
/// not every member of a group may release what all members start from.
struct TrustedSigners {
  std::vector<crypto::Certificate> certificates{};
  std::vector<crypto::RevocationList> revocations{};
};

/// Errors: not_authorized (not signed, a signer whom nobody here trusts, revoked), bad_checksum (the signature is
/// wrong), expired (`made` is not in the certificate's time). `made` is what the manifest says; without it, before the
/// manifest is read, its time is not looked at.
Result<void> check_signer(const Envelope& envelope, const TrustedSigners& trusted, std::optional<WallTime> made);

}  // namespace ipop::layers
