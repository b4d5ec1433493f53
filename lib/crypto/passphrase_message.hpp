#pragma once

#include <cstddef>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace ipop::crypto {

/// Of what is locked with a passphrase.
constexpr std::size_t max_locked_message = std::size_t{512} << 20U;

/// A message that only the holder of a passphrase can read, and that nobody else can change unseen: CMS (RFC 5652 and
/// 5083), an AuthEnvelopedData (AES-256-GCM) whose key is wrapped under the passphrase (PBKDF2, RFC 8018; RFC 3211). As
/// DER, which openssl-cms(1) reads with -pwri_password. OpenSSL draws keys and salt. Errors: out_of_range (a passphrase
/// has 1 to 1024 octets), too_large, exhausted (no memory or entropy).
Result<Bytes> lock_message(ByteSpan content, std::string_view passphrase);

/// What was locked. Errors: malformed (no such message), too_large, bad_checksum (another passphrase, or it was
/// changed).
Result<Bytes> unlock_message(ByteSpan der, std::string_view passphrase);

}  // namespace ipop::crypto
