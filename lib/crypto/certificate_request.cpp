#include "crypto/certificate_request.hpp"

#include <cassert>

#include <openssl/pem.h>

#include "crypto/private_key_native.hpp"
#include "crypto/x509_read.hpp"
#include "crypto/x509_write.hpp"

namespace ipop::crypto {
namespace {

constexpr int request_extension_limit = 32;

struct ExtensionsFree {
  void operator()(STACK_OF(X509_EXTENSION) * list) const { sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free); }
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFree>;

bool is_strong_signature(const X509_REQ& request) {
  const int kind = X509_REQ_get_signature_nid(&request);
  return kind == NID_ecdsa_with_SHA256 || kind == NID_ecdsa_with_SHA384 || kind == NID_ecdsa_with_SHA512;
}

Result<void> refuse_power(std::string_view what) {
  return Result<void>(Errc::not_authorized, "the request asks for a power that no member has: " + std::string(what));
}

/// What is inside an extension of a kind that the library knows; null when it is broken.
template <auto free_function, class Value>
auto value_of(X509_EXTENSION& extension) {
  return std::unique_ptr<Value, OpensslFree<free_function>>(static_cast<Value*>(X509V3_EXT_d2i(&extension)));
}

Result<void> check_basic_constraints(X509_EXTENSION& extension) {
  const auto value = value_of<BASIC_CONSTRAINTS_free, BASIC_CONSTRAINTS>(extension);
  if (!value) return Result<void>(Errc::malformed, "basicConstraints of the request");
  return value->ca != 0 ? refuse_power("CA:TRUE") : Result<void>{};
}

Result<void> check_key_usage(X509_EXTENSION& extension) {
  const auto value = value_of<ASN1_BIT_STRING_free, ASN1_BIT_STRING>(extension);
  if (!value) return Result<void>(Errc::malformed, "keyUsage of the request");
  // Bit numbers of RFC 5280, 4.2.1.3.
  if (ASN1_BIT_STRING_get_bit(value.get(), 5) != 0) return refuse_power("keyCertSign");
  if (ASN1_BIT_STRING_get_bit(value.get(), 6) != 0) return refuse_power("cRLSign");
  return {};
}

Result<void> check_extended_key_usage(X509_EXTENSION& extension) {
  const auto value = value_of<EXTENDED_KEY_USAGE_free, EXTENDED_KEY_USAGE>(extension);
  if (!value) return Result<void>(Errc::malformed, "extendedKeyUsage of the request");
  for (int i = 0; i < sk_ASN1_OBJECT_num(value.get()); ++i) {
    const ASN1_OBJECT* purpose = sk_ASN1_OBJECT_value(value.get(), i);
    const int nid = OBJ_obj2nid(purpose);
    if (nid == NID_server_auth || nid == NID_client_auth) continue;
    std::array<char, 80> text{};
    OBJ_obj2txt(text.data(), static_cast<int>(text.size()), purpose, 0);
    return refuse_power("extended key usage " + std::string(text.data()));
  }
  return {};
}

/// Whether a member may ask for this; SubjectAltName goes into `names`.
Result<void> read_extension(X509_EXTENSION& extension, AlternativeNames& names) {
  switch (const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(&extension))) {
    case NID_basic_constraints: return check_basic_constraints(extension);
    case NID_key_usage: return check_key_usage(extension);
    case NID_ext_key_usage: return check_extended_key_usage(extension);
    case NID_name_constraints:
    case NID_policy_constraints:
    case NID_policy_mappings:
    case NID_inhibit_any_policy:
    case NID_proxyCertInfo: return refuse_power(OBJ_nid2sn(nid));
    case NID_subject_alt_name: {
      const auto value = value_of<GENERAL_NAMES_free, GENERAL_NAMES>(extension);
      if (!value) return Result<void>(Errc::malformed, "subjectAltName of the request");
      auto found = alternative_names_of(*value);
      if (!found) return std::move(found).error();
      names = std::move(*found);
      return {};
    }
    default: return {};
  }
}

Result<AlternativeNames> read_extensions(X509_REQ& request) {
  const ExtensionsPtr extensions(X509_REQ_get_extensions(&request));
  const int count = extensions ? sk_X509_EXTENSION_num(extensions.get()) : 0;
  if (count > request_extension_limit) return Result<AlternativeNames>(Errc::too_large, "more than 32 extensions");
  AlternativeNames names;
  for (int i = 0; i < count; ++i) {
    auto read = read_extension(*sk_X509_EXTENSION_value(extensions.get(), i), names);
    if (!read) return std::move(read).error();
  }
  return names;
}

bool add_alternative_names(X509_REQ& request, const std::vector<PinnedAddress>& addresses) {
  if (addresses.empty()) return true;
  const ExtensionsPtr extensions(sk_X509_EXTENSION_new_null());
  ExtensionPtr names = make_alternative_names(addresses, {});
  if (!extensions || !names || sk_X509_EXTENSION_push(extensions.get(), names.get()) <= 0) return false;
  static_cast<void>(names.release());
  return X509_REQ_add_extensions(&request, extensions.get()) == 1;
}

}  // namespace

