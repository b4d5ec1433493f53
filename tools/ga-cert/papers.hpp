#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "authority/authority_book.hpp"
#include "authority/pinned_addresses.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"
#include "net/ipv4_address.hpp"
#include "verbs.hpp"

// Requests and certificates as people name them, and as they are read and shown.

namespace ipop::ga_cert {

using authority::addresses_of;
using authority::pinned_of;
using authority::to_text;

/// Whether `text` means a file: "-", something with a dot or a slash, or a name that is there.
bool is_path(const std::string& text);
/// The file, or stdin for "-". Errors: errno, too_large.
Result<std::string> read_input(const Context& context, const std::string& path, std::size_t limit);
/// Writes to stdout for "-", else replaces the file.
Result<void> write_output(const Context& context, const std::string& path, std::string_view octets, mode_t mode);

/// A certificate or request from a file, PEM or DER; errors name the file.
Result<crypto::Certificate> read_certificate(const Context& context, const std::string& path);
Result<crypto::CertificateRequest> read_request(const Context& context, const std::string& path);

/// Lower-case digits of 4 or more hexadecimal ones, without spaces and colons. Error: out_of_range.
Result<std::string> digits_of(const std::string& text);
/// The key of the one request that waits of the user `text`, or whose fingerprint begins with `text` (at least 4
/// hexadecimal digits). Errors: out_of_range (neither), not_found, conflict (several: they are named).
Result<crypto::Digest256> find_request(const authority::AuthorityBook& book, const std::string& text);
/// Arguments, with a fingerprint that was typed as it is printed, in 16 groups of 4 digits, as one of them.
std::vector<std::string> join_groups(const std::vector<std::string>& words);
/// The certificate whose serial number or key fingerprint begins with `text`; of one key the latest.
Result<const authority::LedgerSigned*> find_certificate(const authority::AuthorityBook& book, const std::string& text);

/// The first 16 digits: enough to name one among all.
std::string short_hex(ByteSpan octets);

/// A title and its value, in the order in which they are shown; keys are frozen by the man page.
using Rows = std::vector<std::pair<std::string, std::string>>;
Rows rows_of(const crypto::Certificate& certificate);
Rows rows_of(const crypto::CertificateRequest& request);
/// Writes rows for a person, tab-separated, or as a JSON object of strings with this schema.
void write_rows(const Context& context, const Rows& rows, std::string_view schema);

}  // namespace ipop::ga_cert
