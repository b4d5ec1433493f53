#include "crypto/revocation_list.hpp"

#include <algorithm>
#include <utility>

#include "crypto/verification_key.hpp"

namespace ipop::crypto {
namespace {

constexpr std::uint8_t revocation_version = 1;
// Stands before the signed octets, so that no signature of the same key for another purpose counts.
constexpr std::string_view signature_purpose = "grid-appliance revocation list\n";

template <class T>
void sort_once(std::vector<T>& values) {
  std::ranges::sort(values);
  // clang 14 takes no subrange of libstdc++.
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

bool is_good_user(std::string_view user) {
  return !user.empty() && user.size() <= RevocationList::max_user;
}

}  // namespace

Result<RevocationList> RevocationList::sign(const PrivateKey& authority, Content content) {
  if (content.number == 0) return Result<RevocationList>(Errc::out_of_range, "the number of a list starts at 1");
  if (content.issued.seconds < 0) return Result<RevocationList>(Errc::out_of_range, "issued before 1970");
  if (!std::ranges::all_of(content.users, is_good_user)) {
    return Result<RevocationList>(Errc::malformed, "a user's name has 1 to 64 octets");
  }
  sort_once(content.keys);
  sort_once(content.users);
  if (content.keys.size() + content.users.size() > max_entries) {
    return Result<RevocationList>(Errc::too_large, "more than 100000 entries");
  }
  const auto fingerprint = key_fingerprint_of(authority.public_key());
  if (!fingerprint) return fingerprint.error();
  RevocationList out;
  out.authority_ = *fingerprint;
  out.content_ = std::move(content);
  Bytes text = to_bytes(as_bytes(signature_purpose));
  out.write_unsigned(text);
  out.signature_ = authority.sign(text);
  return out;
}

bool RevocationList::contains_key(const PublicKey& key) const {
  const auto fingerprint = key_fingerprint_of(key);
  return fingerprint && contains_key(*fingerprint);
}

bool RevocationList::contains_key(const Digest256& key_fingerprint) const {
  return std::ranges::binary_search(content_.keys, key_fingerprint);
}

bool RevocationList::contains_user(std::string_view user) const {
  return std::ranges::binary_search(content_.users, user);
}

bool RevocationList::is_signed_by(const PublicKey& authority) const {
  const auto key = VerificationKey::of(authority);
  if (!key || key->fingerprint() != authority_) return false;
  Bytes text = to_bytes(as_bytes(signature_purpose));
  write_unsigned(text);
  return key->verify(text, signature_);
}

void RevocationList::write_unsigned(Bytes& out) const {
  out.reserve(out.size() + 64 + sizeof(Digest256) * content_.keys.size() + (max_user + 1) * content_.users.size());
  ByteWriter to(out);
  to.write(revocation_version);
  to.write(authority_);
  to.write(content_.number);
  to.write(static_cast<std::uint64_t>(content_.issued.seconds));
  to.write(static_cast<std::uint32_t>(content_.keys.size()));
  for (const Digest256& key : content_.keys)
    to.write(key);
  to.write(static_cast<std::uint32_t>(content_.users.size()));
  for (const std::string& user : content_.users)
    to.write_sized8(as_bytes(user));
}

Result<RevocationList> decode_revocation_list(ByteSpan octets) {
  ByteReader in(octets);
  RevocationList out;
  const auto version = in.read<std::uint8_t>();
  if (in.ok() && version != revocation_version) {
    return Result<RevocationList>(Errc::unsupported, "version of the revocation list");
  }
  out.authority_ = in.take_array<sizeof(Digest256)>();
  out.content_.number = in.read<std::uint64_t>();
  const auto issued = in.read<std::uint64_t>();

  const auto key_count = in.read<std::uint32_t>();
  if (key_count > RevocationList::max_entries) return Result<RevocationList>(Errc::too_large, "revoked keys");
  // Only for what is really there: a short message must not ask for megabytes.
  if (in.remaining() / sizeof(Digest256) < key_count) return Result<RevocationList>(Errc::truncated, "revoked keys");
  out.content_.keys.reserve(key_count);
  for (std::uint32_t i = 0; i < key_count; ++i)
    out.content_.keys.push_back(in.take_array<sizeof(Digest256)>());

  const auto user_count = in.read<std::uint32_t>();
  if (user_count > RevocationList::max_entries - key_count) {
    return Result<RevocationList>(Errc::too_large, "revoked users");
  }
  for (std::uint32_t i = 0; i < user_count && in.ok(); ++i)
    out.content_.users.emplace_back(as_text(in.take_sized8()));
  out.signature_ = in.take_array<std::tuple_size_v<Signature>>();

  if (!in.ok()) return Result<RevocationList>(Errc::truncated, "revocation list");
  if (!in.done()) return Result<RevocationList>(Errc::malformed, "octets behind the revocation list");
  if (out.content_.number == 0 || issued > INT64_MAX) {
    return Result<RevocationList>(Errc::malformed, "number or time of the revocation list");
  }
  // One set, one encoding: strictly rising entries.
  constexpr auto is_out_of_order = [](const auto& a, const auto& b) { return a >= b; };
  if (!std::ranges::all_of(out.content_.users, is_good_user) ||
      std::ranges::adjacent_find(out.content_.keys, is_out_of_order) != out.content_.keys.end() ||
      std::ranges::adjacent_find(out.content_.users, is_out_of_order) != out.content_.users.end()) {
    return Result<RevocationList>(Errc::malformed, "entries of the revocation list");
  }
  out.content_.issued = WallTime{static_cast<std::int64_t>(issued)};
  return out;
}

void encode(const RevocationList& list, Bytes& out) {
  list.write_unsigned(out);
  append(out, list.signature_);
}

}  // namespace ipop::crypto
