#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "leasing/lease_request.hpp"
#include "net/ipv4_address.hpp"
#include "net/ipv4_prefix.hpp"

namespace ipop::leasing {

/// The lease server's messages as SOAP 1.1 (W3C Note of 8 May 2000), document/literal. XML is only the envelope: a
/// signed request's fields are those of LeaseRequest, and its signature is over their octets.
inline constexpr std::string_view soap_content_type = "text/xml; charset=utf-8";
inline constexpr std::size_t max_envelope = std::size_t{16} * 1024;
inline constexpr unsigned max_envelope_depth = 16;

/// What a request says; a request without key and signature is unsigned, and its `node` any text of the client.
struct SoapRequest {
  LeaseRequest request{};
  bool is_signed = false;
  std::string client{};  ///< <Node> as it was sent, 1 to 64 characters
};

/// What is answered to an obtain or renew.
struct SoapLease {
  net::Ipv4Address address{};
  net::Ipv4Address mask{};
  std::chrono::seconds lease_time{};  ///< from now
  WallTime expires{};
  std::string domain{};
  std::uint16_t mtu = 0;
  Bytes grant{};  ///< encoded LeaseGrant; empty for an unsigned request
};

/// Errors: too_large, malformed (not XML, a document type, deeper than max_envelope_depth, not an envelope, an element
/// that is missing, repeated, unknown or of another form), unsupported (another version of SOAP, another operation,
/// a header that must be understood).
Result<SoapRequest> parse_soap_request(std::string_view envelope);
/// What a client sends; parse_soap_request reads it back.
std::string to_soap(const LeaseRequest& request);

std::string soap_answer(LeaseAction action, const SoapLease& lease);
/// A lease from an answer. Errors: those of a Fault, by its <reason> (an Errc's word), with its text; malformed.
Result<SoapLease> parse_soap_answer(std::string_view envelope);
/// A Fault: `Client` for what the sender did wrong, `Server` for ours.
std::string soap_fault(const Error& error, bool is_clients);

}  // namespace ipop::leasing
