#include "crypto/certificate_authority.hpp"

#include <algorithm>

#include <openssl/pem.h>

#include "crypto/certificate_native.hpp"
#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"
#include "crypto/x509_write.hpp"

namespace ipop::crypto {
namespace {

// What X.509 can express (RFC 5280, 4.1.2.5).
constexpr WallTime last_time{253'402'300'799};  // 9999-12-31 23:59:59

Result<void> check_validity(WallTime not_before, WallTime not_after) {
  if (not_before.seconds < 0 || last_time < not_after || not_after <= not_before) {
    return Result<void>(Errc::out_of_range, "validity is empty or outside of 1970 to 9999");
  }
  return {};
}

Result<void> check_dns_name(std::string_view name) {
  const bool good = !name.empty() && name.size() <= dns_name_limit && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
  return good ? Result<void>{} : Result<void>(Errc::malformed, "not a DNS name");
}

Result<void> check_fields(const CertificateAuthority::Fields& fields) {
  if (auto good = check_name(fields.user, "user"); !good) return good;
  if (!fields.group.empty()) {
    if (auto good = check_name(fields.group, "group"); !good) return good;
  }
  if (fields.pinned_addresses.size() + fields.dns_names.size() > Certificate::alternative_name_limit) {
    return Result<void>(Errc::too_large, "more than 8 addresses and names");
  }
  for (const std::string& name : fields.dns_names) {
    if (auto good = check_dns_name(name); !good) return good;
  }
  return check_validity(fields.not_before, fields.not_after);
}

KeyPtr native_key_of(const PublicKey& key) {
  const auto spki = spki_of(key);
  if (!spki) return nullptr;
  const auto* in = reinterpret_cast<const unsigned char*>(spki->data());
  return KeyPtr(d2i_PUBKEY(nullptr, &in, static_cast<long>(spki->size())));
}

bool add_names(X509& certificate, const CertificateAuthority::Fields& fields) {
  if (fields.pinned_addresses.empty() && fields.dns_names.empty()) return true;
  const ExtensionPtr names = make_alternative_names(fields.pinned_addresses, fields.dns_names);
  return names && X509_add_ext(&certificate, names.get(), -1) == 1;
}

bool add_revoked(X509_CRL& list, const ASN1_INTEGER& serial, WallTime since) {
  const TimePtr time(ASN1_TIME_set(nullptr, since.seconds));
  X509_REVOKED* entry = X509_REVOKED_new();
  // The setters copy; the list owns the entry once it was added.
  if (time && entry != nullptr && X509_REVOKED_set_serialNumber(entry, const_cast<ASN1_INTEGER*>(&serial)) == 1 &&
      X509_REVOKED_set_revocationDate(entry, time.get()) == 1 && X509_CRL_add0_revoked(&list, entry) == 1) {
    return true;
  }
  X509_REVOKED_free(entry);
  return false;
}

bool add_list_extensions(X509_CRL& list, X509& authority, std::uint64_t number) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, &authority, nullptr, nullptr, &list, 0);
  const ExtensionPtr key_id = make_extension(NID_authority_key_identifier, "keyid:always", &context);
  const IntegerPtr value(ASN1_INTEGER_new());
  return key_id && value && X509_CRL_add_ext(&list, key_id.get(), -1) == 1 &&
         ASN1_INTEGER_set_uint64(value.get(), number) == 1 &&
         X509_CRL_add1_ext_i2d(&list, NID_crl_number, value.get(), 0, 0) == 1;
}

const char* const no_room = "no memory or entropy";

}  // namespace

