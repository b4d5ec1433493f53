#include "groups/group_handover.hpp"

#include <cstdint>
#include <cstdlib>

#include "authority/enrolment_token.hpp"
#include "authority/est.hpp"
#include "base/base32.hpp"
#include "base/base64.hpp"
#include "crypto/sealed_message.hpp"

using namespace ipop;
using namespace ipop::groups;
using namespace ipop::authority;

namespace {

void check_handover(std::string_view text) {
  const auto handover = parse_group_handover(text);
  if (!handover) return;
  const auto again = parse_group_handover(to_string(*handover));
  if (!again || again->from != handover->from || again->group != handover->group ||
      again->certificates.size() != handover->certificates.size())
    std::abort();
}

void check_token(std::string_view text) {
  const auto token = parse_enrolment_token(text);
  if (token && *parse_enrolment_token(to_string(*token)) != *token) std::abort();
}

/// Nothing that was not signed is opened, whatever it looks like.
void check_sealed(ByteSpan octets) {
  static const auto key = crypto::PrivateKey::from_seed(as_bytes("authority"));
  static const auto sender = crypto::make_self_signed(key, "authority", as_bytes("12345678"), WallTime{}, WallTime{1});
  if (crypto::open_message(octets, sender, key)) std::abort();
}

}  // namespace

// The first octet says what the rest is: the text of a hand-over, a token's text or its octets under a good
// checksum, an Authorization header, or a sealed message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteSpan rest(reinterpret_cast<const std::byte*>(data + 1), size - 1);
  switch (data[0] % 5) {
    case 0: check_handover(as_text(rest)); break;
    case 1: check_token(as_text(rest)); break;
    case 2: {
      Bytes octets = to_bytes(rest);
      const auto digest = crypto::sha256(octets);
      append(octets, ByteSpan(digest).first(4));
      check_token("gae1-" + to_base32(octets));
      break;
    }
    case 3: {
      static const auto good = est::enrolment_request(
          *crypto::CertificateRequest::build(crypto::PrivateKey::from_seed(as_bytes("bob")), {"bob"}));
      net::HttpRequest request = good;
      request.authorization = as_text(rest);
      (void)est::decode_wish(request);
      request.authorization = "Basic " + to_base64(rest);
      (void)est::decode_wish(request);
      break;
    }
    default: check_sealed(rest);
  }
  return 0;
}
