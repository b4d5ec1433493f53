#include "authority/est.hpp"

#include <doctest/doctest.h>

#include "base/base64.hpp"
#include "crypto/certificate_authority.hpp"
#include "crypto/key_bundle.hpp"

using namespace ipop;
using namespace ipop::authority;

namespace {

constexpr WallTime est_start{1'800'000'000};

crypto::PrivateKey est_key(std::string_view seed) {
  return crypto::PrivateKey::from_seed(as_bytes(seed));
}

struct World {
  crypto::CertificateAuthority authority = *crypto::CertificateAuthority::create(
      est_key("authority"), "lab", as_bytes("12345678"), est_start, est_start + std::chrono::hours(24 * 3650));
  crypto::PrivateKey bob = est_key("bob");
  crypto::CertificateRequest request = *crypto::CertificateRequest::build(bob, {"bob"});
  crypto::Certificate certificate = sign(bob.public_key(), "bob");

  [[nodiscard]] crypto::Certificate sign(const crypto::PublicKey& key, const std::string& user) const {
    crypto::CertificateAuthority::Fields fields;
    fields.user = user;
    fields.group = "lab";
    fields.serial = to_bytes(as_bytes("abcdefgh"));
    fields.not_before = est_start;
    fields.not_after = est_start + std::chrono::hours(24);
    return *authority.sign(key, fields);
  }
};

unsigned status_of(const net::HttpRequest& request) {
  const auto wish = est::decode_wish(request);
  const auto* answer = std::get_if<net::HttpAnswer>(&wish);
  return answer == nullptr ? 0 : answer->status;
}

template <class T>
const T* wish_in(const std::variant<est::Wish, net::HttpAnswer>& decoded) {
  const auto* wish = std::get_if<est::Wish>(&decoded);
  return wish == nullptr ? nullptr : std::get_if<T>(wish);
}

}  // namespace

TEST_CASE("what a client asks for is what the server understands") {
  World world;
  CHECK(wish_in<est::WantsAuthority>(est::decode_wish(est::authority_request())) != nullptr);

  const auto enrolment = est::decode_wish(est::enrolment_request(world.request));
  REQUIRE(wish_in<est::WantsCertificate>(enrolment) != nullptr);
  CHECK(wish_in<est::WantsCertificate>(enrolment)->request.der() == world.request.der());

  auto renewal = est::renewal_request(world.request);
  CHECK(status_of(renewal) == 403);
  renewal.client_certificate = world.certificate.der();
  const auto decoded = est::decode_wish(renewal);
  REQUIRE(wish_in<est::WantsRenewal>(decoded) != nullptr);
  CHECK(wish_in<est::WantsRenewal>(decoded)->present.der() == world.certificate.der());

  auto group = est::group_request();
  CHECK(status_of(group) == 403);
  group.client_certificate = world.certificate.der();
  CHECK(wish_in<est::WantsGroup>(est::decode_wish(group)) != nullptr);
}

TEST_CASE("S28: an enrolment token travels as the password of Basic authentication, by our client and by others") {
  World world;
  const EnrolmentToken token{world.authority.certificate().fingerprint(), {std::byte{1}, std::byte{2}}};
  auto request = est::enrolment_request(world.request, token);
  CHECK(wish_in<est::WantsCertificate>(est::decode_wish(request))->token == token);
  request.authorization = "bAsIc " + to_base64(as_bytes("bob:" + to_string(token)));
  CHECK(wish_in<est::WantsCertificate>(est::decode_wish(request))->token == token);
  CHECK_FALSE(wish_in<est::WantsCertificate>(est::decode_wish(est::enrolment_request(world.request)))->token);
}

TEST_CASE("S28: a password that is no enrolment token is refused, and not taken for none") {
  World world;
  auto request = est::enrolment_request(world.request);
  const std::string whole = to_base64(as_bytes("token:" + to_string(EnrolmentToken{})));
  for (const std::string& bad :
       {std::string("Basic"), std::string("Basic "), "Bearer " + whole, "Basic !" + whole,
        "Basic " + to_base64(as_bytes("no colon")), "Basic " + to_base64(as_bytes("bob:guess")),
        "Basic " + whole.substr(0, whole.size() - 4)}) {
    request.authorization = bad;
    CHECK(status_of(request) == 403);
  }
}

TEST_CASE("what the server answers is what the client understands") {
  World world;
  const auto key = world.bob.public_key();
  CHECK(est::decode_authority(est::authority_answer(world.authority.certificate()))->der() ==
        world.authority.certificate().der());

  const auto issued = est::decode_enrolment(est::certificate_answer(world.certificate), key);
  REQUIRE(issued);
  CHECK(std::get<crypto::Certificate>(*issued).der() == world.certificate.der());

  const auto waiting = est::decode_enrolment(est::waiting_answer(10s), key);
  REQUIRE(waiting);
  CHECK(std::get<est::Waiting>(*waiting).retry_after == 10s);

  const auto limited = est::decode_enrolment(est::too_many_answer(6s), key);
  REQUIRE(limited);
  CHECK(std::get<est::Waiting>(*limited).retry_after == 6s);

  const auto denied = est::decode_enrolment(est::denied_answer("who is calling?"), key);
  REQUIRE(denied);
  CHECK(std::get<est::Denied>(*denied).reason == "who is calling?");

  CHECK(*est::decode_group(est::group_answer("name = \"lab\"\n")) == "name = \"lab\"\n");
}

TEST_CASE("a certificate for another key is not installed") {
  World world;
  const auto answer = est::decode_enrolment(est::certificate_answer(world.certificate), est_key("eve").public_key());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::conflict);
  const auto authority =
      est::decode_enrolment(est::authority_answer(world.authority.certificate()), world.authority.key().public_key());
  CHECK_FALSE(authority);
}

