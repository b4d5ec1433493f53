#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "authority/enrolment_token.hpp"
#include "authority/remote_decision.hpp"
#include "base/result.hpp"
#include "crypto/certificate.hpp"
#include "crypto/certificate_request.hpp"
#include "net/http.hpp"

// Enrolment over Secure Transport (RFC 7030, RFC 8951): what its requests and answers mean, as values.
// Bodies are base64; certificates travel as PKCS #7 without a signature.

namespace ipop::authority::est {

/// Of a body, in either direction of an enrolment.
constexpr std::size_t body_limit = std::size_t{16} * 1024;

// --- the server's side ----------------------------------------------------------------------------

/// Somebody wants to know the authority's certificate.
struct WantsAuthority {};
/// Somebody wants a certificate, and has proved to hold the key.
struct WantsCertificate {
  crypto::CertificateRequest request;
  /// The password of HTTP Basic authentication (RFC 7030, 3.2.3; RFC 7617); the user's name means nothing.
  std::optional<EnrolmentToken> token{};
};
/// The holder of `present` wants another one like it; whether that one counts is not judged here.
struct WantsRenewal {
  crypto::Certificate present;
  crypto::CertificateRequest request;
};
/// The holder of `member` wants the closed group's file; likewise.
struct WantsGroup {
  crypto::Certificate member;
};
/// The holder of `member`, an administrator perhaps, wants to see the requests that wait.
struct WantsRequests {
  crypto::Certificate member;
};
/// The holder of `member` says yes or no to one of them.
struct WantsDecision {
  crypto::Certificate member;
  RemoteDecision decision{};
};
using Wish = std::variant<WantsAuthority, WantsCertificate, WantsRenewal, WantsGroup, WantsRequests, WantsDecision>;

/// What a request asks for, or the answer that refuses it: 403 (a client certificate is needed, or a password
/// is no token), 404,
/// 405, 413, 415, or 400 with what is wrong as text.
std::variant<Wish, net::HttpAnswer> decode_wish(const net::HttpRequest& request);

net::HttpAnswer authority_answer(const crypto::Certificate& authority);
net::HttpAnswer certificate_answer(const crypto::Certificate& certificate);
/// 202: a person has not decided; ask again after `retry_after`.
net::HttpAnswer waiting_answer(std::chrono::seconds retry_after);
/// 403 and the reason that the person gave.
net::HttpAnswer denied_answer(std::string_view reason);
/// 503: nothing is decided for now, for a reason that is the authority's; ask again.
net::HttpAnswer on_hold_answer(std::string_view why);
/// 429: this source asks too often.
net::HttpAnswer too_many_answer(std::chrono::seconds retry_after);
/// `toml`: the closed group's file.
net::HttpAnswer group_answer(std::string toml);
/// The requests that wait.
net::HttpAnswer requests_answer(const std::vector<WaitingRow>& rows);
/// A decision was made: what came of it, for a person.
net::HttpAnswer decided_answer(std::string_view text);
/// 400, 403, 409 and 503 with the error's words where the request is at fault; else 500, whose cause
/// is for the server's log only.
net::HttpAnswer failure_answer(const Error& error);

// --- the client's side ----------------------------------------------------------------------------

net::HttpRequest authority_request();
net::HttpRequest enrolment_request(const crypto::CertificateRequest& request,
                                   const std::optional<EnrolmentToken>& token = std::nullopt);
/// To be sent with the present certificate.
net::HttpRequest renewal_request(const crypto::CertificateRequest& request);
/// Likewise.
net::HttpRequest group_request();

/// Likewise, by an administrator.
net::HttpRequest requests_request();
net::HttpRequest decision_request(const RemoteDecision& decision);

/// The self-signed authority among the certificates of the answer. It is not believed by that: its
/// fingerprint has to be compared (RFC 7030, 4.1.1). Errors: malformed, not_found (no authority).
Result<crypto::Certificate> decode_authority(const net::HttpAnswer& answer);

/// Ask again after this time.
struct Waiting {
  std::chrono::seconds retry_after{};  ///< 1 s to an hour
  std::string why{};                   ///< the server's words; foreign text
};
/// A person, or the authority's policy, said no.
struct Denied {
  std::string reason{};  ///< foreign text, at most 1000 octets
};
using Enrolment = std::variant<crypto::Certificate, Waiting, Denied>;
/// How a request for the key `wanted` stands. Whether the certificate is the authority's is not
/// judged. Errors: malformed, conflict (a certificate, but for another key), unsupported (a status that
/// is no part of an enrolment; its text is the context).
Result<Enrolment> decode_enrolment(const net::HttpAnswer& answer, const crypto::PublicKey& wanted);

/// The text of the closed group's file. Errors: not_authorized (refused, with the reason), not_found (the
/// authority has none), unsupported (another status).
Result<std::string> decode_group(const net::HttpAnswer& answer);

/// Errors: malformed, not_authorized (refused, with the reason), unsupported (another status).
Result<std::vector<WaitingRow>> decode_requests(const net::HttpAnswer& answer);
/// What came of it. Errors: not_authorized or conflict (refused, with the reason), unsupported.
Result<std::string> decode_decided(const net::HttpAnswer& answer);

}  // namespace ipop::authority::est
