#include "crypto/x509_write.hpp"

#include <algorithm>

#include "crypto/x509_read.hpp"

namespace ipop::crypto {
namespace {

bool set_octets(ASN1_STRING* string, ByteSpan octets) {
  return string != nullptr && ASN1_STRING_set(string, octets.data(), static_cast<int>(octets.size())) == 1;
}

/// Appends to the list what `make` filled in.
bool add_general_name(GENERAL_NAMES& names, int kind, ASN1_STRING* value, ByteSpan octets) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (name == nullptr || !set_octets(value, octets)) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return false;
  }
  GENERAL_NAME_set0_value(name, kind, value);
  if (sk_GENERAL_NAME_push(&names, name) > 0) return true;
  GENERAL_NAME_free(name);
  return false;
}

}  // namespace

Result<void> check_name(std::string_view name, std::string_view what) {
  const std::string subject(what);
  if (name.empty()) return Result<void>(Errc::malformed, subject + " is empty");
  if (name.size() > Certificate::name_limit) {
    return Result<void>(Errc::malformed, subject + " is longer than 64 octets");
  }
  if (!is_printable(name)) return Result<void>(Errc::malformed, subject + " contains a control character");
  const NamePtr trial(X509_NAME_new());
  if (!trial || !add_name(*trial, NID_commonName, name)) {
    return Result<void>(Errc::malformed, subject + " is not UTF-8");
  }
  return {};
}

bool add_name(X509_NAME& subject, int nid, std::string_view text) {
  return X509_NAME_add_entry_by_NID(&subject, nid, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

Result<IntegerPtr> make_serial(ByteSpan octets) {
  if (octets.size() < serial_minimum || octets.size() > serial_limit) {
    return Result<IntegerPtr>(Errc::malformed, "a serial number has 8 to 20 octets");
  }
  Bytes positive = to_bytes(octets);
  positive[0] &= std::byte{0x7f};
  const BignumPtr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(positive.data()), static_cast<int>(positive.size()), nullptr));
  IntegerPtr out(number && !BN_is_zero(number.get()) ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
  if (!out) return Result<IntegerPtr>(Errc::malformed, "serial number is zero");
  return out;
}

bool set_validity(X509& certificate, WallTime not_before, WallTime not_after) {
  return ASN1_TIME_set(X509_getm_notBefore(&certificate), not_before.seconds) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(&certificate), not_after.seconds) != nullptr;
}

ExtensionPtr make_extension(int nid, const char* value, X509V3_CTX* context) {
  return ExtensionPtr(X509V3_EXT_conf_nid(nullptr, context, nid, value));
}

bool add_extension(X509& certificate, int nid, const char* value, X509V3_CTX* context) {
  const ExtensionPtr extension = make_extension(nid, value, context);
  return extension && X509_add_ext(&certificate, extension.get(), -1) == 1;
}

ExtensionPtr make_alternative_names(const std::vector<PinnedAddress>& addresses,
                                    const std::vector<std::string>& dns_names) {
  const GeneralNamesPtr names(GENERAL_NAMES_new());
  if (!names) return nullptr;
  for (const PinnedAddress& address : addresses) {
    if (!add_general_name(*names, GEN_IPADD, ASN1_OCTET_STRING_new(), address)) return nullptr;
  }
  for (const std::string& name : dns_names) {
    if (!add_general_name(*names, GEN_DNS, ASN1_IA5STRING_new(), as_bytes(name))) return nullptr;
  }
  return ExtensionPtr(X509V3_EXT_i2d(NID_subject_alt_name, 0, names.get()));
}

}  // namespace ipop::crypto
