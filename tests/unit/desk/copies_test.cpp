#include <filesystem>

#include "authority/ledger_mark.hpp"
#include "desk_fixture.hpp"
#include "unit/io/full_disk.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

/// A copy of the whole directory, as somebody makes it with cp.
std::string copied(const Office& office, const TempDir& dir) {
  std::filesystem::copy(office.directory(), dir.file("copy"), std::filesystem::copy_options::recursive);
  return dir.file("copy");
}
desk::AuthorityDesk opened(const std::string& directory) {
  auto desk = desk::AuthorityDesk::open(directory, []() -> Result<std::string> { return Errc::not_authorized; });
  REQUIRE(desk);
  return *std::move(desk);
}
authority::LedgerMark mark_of(desk::AuthorityDesk& desk) {
  const auto text = desk.sign_mark(wall);
  REQUIRE(text);
  const auto mark = authority::parse_ledger_mark(*text, desk.authority());
  REQUIRE(mark);
  return *mark;
}
std::string words_of(const Result<void>& result) {
  return result ? "" : result.error().message();
}

}  // namespace

TEST_CASE("a backup is restored with ledger, key, policy and the requests that wait") {
  Office office;
  (void)office.signed_for("1", "bob");
  REQUIRE(office.desk().submit(asks("2", "eve"), "", wall));
  const auto backup = office.desk().backup(wall);
  REQUIRE(backup);
  TempDir dir;
  const auto restored = desk::AuthorityDesk::restore(dir.file("lab"), *backup, false, wall);
  REQUIRE(restored);
  CHECK(restored->empty());
  auto desk = opened(dir.file("lab"));
  CHECK(desk.book().count() == office.desk().book().count());
  CHECK(desk.accept(asks("2", "eve").key_fingerprint(), {}, wall));
  CHECK((std::filesystem::status(dir.file("lab/authority.key")).permissions() & std::filesystem::perms::others_all) ==
        std::filesystem::perms::none);
}

TEST_CASE("a backup replaces an older ledger, keeps it aside, and replaces no newer one") {
  Office office;
  TempDir dir;
  const std::string copy = copied(office, dir);
  (void)office.signed_for("1", "bob");
  const auto backup = office.desk().backup(wall);
  REQUIRE(backup);
  CHECK(code_of(desk::AuthorityDesk::restore(office.directory(), *backup, false, wall)) == Errc::conflict);
  const auto aside = desk::AuthorityDesk::restore(copy, *backup, false, wall);
  REQUIRE(aside);
  CHECK(io::exists(*aside + "/ledger.jsonl"));
  CHECK(opened(copy).book().count() == 2);
}

TEST_CASE("a ledger that went another way is replaced when that is said, and stays beside it") {
  Office office;
  TempDir dir;
  const std::string copy = copied(office, dir);
  auto other = opened(copy);
  REQUIRE(other.sign(asks("2", "eve"), {}, wall));
  (void)office.signed_for("1", "bob");
  const auto backup = office.desk().backup(wall);
  REQUIRE(backup);
  CHECK(code_of(desk::AuthorityDesk::restore(copy, *backup, false, wall)) == Errc::conflict);
  const auto aside = desk::AuthorityDesk::restore(copy, *backup, true, wall);
  REQUIRE(aside);
  CHECK(opened(*aside).book().latest(asks("2", "eve").key_fingerprint()) != nullptr);
}

TEST_CASE("a ledger from an old backup is found by what the group remembers, and so are two copies that went on") {
  Office office;
  TempDir dir;
  auto other = opened(copied(office, dir));
  CHECK(office.desk().compare(mark_of(office.desk())));
  (void)office.signed_for("1", "bob");
  const auto remembered = mark_of(office.desk());
  CHECK(office.desk().compare(remembered));
  CHECK(code_of(other.compare(remembered)) == Errc::conflict);
  CHECK(words_of(other.compare(remembered)).find("ends with entry 1, and the group knows entry 2") !=
        std::string::npos);
  REQUIRE(other.sign(asks("2", "eve"), {}, wall));
  CHECK(words_of(other.compare(remembered)).find("two copies of this authority") != std::string::npos);
  CHECK(words_of(office.desk().compare(mark_of(other))).find("two copies of this authority") != std::string::npos);
}

TEST_CASE("what is older than the ledger is no reason to refuse it") {
  Office office;
  const auto remembered = mark_of(office.desk());
  for (const char* owner : {"1", "2", "3"})
    (void)office.signed_for(owner, "bob");
  CHECK(office.desk().compare(remembered));
}

