#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "crypto/certificate.hpp"
#include "crypto/private_key.hpp"

namespace ipop::crypto {

/// Of a sealed message: 10,000 readers of 300 octets each, and room for what they read.
constexpr std::size_t max_sealed_message = std::size_t{8} << 20U;
constexpr std::size_t max_readers = 10'000;

/// A message that only its readers can read, and of which they know the sender: CMS (RFC 5652), an
/// EnvelopedData (AES-256-CBC, its key agreed with the P-256 key of each reader, RFC 5753) in a SignedData.
/// As DER, which openssl-cms(1) reads.
///
/// It shows the key identifiers of its readers and who sent it, not a word of `content`. The signature is
/// outside, so that a reader decrypts nothing that a stranger made. OpenSSL draws keys; `now` is the time that
/// the signature names. Errors: conflict (`key` is not the sender's), out_of_range (no reader, or more than
/// max_readers), too_large, exhausted (no memory or entropy).
Result<Bytes> seal_message(ByteSpan content, std::span<const Certificate> readers, const PrivateKey& key,
                           const Certificate& sender, WallTime now);

/// What `sender` wrote to the holder of `reader`. What the sender's certificate allows or when it ends is
/// not judged. Errors: malformed (no such message), too_large, bad_checksum (not signed by `sender`, or
/// changed), not_authorized (`reader` is not among those who can read it).
Result<Bytes> open_message(ByteSpan der, const Certificate& sender, const PrivateKey& reader);

}  // namespace ipop::crypto
