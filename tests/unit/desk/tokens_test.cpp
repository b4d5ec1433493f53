#include "crypto/sealed_message.hpp"
#include "crypto/trust_store.hpp"
#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

Office& taking_tokens(Office& office) {
  authority::AuthorityPolicy policy;
  policy.accept_tokens = true;
  office.set(policy);
  return office;
}

}  // namespace

TEST_CASE("a token signs as often as it was made for, then no more") {
  Office made;
  Office& office = taking_tokens(made);
  const auto token = office.desk().make_token({.uses = 2, .life = std::chrono::hours(1)}, wall);
  REQUIRE(token);
  CHECK(office.desk().submit(asks("1", "bob"), "", wall, *token)->what == What::accepted);
  // Its holder again: no second use.
  CHECK(office.desk().submit(asks("1", "bob"), "", wall, *token)->what == What::accepted);
  CHECK(office.desk().book().token(token->name())->used == 1);
  CHECK(office.desk().submit(asks("2", "carol"), "", wall, *token)->what == What::accepted);
  CHECK(code_of(office.desk().submit(asks("3", "dave"), "", wall, *token)) == Errc::not_authorized);
  CHECK(office.read("ledger.jsonl").find(to_string(*token)) == std::string::npos);
}

TEST_CASE("a token ends with its time, when it is taken back, and is for its user and its authority only") {
  Office made;
  Office& office = taking_tokens(made);
  const auto token = office.desk().make_token({.uses = 9, .life = std::chrono::hours(1), .user = "bob"}, wall);
  REQUIRE(token);
  CHECK(code_of(office.desk().submit(asks("1", "eve"), "", wall, *token)) == Errc::not_authorized);
  CHECK(code_of(office.desk().submit(asks("1", "bob"), "", wall + std::chrono::hours(2), *token)) == Errc::expired);
  CHECK(office.desk().submit(asks("1", "bob"), "", wall, *token)->what == What::accepted);
  REQUIRE(office.desk().end_token(token->name(), wall));
  CHECK(code_of(office.desk().submit(asks("2", "bob"), "", wall, *token)) == Errc::not_authorized);
  CHECK(code_of(office.desk().end_token(token->name(), wall)) == Errc::conflict);
  Office elsewhere;
  CHECK(code_of(taking_tokens(elsewhere).desk().submit(asks("3", "bob"), "", wall, *token)) == Errc::not_authorized);
}