Result<CertificateAuthority> CertificateAuthority::create(const PrivateKey& key, std::string_view name, ByteSpan serial,
                                                          WallTime not_before, WallTime not_after) {
  const ErrorQueueGuard guard;
  if (auto good = check_name(name, "name of the authority"); !good) return std::move(good).error();
  if (auto good = check_validity(not_before, not_after); !good) return std::move(good).error();
  const auto number = make_serial(serial);
  if (!number) return number.error();
  const X509Ptr native(X509_new());
  if (!native) return Result<CertificateAuthority>(Errc::exhausted, no_room);
  EVP_PKEY* native_key = key.native().key.get();
  X509_NAME* subject = X509_get_subject_name(native.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, native.get(), native.get(), nullptr, nullptr, 0);
  const bool made = X509_set_version(native.get(), X509_VERSION_3) == 1 && add_name(*subject, NID_commonName, name) &&
                    X509_set_issuer_name(native.get(), subject) == 1 &&
                    X509_set_serialNumber(native.get(), number->get()) == 1 &&
                    set_validity(*native, not_before, not_after) && X509_set_pubkey(native.get(), native_key) == 1 &&
                    add_extension(*native, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    add_extension(*native, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    add_extension(*native, NID_subject_key_identifier, "hash", &context) &&
                    X509_sign(native.get(), native_key, EVP_sha256()) > 0;
  if (!made) return Result<CertificateAuthority>(Errc::exhausted, no_room);
  auto certificate = Certificate::from_der(der_of(*native, i2d_X509));
  if (!certificate) return std::move(certificate).error();
  return CertificateAuthority(key, std::move(*certificate));
}

Result<CertificateAuthority> CertificateAuthority::from(const PrivateKey& key, const Certificate& certificate) {
  if (!certificate.is_self_signed() || !certificate.is_authority() || !certificate.may_sign_certificates() ||
      !certificate.may_sign_revocations()) {
    return Result<CertificateAuthority>(Errc::not_authorized, "not the certificate of an authority");
  }
  if (certificate.public_key() != key.public_key()) {
    return Result<CertificateAuthority>(Errc::conflict, "the key is not the authority's");
  }
  return CertificateAuthority(key, certificate);
}

Result<Certificate> CertificateAuthority::sign(const PublicKey& key, const Fields& fields) const {
  const ErrorQueueGuard guard;
  if (auto good = check_fields(fields); !good) return std::move(good).error();
  if (fields.not_before < certificate_.not_before() || certificate_.not_after() < fields.not_after) {
    return Result<Certificate>(Errc::out_of_range, "validity begins before the authority's or ends after it");
  }
  const auto number = make_serial(fields.serial);
  if (!number) return number.error();
  const KeyPtr member = native_key_of(key);
  if (!member) return Result<Certificate>(Errc::malformed, "not a point of P-256");
  const X509Ptr native(X509_new());
  if (!native) return Result<Certificate>(Errc::exhausted, no_room);
  X509* authority = certificate_.native()->certificate.get();
  X509_NAME* subject = X509_get_subject_name(native.get());
  X509V3_CTX context;
  X509V3_set_ctx(&context, authority, native.get(), nullptr, nullptr, 0);
  const bool made = X509_set_version(native.get(), X509_VERSION_3) == 1 &&
                    (fields.group.empty() || add_name(*subject, NID_organizationName, fields.group)) &&
                    add_name(*subject, NID_commonName, fields.user) &&
                    X509_set_issuer_name(native.get(), X509_get_subject_name(authority)) == 1 &&
                    X509_set_serialNumber(native.get(), number->get()) == 1 &&
                    set_validity(*native, fields.not_before, fields.not_after) &&
                    X509_set_pubkey(native.get(), member.get()) == 1 &&
                    add_extension(*native, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(*native, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(*native, NID_ext_key_usage, "serverAuth,clientAuth") &&
                    add_extension(*native, NID_subject_key_identifier, "hash", &context) &&
                    add_extension(*native, NID_authority_key_identifier, "keyid:always", &context) &&
                    add_names(*native, fields) && X509_sign(native.get(), key_.native().key.get(), EVP_sha256()) > 0;
  if (!made) return Result<Certificate>(Errc::exhausted, no_room);
  return Certificate::from_der(der_of(*native, i2d_X509));
}

Result<Bytes> CertificateAuthority::sign_crl(const CrlFields& fields) const {
  const ErrorQueueGuard guard;
  const CrlPtr list(X509_CRL_new());
  const TimePtr issued(ASN1_TIME_set(nullptr, fields.issued.seconds));
  const TimePtr next(ASN1_TIME_set(nullptr, fields.next.seconds));
  X509* authority = certificate_.native()->certificate.get();
  if (!list || !issued || !next || X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(authority)) != 1 ||
      X509_CRL_set1_lastUpdate(list.get(), issued.get()) != 1 ||
      X509_CRL_set1_nextUpdate(list.get(), next.get()) != 1) {
    return Result<Bytes>(Errc::exhausted, no_room);
  }
  for (const RevokedSerial& revoked : fields.revoked) {
    const auto serial = make_serial(revoked.serial);
    if (!serial) return serial.error();
    if (!add_revoked(*list, **serial, revoked.since)) return Result<Bytes>(Errc::exhausted, no_room);
  }
  if (!add_list_extensions(*list, *authority, fields.number) || X509_CRL_sort(list.get()) != 1 ||
      X509_CRL_sign(list.get(), key_.native().key.get(), EVP_sha256()) <= 0) {
    return Result<Bytes>(Errc::exhausted, no_room);
  }
  return der_of(*list, i2d_X509_CRL);
}

std::string crl_to_pem(ByteSpan der) {
  const ErrorQueueGuard guard;
  return pem_of(PEM_STRING_X509_CRL, der);
}

}  // namespace ipop::crypto