TEST_CASE("a member's certificate is no authority's") {
  World world;
  const auto answer = est::decode_authority(est::certificate_answer(world.certificate));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::not_found);
}

TEST_CASE("paths are taken letter by letter") {
  for (const char* path : {"/", "", "/.well-known/est", "/.well-known/est/", "/.well-known/est/cacerts/",
                           "/.well-known/est/../est/cacerts", "//.well-known/est/cacerts", "/.well-known/est/CACERTS",
                           "/.well-known/est/%63acerts", "/.well-known/est/cacerts%00", "/.well-known/est/serverkeygen",
                           "/.well-known/ga/../../etc/passwd", "*", "http://x/.well-known/est/cacerts"}) {
    CAPTURE(path);
    CHECK(status_of({"GET", path}) == 404);
  }
}

TEST_CASE("a path takes one method, which the refusal names") {
  for (const char* method : {"POST", "PUT", "DELETE", "HEAD", "get", "", "CONNECT"}) {
    const auto wish = est::decode_wish({method, "/.well-known/est/cacerts"});
    const auto* answer = std::get_if<net::HttpAnswer>(&wish);
    REQUIRE(answer != nullptr);
    CHECK(answer->status == 405);
    CHECK(answer->allow == "GET");
  }
  CHECK(status_of({"GET", "/.well-known/est/simpleenroll"}) == 405);
  CHECK(status_of({"GET", "/.well-known/est/csrattrs"}) == 204);
}

TEST_CASE("the media type is taken in any case and with parameters, and no other is") {
  World world;
  auto request = est::enrolment_request(world.request);
  for (const char* type : {"application/pkcs10", "Application/PKCS10", "application/pkcs10; charset=utf-8"}) {
    request.content_type = type;
    CHECK(status_of(request) == 0);
  }
  for (const char* type : {"", "text/plain", "application/pkcs10x", "application/x-www-form-urlencoded"}) {
    request.content_type = type;
    CHECK(status_of(request) == 415);
  }
}

TEST_CASE("a body that is no certification request is refused with the reason") {
  World world;
  auto request = est::enrolment_request(world.request);
  const std::string good = request.body;
  const auto refusal = [&](std::string body) {
    request.body = std::move(body);
    const auto wish = est::decode_wish(request);
    const auto* answer = std::get_if<net::HttpAnswer>(&wish);
    REQUIRE(answer != nullptr);
    CHECK(answer->content_type.starts_with("text/plain"));
    CHECK_FALSE(answer->body.empty());
    return answer->status;
  };
  CHECK(refusal("") == 400);
  CHECK(refusal("not base64!") == 400);
  CHECK(refusal(world.request.to_pem()) == 400);
  CHECK(refusal(good.substr(0, good.size() / 2)) == 400);
  Bytes der = world.request.der();
  der.back() ^= std::byte{1};
  CHECK(refusal(to_base64(der)) == 400);
  CHECK(refusal(std::string(est::body_limit + 1, ' ')) == 413);
  CHECK(refusal(to_base64(world.certificate.der())) == 400);
}

TEST_CASE("an error of the authority's own is not told to the client") {
  CHECK(
      est::failure_answer(make_error(std::make_error_code(std::errc::no_space_on_device), "writing /secret")).status ==
      500);
  const auto answer = est::failure_answer(make_error(Errc::bad_checksum, "reading /secret: wrong passphrase"));
  CHECK(answer.status == 500);
  CHECK(answer.body.find("secret") == std::string::npos);
}

TEST_CASE("a refusal of the authority keeps its words") {
  const auto full = est::failure_answer(make_error(Errc::exhausted, "too many requests wait"));
  CHECK(full.status == 503);
  CHECK(full.retry_after);
  CHECK(est::failure_answer(make_error(Errc::not_authorized, "revoked")).status == 403);
  CHECK(est::failure_answer(make_error(Errc::expired, "expired; look at the clock")).body ==
        "expired; look at the clock\n");
  CHECK(est::failure_answer(make_error(Errc::malformed, "no user")).status == 400);
}

TEST_CASE("a client bounds the server's wishes") {
  const auto key = est_key("bob").public_key();
  const auto wait_for = [&](std::optional<std::chrono::seconds> retry) {
    return std::get<est::Waiting>(*est::decode_enrolment({202, "", "", retry}, key)).retry_after;
  };
  CHECK(wait_for(0s) == 1s);
  CHECK(wait_for(std::chrono::hours(1000)) == std::chrono::hours(1));
  CHECK(wait_for(std::nullopt) == 30s);
  const auto denied = est::decode_enrolment({403, "text/plain", std::string(100'000, 'x')}, key);
  CHECK(std::get<est::Denied>(*denied).reason.size() == 1000);
}

TEST_CASE("answers that are no part of an enrolment are errors") {
  World world;
  const auto key = world.bob.public_key();
  for (const unsigned status : {0U, 100U, 201U, 301U, 400U, 401U, 404U, 500U})
    CHECK_FALSE(est::decode_enrolment({status, "text/plain", "no"}, key));
  CHECK_FALSE(est::decode_enrolment({200, "text/html", "<html>"}, key));
  CHECK_FALSE(est::decode_enrolment({200, "application/pkcs7-mime", "AAAA"}, key));
  CHECK_FALSE(est::decode_authority({404, "text/plain", "no"}));
  CHECK(est::decode_group({404, "text/plain", "no"}).error().code == Errc::not_found);
  CHECK(est::decode_group({403, "text/plain", "revoked\n"}).error().context == "revoked");
  CHECK_FALSE(est::decode_group({500, "text/plain", "no"}));
}
