// What a stranger sends to a lease server: envelopes, and requests and grants as octets.

#include <cstdlib>

#include "leasing/lease_grant.hpp"
#include "leasing/soap.hpp"

using namespace ipop;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan octets = std::as_bytes(std::span(data, size));
  if (const auto request = leasing::decode_lease_request(octets))
    if (!equal(leasing::encode(*request), octets)) std::abort();
  if (const auto grant = leasing::decode_lease_grant(octets)) {
    Bytes again;
    leasing::encode(*grant, again);
    if (!equal(again, octets)) std::abort();
  }
  const auto envelope = leasing::parse_soap_request(as_text(octets));
  if (envelope && envelope->is_signed) {
    const auto again = leasing::parse_soap_request(leasing::to_soap(envelope->request));
    if (!again || !(again->request == envelope->request)) std::abort();
  }
  (void)leasing::parse_soap_answer(as_text(octets));
  return 0;
}
