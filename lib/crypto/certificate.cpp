#include "crypto/certificate.hpp"

#include <cassert>
#include <chrono>
#include <ctime>
#include <optional>

#include <openssl/pem.h>

#include "crypto/openssl_ptr.hpp"
#include "crypto/private_key_native.hpp"

namespace ipop::crypto {
namespace {

// RFC 5280, appendix A: ub-common-name.
constexpr std::size_t common_name_limit = 64;
// RFC 5280, 4.1.2.2.
constexpr std::size_t serial_limit = 20;

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

std::string common_name_of(const X509& certificate) {
  const X509_NAME* subject = X509_get_subject_name(&certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
  if (size < 0) return {};
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out;
}

Bytes serial_of(const X509& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  const auto* data = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(serial));
  return {data, data + ASN1_STRING_length(serial)};
}

template <class Object>
Bytes der_of(const Object& object, int (*encode_der)(const Object*, unsigned char**)) {
  unsigned char* octets = nullptr;
  const int size = encode_der(&object, &octets);
  if (size <= 0) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(octets);
  Bytes out(begin, begin + size);
  OPENSSL_free(octets);
  return out;
}

/// Cuts to the limit without cutting a UTF-8 character in two.
std::string_view fitting_name(std::string_view name) {
  if (name.size() <= common_name_limit) return name;
  std::size_t size = common_name_limit;
  while (size > 0 && (static_cast<unsigned char>(name[size]) & 0xc0U) == 0x80U)
    --size;
  return name.substr(0, size);
}

void set_common_name(X509_NAME& subject, std::string_view common_name) {
  const std::string_view name = fitting_name(common_name);
  if (name.empty()) return;
  const auto* octets = reinterpret_cast<const unsigned char*>(name.data());
  const int size = static_cast<int>(name.size());
  // What is not UTF-8 is taken as ISO 8859-1: every octet string is that.
  if (X509_NAME_add_entry_by_NID(&subject, NID_commonName, MBSTRING_UTF8, octets, size, -1, 0) != 1) {
    X509_NAME_add_entry_by_NID(&subject, NID_commonName, MBSTRING_ASC, octets, size, -1, 0);
  }
}

bool add_extension(X509& certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  const bool added = extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteSpan der) {
  const ErrorQueueGuard guard;
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = in + der.size();
  const X509Ptr native(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
  if (!native) return Result<Certificate>(Errc::malformed, "not a DER certificate");
  if (in != end) return Result<Certificate>(Errc::malformed, "octets behind the certificate");

  EVP_PKEY* key = X509_get0_pubkey(native.get());
  if (key == nullptr) return Result<Certificate>(Errc::unsupported, "unknown kind of public key");
  auto point = public_key_of(*key);
  if (!point) return std::move(point).error();
  // One key, one encoding: explicit curve parameters and compressed points would give the same
  // node several names in places that hash the encoding.
  const auto spki = spki_of(*point);
  if (!spki || der_of(*X509_get_X509_PUBKEY(native.get()), i2d_X509_PUBKEY) != *spki) {
    return Result<Certificate>(Errc::unsupported, "public key is not in the uncompressed named form");
  }

  Certificate out;
  const auto not_before = wall_time_of(X509_get0_notBefore(native.get()));
  const auto not_after = wall_time_of(X509_get0_notAfter(native.get()));
  if (!not_before || !not_after) return Result<Certificate>(Errc::malformed, "validity of the certificate");
  out.der_ = to_bytes(der);
  out.public_key_ = *point;
  out.common_name_ = common_name_of(*native);
  out.serial_ = serial_of(*native);
  out.not_before_ = *not_before;
  out.not_after_ = *not_after;
  out.self_signed_ = X509_self_signed(native.get(), 1) == 1;
  return out;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  const ErrorQueueGuard guard;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Ptr native(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!native) return Result<Certificate>(Errc::malformed, "not a PEM certificate");
  return from_der(der_of(*native, i2d_X509));
}

std::string Certificate::to_pem() const {
  const ErrorQueueGuard guard;
  const BioPtr bio(BIO_new(BIO_s_mem()));
  const int written = PEM_write_bio(bio.get(), PEM_STRING_X509, "", reinterpret_cast<const unsigned char*>(der_.data()),
                                    static_cast<long>(der_.size()));
  assert(written > 0);
  static_cast<void>(written);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

Certificate make_self_signed(const PrivateKey& key, std::string_view common_name, ByteSpan serial, WallTime not_before,
                             WallTime not_after) {
  const ErrorQueueGuard guard;
  assert(serial.size() >= 8 && serial.size() <= serial_limit);
  Bytes positive = to_bytes(serial);
  positive[0] &= std::byte{0x7f};
  const BignumPtr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(positive.data()), static_cast<int>(positive.size()), nullptr));
  const X509Ptr native(X509_new());
  EVP_PKEY* native_key = key.native().key.get();
  X509_NAME* subject = X509_get_subject_name(native.get());
  set_common_name(*subject, common_name);
  const bool made = X509_set_version(native.get(), X509_VERSION_3) == 1 &&
                    BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(native.get())) != nullptr &&
                    X509_set_issuer_name(native.get(), subject) == 1 &&
                    ASN1_TIME_set(X509_getm_notBefore(native.get()), not_before.seconds) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(native.get()), not_after.seconds) != nullptr &&
                    X509_set_pubkey(native.get(), native_key) == 1 &&
                    add_extension(*native, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(*native, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(*native, NID_ext_key_usage, "serverAuth,clientAuth") &&
                    X509_sign(native.get(), native_key, EVP_sha256()) > 0;
  assert(made);
  static_cast<void>(made);
  auto decoded = Certificate::from_der(der_of(*native, i2d_X509));
  assert(decoded.has_value());
  return std::move(*decoded);
}

}  // namespace ipop::crypto
