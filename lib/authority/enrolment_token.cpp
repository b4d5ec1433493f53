#include "authority/enrolment_token.hpp"

#include <algorithm>

#include "base/base32.hpp"
#include "base/bytes.hpp"
#include "groups/token_checksum.hpp"
#include "groups/token_text.hpp"

namespace ipop::authority {
namespace {

constexpr std::string_view enrolment_prefix = "gae1-";
constexpr std::string_view any_version = "gae";
constexpr std::size_t content_size = sizeof(crypto::Digest256) + 16;

}  // namespace

EnrolmentToken make_enrolment_token(const crypto::Digest256& authority, Rng& rng) {
  EnrolmentToken out{authority};
  rng.fill(out.secret);
  return out;
}

std::string to_string(const EnrolmentToken& token) {
  Bytes octets = to_bytes(token.authority);
  append(octets, token.secret);
  append(octets, groups::token_checksum(octets));
  return std::string(enrolment_prefix) + to_base32(octets);
}

Result<EnrolmentToken> parse_enrolment_token(std::string_view text) {
  const std::string meant = groups::token_text(text);
  text = meant;
  if (!text.starts_with(enrolment_prefix)) {
    const auto dash = text.find('-');
    const bool is_later = text.starts_with(any_version) && dash != std::string_view::npos &&
                          dash > any_version.size() && text.find_first_not_of("0123456789", any_version.size()) == dash;
    if (is_later) return {Errc::unsupported, "the enrolment token is of a later release"};
    return {Errc::malformed, "this is no enrolment token; one begins with \"gae1-\""};
  }
  const auto octets = parse_base32(text.substr(enrolment_prefix.size()));
  if (!octets || octets->size() != content_size + groups::token_checksum_size ||
      !equal(groups::token_checksum(ByteSpan(*octets).first(content_size)),
             ByteSpan(*octets).last(groups::token_checksum_size)))
    return {Errc::bad_checksum, "the enrolment token is damaged or cut short; copy it whole, in one line"};
  EnrolmentToken out;
  ByteReader in(*octets);
  out.authority = in.take_array<sizeof(crypto::Digest256)>();
  out.secret = in.take_array<16>();
  return out;
}

}  // namespace ipop::authority
