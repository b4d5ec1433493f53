#include "authority/fingerprint_text.hpp"

#include <algorithm>

#include "base/hex.hpp"

namespace ipop::authority {

std::string to_groups(const crypto::Digest256& fingerprint) {
  const std::string digits = to_hex(fingerprint);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); i += 4)
    out += (i == 0 ? "" : " ") + digits.substr(i, 4);
  return out;
}

std::optional<crypto::Digest256> parse_fingerprint(std::string_view text) {
  // 64 digits with something between any two; what is longer is no fingerprint.
  if (text.size() > 128) return std::nullopt;
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == ' ' || c == ':' || c == '-'; });
  const auto octets = parse_hex(digits);
  crypto::Digest256 out{};
  if (!octets || octets->size() != out.size()) return std::nullopt;
  std::ranges::copy(*octets, out.begin());
  return out;
}

}  // namespace ipop::authority