Result<CertificateRequest> CertificateRequest::build(const PrivateKey& key, const Fields& fields) {
  const ErrorQueueGuard guard;
  if (auto good = check_name(fields.user, "user"); !good) return std::move(good).error();
  if (fields.pinned_addresses.size() > Certificate::alternative_name_limit) {
    return Result<CertificateRequest>(Errc::too_large, "more than 8 addresses");
  }
  const RequestPtr native(X509_REQ_new());
  EVP_PKEY* native_key = key.native().key.get();
  const bool made = native && X509_REQ_set_version(native.get(), X509_REQ_VERSION_1) == 1 &&
                    add_name(*X509_REQ_get_subject_name(native.get()), NID_commonName, fields.user) &&
                    X509_REQ_set_pubkey(native.get(), native_key) == 1 &&
                    add_alternative_names(*native, fields.pinned_addresses) &&
                    X509_REQ_sign(native.get(), native_key, EVP_sha256()) > 0;
  if (!made) return Result<CertificateRequest>(Errc::exhausted, "no memory or entropy for a request");
  return from_der(der_of(*native, i2d_X509_REQ));
}

Result<CertificateRequest> CertificateRequest::from_der(ByteSpan der) {
  const ErrorQueueGuard guard;
  if (der.size() > size_limit) return Result<CertificateRequest>(Errc::too_large, "request is larger than 16 KiB");
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = in + der.size();
  const RequestPtr native(d2i_X509_REQ(nullptr, &in, static_cast<long>(der.size())));
  if (!native) return Result<CertificateRequest>(Errc::malformed, "not a DER certification request");
  if (in != end) return Result<CertificateRequest>(Errc::malformed, "octets behind the request");

  const auto key = named_key_of(*X509_REQ_get_X509_PUBKEY(native.get()));
  if (!key) return key.error();
  if (!is_strong_signature(*native)) {
    return Result<CertificateRequest>(Errc::unsupported, "the request is not signed by ECDSA with SHA-256 or better");
  }
  if (X509_REQ_verify(native.get(), X509_REQ_get0_pubkey(native.get())) != 1) {
    return Result<CertificateRequest>(Errc::bad_checksum, "the request is not signed by its own key");
  }
  auto subject = subject_name_of(*X509_REQ_get_subject_name(native.get()));
  if (!subject) return std::move(subject).error();
  if (!is_printable(subject->common_name) || !is_printable(subject->organization)) {
    return Result<CertificateRequest>(Errc::malformed, "the subject contains a control character");
  }
  auto names = read_extensions(*native);
  if (!names) return std::move(names).error();

  CertificateRequest out;
  out.der_ = to_bytes(der);
  out.public_key_ = key->key;
  out.key_fingerprint_ = key->fingerprint;
  out.user_ = std::move(subject->common_name);
  out.organization_ = std::move(subject->organization);
  out.pinned_addresses_ = std::move(names->addresses);
  out.dns_names_ = std::move(names->dns_names);
  return out;
}

Result<CertificateRequest> CertificateRequest::from_pem(std::string_view pem) {
  const ErrorQueueGuard guard;
  // Base64 makes three octets four, and line ends and text around the block are allowed.
  if (pem.size() > 2 * size_limit) return Result<CertificateRequest>(Errc::too_large, "request is larger than 16 KiB");
  const BioPtr bio = read_text(pem);
  const RequestPtr native(bio ? PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!native) return Result<CertificateRequest>(Errc::malformed, "not a PEM certification request");
  return from_der(der_of(*native, i2d_X509_REQ));
}

std::string CertificateRequest::to_pem() const {
  const ErrorQueueGuard guard;
  return pem_of(PEM_STRING_X509_REQ, der_);
}

}  // namespace ipop::crypto