TEST_CASE("entries that are lost for good are left behind: the count and the list go on where the group is") {
  Office office;
  TempDir dir;
  const std::string copy = copied(office, dir);
  (void)office.signed_for("1", "bob");
  REQUIRE(office.desk().revoke({asks("1", "bob").key_fingerprint(), "", "stolen"}, wall));
  const auto list = office.desk().revoke({std::nullopt, "eve", "left"}, wall);
  REQUIRE(list);
  const auto remembered = mark_of(office.desk());

  auto other = opened(copy);
  REQUIRE_FALSE(other.compare(remembered));
  const auto taken = other.resume(remembered, *list, wall);
  REQUIRE(taken);
  CHECK(*taken == 2);
  CHECK(other.compare(remembered));
  CHECK(other.book().count() > remembered.count);
  const auto own = other.revocations();
  REQUIRE(own);
  CHECK((*own)->number() > list->number());
  CHECK((*own)->contains_key(asks("1", "bob").key_fingerprint()));
  CHECK((*own)->contains_user("eve"));
  // Read again from the disk it is the same; and the one that was left behind is found.
  CHECK(opened(copy).book().count() == other.book().count());
  CHECK_FALSE(office.desk().compare(mark_of(other)));
}

TEST_CASE("a ledger that goes on has all whom the group's list shuts out, wherever that was cut off") {
  Office office;
  const TempDir dir;
  const std::string old = copied(office, dir);
  REQUIRE(office.desk().revoke({asks("1", "bob").key_fingerprint(), "", "stolen"}, wall));
  const auto list = office.desk().revoke({std::nullopt, "eve", "left"}, wall);
  REQUIRE(list);
  const auto remembered = mark_of(office.desk());

  const std::string place = dir.file("place");
  const auto begin = std::filesystem::file_size(old + "/ledger.jsonl");
  int cut_off = 0;
  for (std::uintmax_t room = 0;; room += 50) {
    std::filesystem::remove_all(place);
    std::filesystem::copy(old, place, std::filesystem::copy_options::recursive);
    auto desk = opened(place);
    REQUIRE(desk.unlock());
    const bool done = [&] {
      const FullDisk disk(begin + room);
      return desk.resume(remembered, *list, wall).has_value();
    }();
    auto later = opened(place);
    REQUIRE(later.refresh());
    const bool goes_on = later.compare(remembered).has_value();
    CHECK((!done || goes_on));
    CHECK((!goes_on || later.book().is_revoked(asks("1", "bob").key_fingerprint(), "bob")));
    CHECK((!goes_on || later.book().is_revoked(asks("9", "eve").key_fingerprint(), "eve")));
    if (done) break;
    cut_off += later.book().count() > 1 ? 1 : 0;
    // Once more, with room: it goes on where it was cut off, and members take the list.
    REQUIRE(later.resume(remembered, *list, wall));
    CHECK(later.compare(remembered));
    CHECK((*later.revocations())->number() > list->number());
  }
  CHECK(cut_off > 0);
}

TEST_CASE("a list of another authority is not taken over") {
  Office office;
  Office stranger;
  const auto list = stranger.desk().revoke({std::nullopt, "eve", ""}, wall);
  REQUIRE(list);
  // Both have the name lab, and keys of their own.
  CHECK(code_of(office.desk().resume(std::nullopt, *list, wall)) == Errc::not_authorized);
}

TEST_CASE("a key without its ledger begins one, and goes on from what the group knows") {
  Office office;
  const auto list = office.desk().revoke({std::nullopt, "eve", "left"}, wall);
  const auto remembered = mark_of(office.desk());
  std::filesystem::remove(office.file("ledger.jsonl"));
  CHECK(code_of(office.another()) == Errc::not_found);
  REQUIRE(desk::AuthorityDesk::begin_ledger(office.directory(), wall));
  auto desk = opened(office.directory());
  CHECK(desk.name() == "lab");
  REQUIRE(desk.resume(remembered, *list, wall));
  CHECK(desk.compare(remembered));
  CHECK(desk.book().is_revoked(asks("9", "eve").key_fingerprint(), "eve"));
  CHECK(desk.sign(asks("1", "bob"), {}, wall));
}

TEST_CASE("a ledger that another one replaced is written no more, and the one in its place is read") {
  Office office;
  TempDir dir;
  const std::string place = copied(office, dir);
  auto desk = opened(place);
  REQUIRE(desk.sign(asks("1", "bob"), {}, wall));
  const auto backup = desk.backup(wall);
  REQUIRE(backup);
  CHECK_FALSE(desk.is_replaced());
  const auto aside = desk::AuthorityDesk::restore(place, *backup, true, wall);
  REQUIRE(aside);
  CHECK(desk.is_replaced());
  CHECK(code_of(desk.sign(asks("2", "eve"), {}, wall)) == Errc::conflict);
  CHECK(opened(*aside).book().count() == 2);
  REQUIRE(desk.reopen());
  CHECK_FALSE(desk.is_replaced());
  // The key that was read stays.
  CHECK(desk.sign(asks("2", "eve"), {}, wall));
  CHECK(opened(place).book().count() == 3);
}

TEST_CASE("no other authority is taken for one that went away") {
  Office office;
  Office other;
  TempDir dir;
  const std::string place = copied(office, dir);
  auto desk = opened(place);
  std::filesystem::remove_all(place);
  CHECK(code_of(desk.reopen()) == Errc::not_found);
  std::filesystem::copy(other.directory(), place, std::filesystem::copy_options::recursive);
  CHECK(code_of(desk.reopen()) == Errc::conflict);
  CHECK(desk.authority().fingerprint() == office.desk().authority().fingerprint());
}
