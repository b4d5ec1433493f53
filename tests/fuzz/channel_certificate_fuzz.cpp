#include <cstdlib>

#include "base/bytes.hpp"
#include "crypto/certificate.hpp"

using namespace ipop;

// A certificate that decodes keeps its octets, survives PEM, and its key has an id.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  static_cast<void>(crypto::Certificate::from_pem(as_text(input)).has_value());
  const auto certificate = crypto::Certificate::from_der(input);
  if (!certificate) return 0;
  if (!equal(certificate->der(), input)) std::abort();
  if (!crypto::node_id_of(certificate->public_key())) std::abort();
  const auto again = crypto::Certificate::from_pem(certificate->to_pem());
  if (!again || again->der() != certificate->der()) std::abort();
  return 0;
}