TEST_CASE("tokens are made within their limits, and not against the policy") {
  Office office;
  CHECK(code_of(office.desk().make_token({.uses = 1, .life = std::chrono::hours(1)}, wall)) == Errc::not_authorized);
  taking_tokens(office);
  using Wish = desk::AuthorityDesk::TokenWish;
  for (const Wish& wish :
       {Wish{.uses = 0, .life = std::chrono::hours(1)}, Wish{.uses = 10'001, .life = std::chrono::hours(1)},
        Wish{.uses = 1, .life = std::chrono::seconds(0)}, Wish{.uses = 1, .life = std::chrono::hours(24 * 367)}})
    CHECK(code_of(office.desk().make_token(wish, wall)) == Errc::out_of_range);
  CHECK(code_of(office.desk().make_token({.life = std::chrono::hours(1), .note = "a\nb"}, wall)) == Errc::malformed);
}

TEST_CASE("S10: a revocation makes list and CRL that name the key, and ends what the key could get") {
  Office office;
  const auto bob = office.signed_for("bob's key", "bob");
  CHECK_FALSE(*office.desk().revocations());
  const auto list = office.desk().revoke({.key = bob.key_fingerprint(), .reason = "lost"}, wall);
  REQUIRE(list);
  CHECK(list->number() == 1);
  CHECK(list->contains_key(bob.key_fingerprint()));
  CHECK(list->is_signed_by(office.desk().authority().public_key()));
  CHECK(code_of((*crypto::TrustStore::closed_group(office.desk().authority(), *list))->verify(bob, wall)) ==
        Errc::not_authorized);
  CHECK(code_of(office.desk().revoke({.key = bob.key_fingerprint()}, wall)) == Errc::conflict);
  CHECK(code_of(office.desk().sign(asks("bob's key", "bob"), {}, wall)) == Errc::not_authorized);
  CHECK(office.desk().submit(asks("bob's key", "bob"), "", wall)->what == What::denied);
  CHECK(code_of(office.desk().renew(bob, asks("another", "bob"), wall)) == Errc::not_authorized);
  // Another key of the user is another matter until the user is shut out.
  const auto other = office.signed_for("bob's laptop", "bob");
  CHECK(office.desk().revoke({.user = "bob"}, wall)->number() == 2);
  CHECK(code_of(office.desk().renew(other, asks("another", "bob"), wall)) == Errc::not_authorized);
}

TEST_CASE("a lost or old revocation list is made again from the ledger") {
  Office office;
  const auto first = office.desk().revoke({.user = "bob"}, wall);
  const std::string old = office.read("revocations.list");
  const auto second = office.desk().revoke({.user = "carol"}, wall);
  REQUIRE(second);
  for (const std::string& left : {old, std::string("noise"), std::string()}) {
    office.write("revocations.list", left);
    const auto list = office.desk().revocations();
    REQUIRE(list);
    CHECK((*list)->number() == 2);
    CHECK((*list)->users() == second->users());
  }
}

TEST_CASE("a CRL is the same until half of its time is over, or a new one is asked for") {
  Office office;
  const auto first = office.desk().crl(false, wall);
  REQUIRE(first);
  CHECK(first->starts_with("# CRL 1 of lab"));
  CHECK(*office.desk().crl(false, wall + std::chrono::hours(24 * 14)) == *first);
  CHECK(office.desk().crl(false, wall + std::chrono::hours(24 * 16))->starts_with("# CRL 2 of lab"));
  CHECK(office.desk().crl(true, wall + std::chrono::hours(24 * 16))->starts_with("# CRL 3 of lab"));
}

TEST_CASE("what is sealed for members is read by them and by nobody else") {
  Office office;
  const std::vector readers{office.signed_for("bob's key", "bob")};
  const auto sealed = office.desk().seal(as_bytes("a new group"), readers, wall);
  REQUIRE(sealed);
  CHECK(as_text(*crypto::open_message(*sealed, office.desk().authority(), key_of("bob's key"))) == "a new group");
  CHECK(code_of(crypto::open_message(*sealed, office.desk().authority(), key_of("eve's key"))) == Errc::not_authorized);
}

TEST_CASE("a rotation gives a member of the former authority a certificate once, and notes whom it leaves behind") {
  Office former;
  const auto bob = former.signed_for("bob's key", "bob");
  const auto eve = former.signed_for("eve's key", "eve");
  Office office;
  const auto certificate = office.desk().take_over(bob, wall);
  REQUIRE(certificate);
  CHECK(certificate->user() == "bob");
  CHECK(certificate->public_key() == bob.public_key());
  CHECK(office.desk().take_over(bob, wall)->der() == certificate->der());
  REQUIRE(former.desk().leave_out({eve.serial()}, wall));
  CHECK(former.desk().book().is_left_out(eve.key_fingerprint()));
  CHECK_FALSE(former.desk().book().is_left_out(bob.key_fingerprint()));
  CHECK(code_of(former.desk().leave_out({Bytes(16)}, wall)) == Errc::not_found);
}

TEST_CASE("a rotation that names somebody who is not there leaves nobody behind") {
  Office former;
  const auto bob = former.signed_for("bob's key", "bob");
  CHECK(code_of(former.desk().leave_out({bob.serial(), Bytes(16)}, wall)) == Errc::not_found);
  CHECK_FALSE(former.desk().book().is_left_out(bob.key_fingerprint()));
}
