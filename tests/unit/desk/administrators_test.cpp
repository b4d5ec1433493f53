#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

const crypto::Digest256 bobs = asks("bob", "bob").key_fingerprint();

}  // namespace

TEST_CASE("a member whose key was named decides, and the ledger says who") {
  Office office;
  const auto member = office.signed_for("bob", "bob");
  CHECK(code_of(office.desk().check_administrator(member, wall)) == Errc::not_authorized);
  REQUIRE(office.desk().name_administrator(bobs, wall));
  const auto who = office.desk().check_administrator(member, wall);
  REQUIRE(who);
  CHECK(*who == bobs);
  REQUIRE(office.desk().submit(asks("1", "eve"), "", wall));
  REQUIRE(office.desk().submit(asks("2", "mallory"), "", wall));
  REQUIRE(office.desk().accept(asks("1", "eve").key_fingerprint(), {}, wall, *who));
  REQUIRE(office.desk().deny(asks("2", "mallory").key_fingerprint(), "no", wall, *who));
  const auto read = office.another();
  REQUIRE(read);
  const auto* signed_for = read->book().latest(asks("1", "eve").key_fingerprint());
  REQUIRE(signed_for != nullptr);
  CHECK(signed_for->by == authority::SignedBy::administrator);
  CHECK(signed_for->administrator == bobs);
  const auto* denied = std::get_if<authority::LedgerDenied>(&read->book().entries().back().event);
  REQUIRE(denied != nullptr);
  CHECK(denied->administrator == bobs);
}

TEST_CASE("only a member with a valid certificate is an administrator, once") {
  Office office;
  CHECK(code_of(office.desk().name_administrator(bobs, wall)) == Errc::not_found);
  (void)office.signed_for("bob", "bob");
  REQUIRE(office.desk().name_administrator(bobs, wall));
  CHECK(code_of(office.desk().name_administrator(bobs, wall)) == Errc::conflict);
}

TEST_CASE("the right ends when it is taken back, with the certificate, and with a revocation") {
  Office office;
  const auto member = office.signed_for("bob", "bob");
  REQUIRE(office.desk().name_administrator(bobs, wall));
  CHECK(code_of(office.desk().check_administrator(member, wall + std::chrono::hours(24 * 91))) == Errc::not_authorized);
  REQUIRE(office.desk().end_administrator(bobs, wall));
  CHECK(code_of(office.desk().check_administrator(member, wall)) == Errc::not_authorized);
  CHECK(code_of(office.desk().end_administrator(bobs, wall)) == Errc::not_found);
  REQUIRE(office.desk().name_administrator(bobs, wall));
  REQUIRE(office.desk().revoke({bobs, "", "stolen"}, wall));
  CHECK(code_of(office.desk().check_administrator(member, wall)) == Errc::not_authorized);
}

TEST_CASE("a member of another authority decides nothing, though it has the same key") {
  Office office;
  Office stranger;
  const auto member = stranger.signed_for("bob", "bob");
  (void)office.signed_for("bob", "bob");
  REQUIRE(office.desk().name_administrator(bobs, wall));
  CHECK(code_of(office.desk().check_administrator(member, wall)) == Errc::not_authorized);
}

TEST_CASE("the holder of a revoked key is told when, by whom and why") {
  Office office;
  (void)office.signed_for("1", "eve");
  REQUIRE(office.desk().revoke({asks("1", "eve").key_fingerprint(), "", "laptop stolen"}, wall));
  const auto state = office.desk().submit(asks("1", "eve"), "", wall);
  REQUIRE(state);
  CHECK(state->what == What::denied);
  CHECK(state->reason == "the key was revoked on 2027-01-15T08:00:00Z by lab (laptop stolen)");
}
