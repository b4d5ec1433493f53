#include "authority/est.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

#include "base/base64.hpp"
#include "crypto/key_bundle.hpp"

namespace ipop::authority::est {
namespace {

// RFC 7030, 3.2.2.
constexpr std::string_view authority_path = "/.well-known/est/cacerts";
constexpr std::string_view enrol_path = "/.well-known/est/simpleenroll";
constexpr std::string_view renew_path = "/.well-known/est/simplereenroll";
constexpr std::string_view attributes_path = "/.well-known/est/csrattrs";
// Ours.
constexpr std::string_view group_path = "/.well-known/ga/group";
constexpr std::string_view requests_path = "/.well-known/ga/requests";
constexpr std::string_view decision_path = "/.well-known/ga/decision";

constexpr std::string_view request_type = "application/pkcs10";
constexpr const char* certificates_type = "application/pkcs7-mime; smime-type=certs-only";
constexpr const char* text_type = "text/plain; charset=utf-8";
constexpr const char* toml_type = "application/toml";

constexpr std::size_t largest_text = 1000;
// What a client takes for the time to the next question, whatever the server says.
constexpr std::chrono::seconds default_retry{30};
constexpr std::chrono::seconds longest_retry{3600};
// Of an authority whose table of requests is full: people empty it, and they take their time.
constexpr std::chrono::seconds full_retry{600};
// A person is at it, and the server goes on by itself.
constexpr std::chrono::seconds hold_retry{10};

net::HttpAnswer text_answer(unsigned status, std::string_view text) {
  net::HttpAnswer out{status, text_type, std::string(text)};
  out.body.push_back('\n');
  return out;
}

/// Lines of 64, which base64 decoders of every kind take.
std::string base64_lines(ByteSpan octets) {
  const std::string text = to_base64(octets);
  std::string out;
  for (std::size_t at = 0; at < text.size(); at += 64)
    out.append(text, at, 64).push_back('\n');
  return out;
}

net::HttpAnswer certificates_answer(const crypto::Certificate& certificate) {
  return {200, certificates_type, base64_lines(crypto::make_certificate_bundle(std::span(&certificate, 1)))};
}

/// The media type without its parameters, in lower case (RFC 9110, 8.3.1).
std::string media_type(std::string_view header) {
  header = header.substr(0, header.find(';'));
  std::string out;
  for (const char c : header)
    if (c != ' ' && c != '\t') out.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
  return out;
}

std::string_view method_of(std::string_view path) {
  if (path == authority_path || path == attributes_path || path == group_path || path == requests_path) return "GET";
  if (path == enrol_path || path == renew_path || path == decision_path) return "POST";
  return {};
}

std::variant<crypto::CertificateRequest, net::HttpAnswer> decode_request(const net::HttpRequest& request) {
  if (media_type(request.content_type) != request_type)
    return text_answer(415, "the body has to be " + std::string(request_type));
  if (request.body.size() > body_limit) return text_answer(413, "the body is longer than 16 KiB");
  const auto der = parse_base64(request.body);
  if (!der) return text_answer(400, "the body is not base64 (RFC 8951, section 3)");
  auto decoded = crypto::CertificateRequest::from_der(*der);
  if (!decoded) return text_answer(400, "the certification request is refused: " + decoded.error().message());
  return *std::move(decoded);
}

std::variant<crypto::Certificate, net::HttpAnswer> decode_client(const net::HttpRequest& request) {
  if (request.client_certificate.empty())
    return text_answer(403, "this needs the present certificate: send it as the client certificate of TLS");
  auto certificate = crypto::Certificate::from_der(request.client_certificate);
  if (!certificate) return text_answer(403, "the client certificate is refused: " + certificate.error().message());
  return *std::move(certificate);
}

/// The token in the password of HTTP Basic authentication; none when nothing of that kind was sent.
std::variant<std::optional<EnrolmentToken>, net::HttpAnswer> decode_token(const net::HttpRequest& request) {
  if (request.authorization.empty()) return std::optional<EnrolmentToken>();
  const auto refused = [](std::string_view why) {
    return text_answer(403, "the enrolment token is refused: " + std::string(why));
  };
  const std::string_view header = request.authorization;
  const auto space = header.find(' ');
  // A scheme has any case (RFC 9110, 11.1), like a media type.
  if (space == std::string_view::npos || media_type(header.substr(0, space)) != "basic")
    return refused("it goes into the password of Basic authentication");
  const auto octets = parse_base64(header.substr(space + 1));
  const std::string_view pair = octets ? as_text(*octets) : std::string_view();
  const auto colon = pair.find(':');
  if (colon == std::string_view::npos) return refused("the password can't be read");
  const auto token = parse_enrolment_token(pair.substr(colon + 1));
  if (!token) return refused(token.error().message());
  return std::optional(*token);
}

/// The answer's text in one line, cut where it is too long.
std::string text_of(const net::HttpAnswer& answer) {
  std::string out = answer.body.substr(0, largest_text);
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r'))
    out.pop_back();
  return out;
}

Error unexpected(const net::HttpAnswer& answer) {
  const std::string text = text_of(answer);
  return make_error(Errc::unsupported,
                    "the server answered " + std::to_string(answer.status) + (text.empty() ? "" : ": " + text));
}

Result<std::vector<crypto::Certificate>> decode_certificates(const net::HttpAnswer& answer) {
  if (media_type(answer.content_type) != "application/pkcs7-mime")
    return {Errc::malformed, "the server's answer holds no certificates (its type is \"" + answer.content_type + "\")"};
  const auto der = parse_base64(answer.body);
  if (!der) return {Errc::malformed, "the server's answer is not base64"};
  auto certificates = crypto::decode_certificate_bundle(*der);
  if (!certificates) return std::move(certificates).error().in("the server's certificates");
  return certificates;
}

}  // namespace

std::variant<Wish, net::HttpAnswer> decode_wish(const net::HttpRequest& request) {
  const std::string_view method = method_of(request.path);
  if (method.empty()) return text_answer(404, "there is nothing here");
  if (request.method != method) {
    auto refusal = text_answer(405, "this path takes " + std::string(method));
    refusal.allow = method;
    return refusal;
  }
  if (request.path == authority_path) return Wish(WantsAuthority{});
  // The authority asks for no particular attributes (RFC 7030, 4.5.2).
  if (request.path == attributes_path) return net::HttpAnswer{204};
  if (request.path == enrol_path) {
    auto decoded = decode_request(request);
    if (auto* refusal = std::get_if<net::HttpAnswer>(&decoded)) return std::move(*refusal);
    auto token = decode_token(request);
    if (auto* refusal = std::get_if<net::HttpAnswer>(&token)) return std::move(*refusal);
    return Wish(WantsCertificate{std::get<crypto::CertificateRequest>(std::move(decoded)),
                                 std::get<std::optional<EnrolmentToken>>(token)});
  }
  auto client = decode_client(request);
  if (auto* refusal = std::get_if<net::HttpAnswer>(&client)) return std::move(*refusal);
  auto& certificate = std::get<crypto::Certificate>(client);
  if (request.path == group_path) return Wish(WantsGroup{std::move(certificate)});
  if (request.path == requests_path) return Wish(WantsRequests{std::move(certificate)});
  if (request.path == decision_path) {
    if (request.body.size() > body_limit) return text_answer(413, "the body is longer than 16 KiB");
    auto decision = decode_remote_decision(request.body);
    if (!decision) return text_answer(400, decision.error().message());
    return Wish(WantsDecision{std::move(certificate), *std::move(decision)});
  }
  auto decoded = decode_request(request);
  if (auto* refusal = std::get_if<net::HttpAnswer>(&decoded)) return std::move(*refusal);
  return Wish(WantsRenewal{std::move(certificate), std::get<crypto::CertificateRequest>(std::move(decoded))});
}

net::HttpAnswer authority_answer(const crypto::Certificate& authority) {
  return certificates_answer(authority);
}

net::HttpAnswer certificate_answer(const crypto::Certificate& certificate) {
  return certificates_answer(certificate);
}

net::HttpAnswer waiting_answer(std::chrono::seconds retry_after) {
  auto out = text_answer(202, "the request waits for a person");
  out.retry_after = retry_after;
  return out;
}

net::HttpAnswer denied_answer(std::string_view reason) {
  return text_answer(403, reason.substr(0, largest_text - 1));
}

net::HttpAnswer on_hold_answer(std::string_view why) {
  auto out = text_answer(503, why.substr(0, largest_text - 1));
  out.retry_after = hold_retry;
  return out;
}

net::HttpAnswer too_many_answer(std::chrono::seconds retry_after) {
  auto out = text_answer(429, "too many requests from this address");
  out.retry_after = retry_after;
  return out;
}

net::HttpAnswer group_answer(std::string toml) {
  return {200, toml_type, std::move(toml)};
}

net::HttpAnswer requests_answer(const std::vector<WaitingRow>& rows) {
  return {200, text_type, encode(rows)};
}

net::HttpAnswer decided_answer(std::string_view text) {
  return text_answer(200, text.substr(0, largest_text - 1));
}

net::HttpAnswer failure_answer(const Error& error) {
  const auto is = [&](Errc code) { return error.code == make_error_code(code); };
  if (is(Errc::not_authorized) || is(Errc::expired)) return text_answer(403, error.message());
  if (is(Errc::conflict)) return text_answer(409, error.message());
  if (is(Errc::exhausted)) {
    auto out = text_answer(503, error.message());
    out.retry_after = full_retry;
    return out;
  }
  if (is(Errc::malformed) || is(Errc::too_large) || is(Errc::unsupported) || is(Errc::out_of_range))
    return text_answer(400, error.message());
  return text_answer(500, "the authority can't do its work; its log says why");
}

net::HttpRequest authority_request() {
  return {"GET", std::string(authority_path)};
}

net::HttpRequest enrolment_request(const crypto::CertificateRequest& request,
                                   const std::optional<EnrolmentToken>& token) {
  net::HttpRequest out{"POST", std::string(enrol_path), std::string(request_type), base64_lines(request.der())};
  if (token) out.authorization = "Basic " + to_base64(as_bytes("token:" + to_string(*token)));
  return out;
}

net::HttpRequest renewal_request(const crypto::CertificateRequest& request) {
  return {"POST", std::string(renew_path), std::string(request_type), base64_lines(request.der())};
}

net::HttpRequest group_request() {
  return {"GET", std::string(group_path)};
}

net::HttpRequest requests_request() {
  return {"GET", std::string(requests_path)};
}

net::HttpRequest decision_request(const RemoteDecision& decision) {
  return {"POST", std::string(decision_path), text_type, encode(decision)};
}

Result<crypto::Certificate> decode_authority(const net::HttpAnswer& answer) {
  if (answer.status != 200) return unexpected(answer);
  auto certificates = decode_certificates(answer);
  if (!certificates) return std::move(certificates).error();
  for (crypto::Certificate& certificate : *certificates)
    if (certificate.is_authority() && certificate.is_self_signed()) return std::move(certificate);
  return {Errc::not_found, "the server shows no certificate of an authority"};
}

Result<Enrolment> decode_enrolment(const net::HttpAnswer& answer, const crypto::PublicKey& wanted) {
  switch (answer.status) {
    case 200: break;
    case 202:
    case 429:
    case 503: {
      const auto retry = answer.retry_after.value_or(default_retry);
      return Enrolment(Waiting{std::clamp(retry, std::chrono::seconds(1), longest_retry), text_of(answer)});
    }
    case 403: return Enrolment(Denied{text_of(answer)});
    default: return unexpected(answer);
  }
  auto certificates = decode_certificates(answer);
  if (!certificates) return std::move(certificates).error();
  for (crypto::Certificate& certificate : *certificates)
    if (certificate.public_key() == wanted && !certificate.is_authority()) return Enrolment(std::move(certificate));
  return {Errc::conflict, "the server sent a certificate for another key"};
}

Result<std::string> decode_group(const net::HttpAnswer& answer) {
  switch (answer.status) {
    case 200: return answer.body;
    case 403: return {Errc::not_authorized, text_of(answer)};
    case 404: return {Errc::not_found, "the authority has no group file to give"};
    default: return unexpected(answer);
  }
}

Result<std::vector<WaitingRow>> decode_requests(const net::HttpAnswer& answer) {
  if (answer.status == 403) return {Errc::not_authorized, text_of(answer)};
  if (answer.status != 200) return unexpected(answer);
  return decode_waiting_rows(answer.body);
}

Result<std::string> decode_decided(const net::HttpAnswer& answer) {
  if (answer.status == 403) return {Errc::not_authorized, text_of(answer)};
  if (answer.status == 409) return {Errc::conflict, text_of(answer)};
  if (answer.status != 200) return unexpected(answer);
  return text_of(answer);
}

}  // namespace ipop::authority::est
