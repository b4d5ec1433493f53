#include "desk/authority_rules.hpp"

#include "crypto/certificate_authority.hpp"
#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

/// An authority without a disk: what its ledger would hold, its policy and its certificate.
struct Desk {
  authority::AuthorityBook book{};
  authority::AuthorityPolicy policy{};
  crypto::CertificateAuthority signer = *crypto::CertificateAuthority::create(
      key_of("authority"), "lab", Bytes(16, std::byte{1}), wall - std::chrono::hours(48), wall + Office::life);
  std::byte serial{2};

  Desk() { take(authority::LedgerMade{signer.certificate().fingerprint(), "lab"}); }
  [[nodiscard]] desk::AuthorityRules rules() const { return {book, policy, signer.certificate()}; }
  void take(authority::LedgerEvent event, WallTime at = wall) { REQUIRE(book.apply({at, std::move(event)})); }
  crypto::Certificate sign(std::string_view owner, const std::string& user) {
    const auto request = asks(owner, user);
    const auto certificate = *signer.sign(
        request.public_key(), {user, "lab", {}, {}, Bytes(16, serial), wall, wall + std::chrono::hours(24 * 90)});
    serial = static_cast<std::byte>(std::to_integer<int>(serial) + 1);
    take(authority::LedgerSigned{request.key_fingerprint(),
                                 user,
                                 {},
                                 certificate.serial(),
                                 certificate.not_before(),
                                 certificate.not_after(),
                                 authority::SignedBy::person,
                                 certificate.der(),
                                 std::nullopt,
                                 std::nullopt});
    return certificate;
  }
};
crypto::Digest256 key_named(std::string_view owner) {
  return asks(owner, "bob").key_fingerprint();
}

}  // namespace

TEST_CASE("rules: a clock outside the authority's time, or a day behind the ledger, is wrong") {
  Desk at;
  CHECK(at.rules().check_clock(wall, false));
  CHECK(code_of(at.rules().check_clock(wall - std::chrono::hours(49), true)) == Errc::expired);
  CHECK(code_of(at.rules().check_clock(wall + Office::life, true)) == Errc::expired);
  CHECK(at.rules().check_clock(wall - std::chrono::hours(24), false));
  const WallTime behind = wall - std::chrono::hours(25);
  CHECK(code_of(at.rules().check_clock(behind, false)) == Errc::expired);
  CHECK(at.rules().check_clock(behind, true));
}

TEST_CASE("rules: what the holder of a key is told, by how its request stands") {
  Desk at;
  const auto told = [&](bool has_token = false) { return *at.rules().known_state(key_named("1"), has_token, wall); };
  CHECK_FALSE(told());
  at.take(authority::LedgerRequested{key_named("1"), "bob", {}, ""});
  REQUIRE(told());
  CHECK(told()->what == What::waiting);
  CHECK_FALSE(told(true));
  at.take(authority::LedgerDenied{key_named("1"), "bob", "by policy", true});
  CHECK_FALSE(told());
  at.take(authority::LedgerDenied{key_named("1"), "bob", "by a person", false});
  CHECK(told(true)->reason == "by a person");
  const auto certificate = at.sign("1", "bob");
  CHECK(told()->certificate->der() == certificate.der());
  CHECK_FALSE(*at.rules().known_state(key_named("1"), false, certificate.not_after()));
  at.take(*at.rules().revocation({key_named("1"), "", "stolen"}));
  CHECK(told()->what == What::denied);
  CHECK(told()->reason.find("(stolen)") != std::string::npos);
  CHECK(code_of(at.rules().judge(asks("1", "bob"), true)) == Errc::not_authorized);
}

TEST_CASE("rules: a queue has room for so many of one source, and a source without a name has no limit of its own") {
  Desk at;
  for (std::size_t i = 0; i < desk::AuthorityRules::max_waiting_of_source; ++i)
    at.take(*at.rules().queue(asks("key " + std::to_string(i), "bob"), "192.0.2.1"));
  CHECK(code_of(at.rules().queue(asks("one more", "bob"), "192.0.2.1")) == Errc::exhausted);
  CHECK(at.rules().queue(asks("one more", "bob"), "192.0.2.2"));
  CHECK(at.rules().queue(asks("one more", "bob"), ""));
}

