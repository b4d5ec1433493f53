#include "authority/est.hpp"

#include <cstdint>
#include <cstdlib>

#include "authority/authority_announcement.hpp"
#include "base/base64.hpp"
#include "crypto/certificate.hpp"

using namespace ipop;
using namespace ipop::authority;

namespace {

void ask(const net::HttpRequest& request) {
  const auto decoded = est::decode_wish(request);
  const auto* wish = std::get_if<est::Wish>(&decoded);
  if (wish == nullptr) {
    const auto& answer = std::get<net::HttpAnswer>(decoded);
    if (answer.status != 204 && (answer.status < 400 || answer.body.empty())) std::abort();
  } else if (const auto* wants = std::get_if<est::WantsCertificate>(wish)) {
    const auto again = est::decode_wish(est::enrolment_request(wants->request));
    if (!std::holds_alternative<est::Wish>(again)) std::abort();
  }
}

}  // namespace

// The first octet says what the rest is: a request's path, its body, its client certificate, or the
// body of a server's answer, as text and as octets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan rest(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  const std::string text(as_text(rest));
  auto renewal = est::group_request();
  switch (data[0] % 8) {
    case 0: ask({"GET", text}); break;
    case 1: ask({"POST", "/.well-known/est/simpleenroll", "application/pkcs10", text}); break;
    case 2: ask({"POST", "/.well-known/est/simpleenroll", "application/pkcs10", to_base64(rest)}); break;
    case 3: ask({"POST", "/.well-known/est/simplereenroll", text, "", to_bytes(rest)}); break;
    case 4:
      renewal.client_certificate = to_bytes(rest);
      ask(renewal);
      break;
    case 5: {
      const net::HttpAnswer answer{200, "application/pkcs7-mime", to_base64(rest)};
      (void)est::decode_authority(answer);
      (void)est::decode_enrolment(answer, crypto::PublicKey());
      break;
    }
    case 6:
      for (const unsigned status : {200U, 202U, 403U, 404U, 503U})
        (void)est::decode_enrolment({status, "application/pkcs7-mime", text}, {});
      break;
    default:
      if (const auto place = parse_announcement(text); place && *parse_announcement(to_string(*place)) != *place)
        std::abort();
      if (parse_base64(to_base64(rest)) != to_bytes(rest)) std::abort();
      if (const auto octets = parse_base64(text); octets && parse_base64(to_base64(*octets)) != octets) std::abort();
  }
  return 0;
}
