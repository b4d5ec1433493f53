#include "crypto/trust_store.hpp"
#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

TEST_CASE("a request waits for a person, whose yes gives a certificate that the group believes") {
  Office office;
  const auto request = asks("bob's key", "bob");
  const auto submitted = office.desk().submit(request, "192.0.2.7", wall);
  REQUIRE(submitted);
  CHECK(submitted->what == What::waiting);
  CHECK(office.desk().book().waiting_count("192.0.2.7") == 1);
  CHECK(office.desk().request(request.key_fingerprint())->der() == request.der());

  const auto certificate = office.desk().accept(request.key_fingerprint(), {}, wall + std::chrono::hours(1));
  REQUIRE(certificate);
  CHECK(certificate->user() == "bob");
  CHECK(certificate->organization() == "lab");
  const auto group = crypto::TrustStore::closed_group(office.desk().authority());
  REQUIRE(group);
  CHECK((*group)->verify(*certificate, wall + std::chrono::hours(1)));
  CHECK(code_of((*group)->verify(*certificate, wall + std::chrono::hours(24 * 100))) == Errc::expired);

  const auto state = office.desk().look_up(request.key_fingerprint());
  REQUIRE(state);
  CHECK(state->what == What::accepted);
  CHECK(state->certificate->der() == certificate->der());
  CHECK(office.desk().book().waiting_count() == 0);
  CHECK(code_of(office.desk().request(request.key_fingerprint())) == Errc::not_found);
}

TEST_CASE("a person's no reaches the requester with its reason, and a second thought is possible") {
  Office office;
  const auto request = asks("eve's key", "eve");
  REQUIRE(office.desk().submit(request, "", wall));
  REQUIRE(office.desk().deny(request.key_fingerprint(), "who are you?", wall));
  const auto again = office.desk().submit(request, "", wall);
  REQUIRE(again);
  CHECK(again->what == What::denied);
  CHECK(again->reason == "who are you?");
  CHECK(office.desk().accept(request.key_fingerprint(), {}, wall));
  CHECK(code_of(office.desk().deny(request.key_fingerprint(), "no", wall)) == Errc::conflict);
}

TEST_CASE("a denial needs a reason of one printable line, and a request that is there") {
  Office office;
  const auto request = asks("eve's key", "eve");
  CHECK(code_of(office.desk().deny(request.key_fingerprint(), "no", wall)) == Errc::not_found);
  REQUIRE(office.desk().submit(request, "", wall));
  for (const std::string& reason : {std::string(), std::string("two\nlines"), std::string(501, 'x')})
    CHECK(code_of(office.desk().deny(request.key_fingerprint(), reason, wall)) == Errc::malformed);
  CHECK(office.desk().look_up(request.key_fingerprint())->what == What::waiting);
}

TEST_CASE("what the policy allows is signed at once where it may be, and what it excludes is denied") {
  Office office;
  authority::AuthorityPolicy policy;
  policy.accept_automatically = true;
  policy.users = {"bob", "carol"};
  policy.quota = 2;
  office.set(policy);
  // The policy is read with the first turn after it was written.
  REQUIRE(office.desk().refresh());
  const auto bob = office.desk().submit(asks("1", "bob"), "", wall);
  REQUIRE(bob);
  CHECK(bob->what == What::accepted);
  CHECK(bob->certificate->user() == "bob");
  const auto eve = office.desk().submit(asks("2", "eve"), "", wall);
  REQUIRE(eve);
  CHECK(eve->what == What::denied);
  CHECK_FALSE(eve->reason.empty());
  CHECK(office.desk().submit(asks("3", "bob"), "", wall)->what == What::accepted);
  const auto third = office.desk().submit(asks("4", "bob"), "", wall);
  REQUIRE(third);
  CHECK(third->what == What::denied);
  // A larger quota judges the same request anew.
  policy.quota = 3;
  office.set(policy);
  CHECK(office.desk().submit(asks("4", "bob"), "", wall)->what == What::accepted);
}

