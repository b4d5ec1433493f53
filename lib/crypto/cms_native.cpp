#include "crypto/cms_native.hpp"

#include <span>

namespace ipop::crypto {

BioPtr bio_of(ByteSpan octets) {
  return BioPtr(BIO_new_mem_buf(octets.data(), static_cast<int>(octets.size())));
}

Bytes octets_of(BIO& out) {
  const char* begin = nullptr;
  const long size = BIO_get_mem_data(&out, &begin);
  return size <= 0 ? Bytes() : to_bytes(std::as_bytes(std::span(begin, static_cast<std::size_t>(size))));
}

CmsPtr decode_cms(ByteSpan der, int kind) {
  const auto* in = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = in + der.size();
  CmsPtr out(d2i_CMS_ContentInfo(nullptr, &in, static_cast<long>(der.size())));
  const bool good = out && in == end && OBJ_obj2nid(CMS_get0_type(out.get())) == kind;
  return good ? std::move(out) : nullptr;
}

}  // namespace ipop::crypto
