#include "crypto/x509_read.hpp"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <ctime>

#include <openssl/pem.h>

#include "crypto/private_key_native.hpp"

namespace ipop::crypto {
namespace {

constexpr int subject_part_limit = 16;

std::string_view text_of(const ASN1_STRING& text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(&text)),
          static_cast<std::size_t>(ASN1_STRING_length(&text))};
}

/// The one part of this kind; empty when there is none.
Result<std::string> part_of(const X509_NAME& name, int nid) {
  const int index = X509_NAME_get_index_by_NID(&name, nid, -1);
  if (index < 0) return std::string{};
  if (X509_NAME_get_index_by_NID(&name, nid, index) >= 0) {
    return Result<std::string>(Errc::malformed, std::string("subject has two parts of the kind ") + OBJ_nid2sn(nid));
  }
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(&name, index)));
  if (size < 0) return Result<std::string>(Errc::malformed, "subject is not text");
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  if (out.size() > Certificate::name_limit) {
    return Result<std::string>(Errc::too_large, "a name of the subject is longer than 64 octets");
  }
  // Other programs would read less of it.
  if (out.find('\0') != std::string::npos) return Result<std::string>(Errc::malformed, "a zero octet in the subject");
  return out;
}

}  // namespace

std::string pem_of(const char* label, ByteSpan der) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio(bio.get(), label, "", reinterpret_cast<const unsigned char*>(der.data()),
                                    static_cast<long>(der.size()));
  assert(written > 0);
  static_cast<void>(written);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

BioPtr read_text(std::string_view text) {
  // OpenSSL counts with int; nothing of ours is near it.
  const std::size_t size = std::min<std::size_t>(text.size(), 1U << 30U);
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(size)));
}

std::optional<WallTime> wall_time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  const auto day = std::chrono::year(fields.tm_year + 1900) /
                   std::chrono::month(static_cast<unsigned>(fields.tm_mon + 1)) /
                   std::chrono::day(static_cast<unsigned>(fields.tm_mday));
  if (!day.ok()) return std::nullopt;
  const std::chrono::seconds since = std::chrono::sys_days(day).time_since_epoch() +
                                     std::chrono::hours(fields.tm_hour) + std::chrono::minutes(fields.tm_min) +
                                     std::chrono::seconds(fields.tm_sec);
  return WallTime{since.count()};
}

Result<NamedKey> named_key_of(X509_PUBKEY& native) {
  // The library decodes only points of the curve.
  EVP_PKEY* key = X509_PUBKEY_get0(&native);
  if (key == nullptr) return Result<NamedKey>(Errc::unsupported, "unknown kind of public key");
  const Bytes spki = der_of(native, i2d_X509_PUBKEY);
  if (const auto point = point_of_spki(spki)) return NamedKey{*point, sha256(spki)};
  const auto other = public_key_of(*key);
  if (!other) return other.error();
  // Explicit curve parameters and compressed points would give the same node several names in
  // places that hash the encoding.
  return Result<NamedKey>(Errc::unsupported, "public key is not in the uncompressed named form");
}

Result<SubjectName> subject_name_of(const X509_NAME& name) {
  if (X509_NAME_entry_count(&name) > subject_part_limit) {
    return Result<SubjectName>(Errc::too_large, "subject has more than 16 parts");
  }
  auto common_name = part_of(name, NID_commonName);
  if (!common_name) return std::move(common_name).error();
  auto organization = part_of(name, NID_organizationName);
  if (!organization) return std::move(organization).error();
  return SubjectName{std::move(*common_name), std::move(*organization)};
}

Result<AlternativeNames> alternative_names_of(const GENERAL_NAMES& names) {
  const int count = sk_GENERAL_NAME_num(&names);
  if (count > static_cast<int>(Certificate::alternative_name_limit)) {
    return Result<AlternativeNames>(Errc::too_large, "more than 8 alternative names");
  }
  AlternativeNames out;
  for (int i = 0; i < count; ++i) {
    int kind = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(&names, i), &kind);
    if (kind == GEN_IPADD) {
      const std::string_view octets = text_of(*static_cast<const ASN1_STRING*>(value));
      if (octets.size() == 16) continue;  // IPv6: none of ours
      if (octets.size() != PinnedAddress().size()) {
        return Result<AlternativeNames>(Errc::malformed, "an IP address of a wrong length");
      }
      PinnedAddress address{};
      std::ranges::copy(as_bytes(octets), address.begin());
      out.addresses.push_back(address);
    } else if (kind == GEN_DNS) {
      const std::string_view text = text_of(*static_cast<const ASN1_STRING*>(value));
      if (text.size() > dns_name_limit) return Result<AlternativeNames>(Errc::too_large, "a DNS name over 253 octets");
      if (text.find('\0') != std::string_view::npos) {
        return Result<AlternativeNames>(Errc::malformed, "a zero octet in a DNS name");
      }
      out.dns_names.emplace_back(text);
    }
  }
  return out;
}

bool is_printable(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace ipop::crypto
