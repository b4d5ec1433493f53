#include "groups/group_handover.hpp"

#include <doctest/doctest.h>

#include "crypto/certificate_authority.hpp"

using namespace ipop;
using namespace ipop::groups;
using namespace std::chrono_literals;

namespace {

crypto::CertificateAuthority make_authority() {
  const WallTime now{1'800'000'000};
  return *crypto::CertificateAuthority::create(crypto::PrivateKey::from_seed(as_bytes("authority")), "lab",
                                               as_bytes("0123456789abcdef"), now - 24h, now + 24h * 3650);
}

crypto::Certificate make_member(const crypto::CertificateAuthority& authority, std::string_view user) {
  crypto::CertificateAuthority::Fields fields;
  fields.user = user;
  fields.serial = Bytes(16, std::byte{7});
  fields.not_before = WallTime{1'800'000'000};
  fields.not_after = WallTime{1'807'000'000};
  return *authority.sign(crypto::PrivateKey::from_seed(as_bytes(user)).public_key(), fields);
}

GroupHandover sample(std::size_t certificates) {
  const auto authority = make_authority();
  GroupHandover out{"lab-old"};
  out.group.name = "lab";
  out.group.name_space = "lab-new";
  out.group.bootstrap = {{"192.0.2.1", 25000}, {"lab.example.org", 25001}};
  out.group.authority = authority.certificate().to_pem();
  for (std::size_t i = 0; i < certificates; ++i)
    out.certificates.push_back(make_member(authority, "member-" + std::to_string(i)));
  return out;
}

}  // namespace

TEST_CASE("a hand-over is read back as it was written, with and without certificates") {
  for (const std::size_t count : {0U, 1U, 3U}) {
    const GroupHandover handover = sample(count);
    const auto back = parse_group_handover(to_string(handover));
    REQUIRE(back);
    CHECK(back->from == handover.from);
    CHECK(back->group == handover.group);
    REQUIRE(back->certificates.size() == count);
    for (std::size_t i = 0; i < count; ++i)
      CHECK(back->certificates[i].der() == handover.certificates[i].der());
  }
}

TEST_CASE("a hand-over that is cut anywhere but between two certificates is refused") {
  const std::string text = to_string(sample(1));
  const std::size_t without_certificate = text.find("-----BEGIN");
  for (std::size_t size = 0; size < text.size(); ++size) {
    // Without its line end the token is whole as well.
    if (size == without_certificate || size + 1 == without_certificate) continue;
    CHECK_FALSE(parse_group_handover(text.substr(0, size)));
  }
}

TEST_CASE("a hand-over with a wrong field is refused as what it is") {
  const std::string text = to_string(sample(0));
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string out = text;
    out.replace(out.find(from), from.size(), to);
    return parse_group_handover(out).error().code;
  };
  CHECK(with("handover 1", "handover 2") == Errc::unsupported);
  CHECK(with("ga-group", "ga-grout") == Errc::malformed);
  CHECK(with("from lab-old", "from lab\"old") == Errc::malformed);
  CHECK(with("from lab-old", "come lab-old") == Errc::malformed);
  CHECK(with("token ga1-", "token ga1-a") == Errc::bad_checksum);
  CHECK_FALSE(parse_group_handover(text + "more\n"));
}