TEST_CASE("a pinned address is one key's, and who asks for it without the policy's word is refused") {
  Office office;
  const net::Ipv4Address address(10, 128, 0, 9);
  const auto wish = asks("1", "bob", {address});
  CHECK(code_of(office.desk().sign(wish, {}, wall)) == Errc::not_authorized);
  authority::Wishes wishes;
  wishes.addresses = {address};
  const auto certificate = office.desk().sign(wish, wishes, wall);
  REQUIRE(certificate);
  CHECK(authority::addresses_of(certificate->pinned_addresses()) == std::vector{address});
  CHECK(code_of(office.desk().sign(asks("2", "bob", {address}), wishes, wall)) == Errc::conflict);
}

TEST_CASE("a request of a user who has another machine is accepted only when that was considered") {
  Office office;
  (void)office.signed_for("1", "bob");
  REQUIRE(office.desk().submit(asks("2", "bob"), "", wall));
  const auto key = asks("2", "bob").key_fingerprint();
  CHECK(code_of(office.desk().accept(key, {}, wall)) == Errc::conflict);
  CHECK(office.desk().look_up(key)->what == What::waiting);
  // The name that counts is the one that will be signed.
  authority::Wishes wishes;
  wishes.user = "carol";
  CHECK(office.desk().book().other_machine("carol", key, wall) == nullptr);
  wishes.user.clear();
  wishes.another_machine = true;
  CHECK(office.desk().accept(key, wishes, wall));
  // The same key is the same machine, and the end of a certificate is the end of one.
  REQUIRE(office.desk().book().other_machine("bob", key, wall) != nullptr);
  CHECK(office.desk().book().other_machine("bob", key, wall)->key == asks("1", "bob").key_fingerprint());
  CHECK(office.desk().book().other_machine("bob", key, wall + std::chrono::hours(24 * 91)) == nullptr);
}

TEST_CASE("one source has fifty requests waiting at most, and leaves room for others") {
  Office office;
  for (std::size_t i = 0; i < desk::AuthorityDesk::max_waiting_of_source; ++i)
    REQUIRE(office.desk().submit(asks("flood " + std::to_string(i), "mallory"), "192.0.2.66", wall));
  CHECK(code_of(office.desk().submit(asks("one more", "mallory"), "192.0.2.66", wall)) == Errc::exhausted);
  CHECK(office.desk().submit(asks("bob's key", "bob"), "192.0.2.7", wall)->what == What::waiting);
  // Who waits already is told so, and takes no second place.
  CHECK(office.desk().submit(asks("flood 3", "mallory"), "192.0.2.66", wall)->what == What::waiting);
  CHECK(office.desk().book().waiting_count() == desk::AuthorityDesk::max_waiting_of_source + 1);
}

TEST_CASE("denials by policy are answered always and written down a hundred times at once") {
  Office office;
  authority::AuthorityPolicy policy;
  policy.users = {"bob"};
  office.set(policy);
  const std::size_t before = office.desk().book().entries().size();
  for (int i = 0; i < 150; ++i)
    REQUIRE(office.desk().submit(asks("flood " + std::to_string(i), "eve"), "", wall)->what == What::denied);
  CHECK(office.desk().book().entries().size() == before + 100);
  REQUIRE(office.desk().submit(asks("later", "eve"), "", wall + std::chrono::seconds(10)));
  CHECK(office.desk().book().entries().size() == before + 101);
}

TEST_CASE("a certificate is renewed by who holds it, once, and for nobody else") {
  Office office;
  const auto present = office.signed_for("old key", "bob");
  const WallTime later = wall + std::chrono::hours(24 * 60);
  const auto renewed = office.desk().renew(present, asks("new key", "bob"), later);
  REQUIRE(renewed);
  CHECK(renewed->certificate->key_fingerprint() == asks("new key", "bob").key_fingerprint());
  CHECK(renewed->certificate->not_after() > present.not_after());
  // The answer was lost, so the same is asked again.
  CHECK(office.desk().renew(present, asks("new key", "bob"), later)->certificate->der() == renewed->certificate->der());
  CHECK(code_of(office.desk().renew(present, asks("new key", "carol"), later)) == Errc::not_authorized);
  CHECK(code_of(office.desk().renew(present, asks("third key", "bob"), wall + std::chrono::hours(24 * 91))) ==
        Errc::expired);
  Office other;
  CHECK(code_of(office.desk().renew(other.signed_for("old key", "bob"), asks("new key", "bob"), later)) !=
        std::error_code());
}