TEST_CASE("rules: a person's no has a reason, and comes before the yes") {
  Desk at;
  CHECK(code_of(at.rules().denial(key_named("1"), "no")) == Errc::not_found);
  at.take(authority::LedgerRequested{key_named("1"), "bob", {}, ""});
  for (const std::string& bad : {std::string(), std::string("two\nlines"), std::string(501, 'x')})
    CHECK(code_of(at.rules().denial(key_named("1"), bad)) == Errc::malformed);
  CHECK(at.rules().denial(key_named("1"), std::string(500, 'x'))->user == "bob");
  (void)at.sign("1", "bob");
  CHECK(code_of(at.rules().denial(key_named("1"), "no")) == Errc::conflict);
}

TEST_CASE("rules: a renewal is for a live certificate, its user, and once for each certificate") {
  Desk at;
  const auto first = at.sign("1", "bob");
  const auto renewal = at.rules().renewal(first, asks("2", "bob"), wall);
  REQUIRE(renewal);
  const auto* signing = std::get_if<desk::Signing>(&*renewal);
  REQUIRE(signing != nullptr);
  CHECK(signing->grant.user == "bob");
  CHECK(signing->fingerprint == key_named("2"));
  CHECK(signing->replaces == key_named("1"));
  CHECK(code_of(at.rules().renewal(first, asks("2", "eve"), wall)) == Errc::not_authorized);
  CHECK_FALSE(at.rules().renewal(first, asks("2", "bob"), first.not_after() + std::chrono::seconds(1)));
  const auto second = at.sign("2", "bob");
  const auto again = at.rules().renewal(first, asks("2", "bob"), wall);
  REQUIRE(again);
  REQUIRE(std::holds_alternative<desk::RequestState>(*again));
  CHECK(std::get<desk::RequestState>(*again).certificate->der() == second.der());
  at.policy.users = {"carol"};
  CHECK(code_of(at.rules().renewal(first, asks("3", "bob"), wall)) == Errc::not_authorized);
}

TEST_CASE("rules: nobody is revoked twice, and each revocation has the next number") {
  Desk at;
  const auto first = at.rules().revocation({std::nullopt, "bob", ""});
  REQUIRE(first);
  CHECK(first->number == 1);
  at.take(*first);
  CHECK(code_of(at.rules().revocation({std::nullopt, "bob", "again"})) == Errc::conflict);
  CHECK(at.rules().revocation({key_named("1"), "bob", ""})->number == 2);
}

TEST_CASE("rules: who is left behind is named once, with however many certificates") {
  Desk at;
  const auto first = at.sign("1", "bob");
  const auto second = at.sign("1", "bob");
  const auto left = at.rules().left_out({first.serial(), second.serial()});
  REQUIRE(left);
  CHECK(left->size() == 1);
  at.take(left->front());
  CHECK(at.rules().left_out({first.serial()})->empty());
}

TEST_CASE("rules: a token is made as the policy allows, and is good for its user and its time") {
  Desk at;
  const desk::TokenWish wish{1, std::chrono::hours(1), "bob", ""};
  CHECK(code_of(at.rules().check_new_token(wish, "policy.toml")) == Errc::not_authorized);
  at.policy.accept_tokens = true;
  CHECK(at.rules().check_new_token(wish, "policy.toml"));
  CHECK(code_of(at.rules().check_new_token({0, std::chrono::hours(1), "", ""}, "")) == Errc::out_of_range);
  CHECK(code_of(at.rules().check_new_token({1, std::chrono::seconds(0), "", ""}, "")) == Errc::out_of_range);
  authority::EnrolmentToken token;
  token.authority = at.signer.certificate().fingerprint();
  CHECK(code_of(at.rules().check_token(token, "bob", wall)) == Errc::not_authorized);
  at.take(authority::LedgerToken{token.name(), 1, wall + wish.life, "bob", ""});
  CHECK(at.rules().check_token(token, "bob", wall));
  CHECK(code_of(at.rules().check_token(token, "eve", wall)) == Errc::not_authorized);
  CHECK(code_of(at.rules().check_token(token, "bob", wall + wish.life)) == Errc::expired);
  at.take(*at.rules().token_end(token.name()));
  CHECK(code_of(at.rules().token_end(token.name())) == Errc::conflict);
  CHECK(code_of(at.rules().check_token(token, "bob", wall)) == Errc::not_authorized);
}
