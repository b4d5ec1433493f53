#pragma once

#include <memory>
#include <optional>

#include <openssl/cms.h>

#include "base/bytes.hpp"
#include "crypto/openssl_ptr.hpp"

// For the .cpp files of lib/crypto that make and read CMS messages.

namespace ipop::crypto {

using CmsPtr = std::unique_ptr<CMS_ContentInfo, OpensslFree<CMS_ContentInfo_free>>;

/// A view: `octets` outlives it.
BioPtr bio_of(ByteSpan octets);
/// What was written to a memory BIO.
Bytes octets_of(BIO& out);
/// The whole of `der`, and of this kind; null otherwise.
CmsPtr decode_cms(ByteSpan der, int kind);

}  // namespace ipop::crypto
