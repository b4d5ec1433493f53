#include "crypto/certificate_request.hpp"

#include <cstdlib>

#include "base/bytes.hpp"

using namespace ipop;
using crypto::CertificateRequest;

// A request that decodes, as DER or PEM, keeps its octets, stays within the limits, and its key can be
// certified.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  for (const auto& request : {CertificateRequest::from_der(input), CertificateRequest::from_pem(as_text(input))}) {
    if (!request) continue;
    if (request->user().size() > 64 || request->der().size() > CertificateRequest::size_limit) std::abort();
    if (request->pinned_addresses().size() + request->dns_names().size() > 8) std::abort();
    if (!crypto::key_fingerprint_of(request->public_key())) std::abort();
    const auto again = CertificateRequest::from_pem(request->to_pem());
    if (!again || again->user() != request->user() || again->public_key() != request->public_key()) std::abort();
  }
  return 0;
}
