#pragma once

#include <string>

#include "base/bytes.hpp"
#include "verbs.hpp"

namespace ipop::ga_group {

/// A sealed message as it is sent about: PEM ("CMS"), which survives mail and web pages.
std::string to_pem(ByteSpan sealed);
/// The message in a file, or in stdin for "-": PEM, or DER as openssl-cms(1) writes it too. Errors: errno,
/// too_large, malformed.
Result<Bytes> read_sealed_file(const Context& context, const std::string& path);

}  // namespace ipop::ga_group
