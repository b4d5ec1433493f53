#include "crypto/certificate.hpp"

#include <algorithm>
#include <cassert>

#include <openssl/pem.h>

#include "crypto/certificate_native.hpp"
#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"
#include "crypto/x509_write.hpp"

namespace ipop::crypto {
namespace {

/// The errors of what the library finds wrong while it reads the extensions, or nothing.
Result<std::uint32_t> extension_flags_of(X509& certificate) {
  if (X509_get_ext_count(&certificate) > static_cast<int>(Certificate::extension_limit)) {
    return Result<std::uint32_t>(Errc::too_large, "certificate has more than 16 extensions");
  }
  const std::uint32_t flags = X509_get_extension_flags(&certificate);
  if ((flags & EXFLAG_INVALID) != 0) {
    return Result<std::uint32_t>(Errc::malformed, "extensions of the certificate contradict each other or the format");
  }
  if ((flags & EXFLAG_CRITICAL) != 0) {
    return Result<std::uint32_t>(Errc::unsupported, "certificate has an unknown critical extension");
  }
  return flags;
}

Result<Bytes> serial_of(const X509& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  const auto* data = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(serial));
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(serial));
  if (size > serial_limit) return Result<Bytes>(Errc::too_large, "serial number is longer than 20 octets");
  Bytes out(data, data + size);
  const bool is_zero = std::ranges::all_of(out, [](std::byte octet) { return octet == std::byte{0}; });
  if (is_zero || ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) {
    return Result<Bytes>(Errc::malformed, "serial number is not positive");
  }
  return out;
}

Result<AlternativeNames> names_in(const X509& certificate) {
  int found = 0;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(&certificate, NID_subject_alt_name, &found, nullptr)));
  if (names) return crypto::alternative_names_of(*names);
  // -1 is "there is none".
  if (found == -1) return AlternativeNames{};
  return Result<AlternativeNames>(Errc::malformed, "alternative names of the certificate");
}

/// Cuts to the limit without cutting a UTF-8 character in two.
std::string_view fitting_name(std::string_view name) {
  if (name.size() <= Certificate::name_limit) return name;
  std::size_t size = Certificate::name_limit;
  while (size > 0 && (static_cast<unsigned char>(name[size]) & 0xc0U) == 0x80U)
    --size;
  return name.substr(0, size);
}

void set_common_name(X509_NAME& subject, std::string_view common_name) {
  // A zero octet would end the name in other programs.
  const std::string_view name = fitting_name(common_name.substr(0, common_name.find('\0')));
  if (name.empty() || add_name(subject, NID_commonName, name)) return;
  // What is not UTF-8 is taken as ISO 8859-1: every octet string is that.
  X509_NAME_add_entry_by_NID(&subject, NID_commonName, MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1, 0);
}

}  // namespace

Result<Certificate> Certificate::from_der(ByteSpan der) {
  const ErrorQueueGuard guard;
  if (der.size() > size_limit) return Result<Certificate>(Errc::too_large, "certificate is larger than 4096 octets");
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = in + der.size();
  X509Ptr native(d2i_X509(nullptr, &in, static_cast<long>(der.size())));
  if (!native) return Result<Certificate>(Errc::malformed, "not a DER certificate");
  if (in != end) return Result<Certificate>(Errc::malformed, "octets behind the certificate");
  auto out = from_native({std::move(native)});
  // Other forms of the same values would be another certificate to whoever hashes the octets.
  if (out && !equal(out->der_, der)) return Result<Certificate>(Errc::malformed, "certificate is BER, not DER");
  return out;
}

Result<Certificate> Certificate::from_native(Native object) {
  const X509Ptr& native = object.certificate;
  Bytes der = der_of(*native, i2d_X509);
  if (der.size() > size_limit) return Result<Certificate>(Errc::too_large, "certificate is larger than 4096 octets");
  const auto key = named_key_of(*X509_get_X509_PUBKEY(native.get()));
  if (!key) return key.error();
  const auto flags = extension_flags_of(*native);
  if (!flags) return flags.error();
  auto subject = subject_name_of(*X509_get_subject_name(native.get()));
  if (!subject) return std::move(subject).error();
  auto issuer = subject_name_of(*X509_get_issuer_name(native.get()));
  if (!issuer) return std::move(issuer).error().in("issuer");
  auto serial = serial_of(*native);
  if (!serial) return std::move(serial).error();
  auto names = names_in(*native);
  if (!names) return std::move(names).error();
  const auto not_before = wall_time_of(X509_get0_notBefore(native.get()));
  const auto not_after = wall_time_of(X509_get0_notAfter(native.get()));
  if (!not_before || !not_after || *not_after < *not_before) {
    return Result<Certificate>(Errc::malformed, "validity of the certificate");
  }

  Certificate out;
  out.der_ = std::move(der);
  out.public_key_ = key->key;
  out.key_fingerprint_ = key->fingerprint;
  out.common_name_ = std::move(subject->common_name);
  out.organization_ = std::move(subject->organization);
  out.issuer_ = std::move(issuer->common_name);
  out.serial_ = std::move(*serial);
  out.not_before_ = *not_before;
  out.not_after_ = *not_after;
  out.pinned_addresses_ = std::move(names->addresses);
  out.dns_names_ = std::move(names->dns_names);
  out.self_issued_ = X509_self_signed(native.get(), 0) == 1;
  out.authority_ = (*flags & EXFLAG_CA) != 0;
  const std::uint32_t usage = X509_get_key_usage(native.get());
  out.may_sign_handshakes_ = (usage & KU_DIGITAL_SIGNATURE) != 0;
  out.may_sign_certificates_ = (usage & KU_KEY_CERT_SIGN) != 0;
  out.may_sign_revocations_ = (usage & KU_CRL_SIGN) != 0;
  constexpr std::uint32_t both_roles = XKU_SSL_SERVER | XKU_SSL_CLIENT;
  // Without the extension every bit is set, but a member's certificate has it.
  out.for_both_roles_ =
      (*flags & EXFLAG_XKUSAGE) != 0 && (X509_get_extended_key_usage(native.get()) & both_roles) == both_roles;
  out.native_ = std::make_shared<const Native>(std::move(object));
  return out;
}

Result<Certificate> Certificate::from_pem(std::string_view pem) {
  const ErrorQueueGuard guard;
  const BioPtr bio = read_text(pem);
  const X509Ptr native(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!native) return Result<Certificate>(Errc::malformed, "not a PEM certificate");
  return from_der(der_of(*native, i2d_X509));
}

bool Certificate::is_self_signed() const {
  const ErrorQueueGuard guard;
  return self_issued_ && X509_self_signed(native_->certificate.get(), 1) == 1;
}

std::string Certificate::to_pem() const {
  const ErrorQueueGuard guard;
  return pem_of(PEM_STRING_X509, der_);
}

Certificate make_self_signed(const PrivateKey& key, std::string_view common_name, ByteSpan serial, WallTime not_before,
                             WallTime not_after) {
  const ErrorQueueGuard guard;
  const auto number = make_serial(serial);
  assert(number.has_value());
  const X509Ptr native(X509_new());
  EVP_PKEY* native_key = key.native().key.get();
  X509_NAME* subject = X509_get_subject_name(native.get());
  set_common_name(*subject, common_name);
  const bool made = X509_set_version(native.get(), X509_VERSION_3) == 1 &&
                    X509_set_serialNumber(native.get(), number->get()) == 1 &&
                    X509_set_issuer_name(native.get(), subject) == 1 && set_validity(*native, not_before, not_after) &&
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
