#include "desk/shared_ledger.hpp"

#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

using desk::SharedLedger;

/// A ledger and nothing else: no key, certificate or policy.
class LedgerPlace {
 public:
  LedgerPlace() { REQUIRE(SharedLedger::begin(files(), {wall, authority::LedgerMade{{}, "lab"}})); }
  [[nodiscard]] AuthorityFiles files() const { return AuthorityFiles(dir_.path()); }
  [[nodiscard]] SharedLedger open() const { return *SharedLedger::open(files()); }

 private:
  TempDir dir_;
};
authority::LedgerEvent asked(std::string_view owner) {
  return authority::LedgerRequested{asks(owner, "bob").key_fingerprint(), "bob", {}, ""};
}
/// Takes a turn, and gives it back.
bool has_turn(SharedLedger& ledger) {
  return static_cast<bool>(SharedLedger::Turn(ledger));
}
/// Takes a turn and records.
Result<void> add(SharedLedger& ledger, authority::LedgerEvent event) {
  const SharedLedger::Turn turn(ledger);
  if (!turn) return turn.error();
  return ledger.record(std::move(event), wall);
}

}  // namespace

TEST_CASE("each turn at a ledger begins with what others recorded") {
  const LedgerPlace place;
  auto one = place.open();
  auto other = place.open();
  CHECK_FALSE(one.book().made());
  REQUIRE(add(one, asked("1")));
  REQUIRE(add(other, asked("2")));
  CHECK(other.book().waiting_count() == 2);
  CHECK(one.book().waiting_count() == 1);
  CHECK(has_turn(one));
  CHECK(one.mark(wall) == other.mark(wall));
}

TEST_CASE("an entry that contradicts the book is not written") {
  const LedgerPlace place;
  auto ledger = place.open();
  REQUIRE(add(ledger, asked("1")));
  const auto before = ledger.mark(wall);
  CHECK(code_of(add(ledger, authority::LedgerMade{{}, "lab"})) == Errc::malformed);
  CHECK(ledger.mark(wall) == before);
  auto read = place.open();
  CHECK(has_turn(read));
  CHECK(read.mark(wall) == before);
}

TEST_CASE("a ledger is begun once, and one that is not there is not opened") {
  const LedgerPlace place;
  CHECK(code_of(SharedLedger::begin(place.files(), {wall, authority::LedgerMade{{}, "lab"}})) ==
        std::errc::file_exists);
  const TempDir empty;
  CHECK(code_of(SharedLedger::open(AuthorityFiles(empty.path()))) == std::errc::no_such_file_or_directory);
}

TEST_CASE("a ledger is compared with a mark by its count and by what that entry was") {
  const LedgerPlace place;
  auto ledger = place.open();
  REQUIRE(add(ledger, asked("1")));
  auto remembered = ledger.mark(wall);
  REQUIRE(add(ledger, asked("2")));
  CHECK(ledger.compare(remembered));
  remembered.link[0] ^= std::byte{1};
  CHECK(code_of(ledger.compare(remembered)) == Errc::conflict);
  remembered = ledger.mark(wall);
  ++remembered.count;
  CHECK(code_of(ledger.compare(remembered)) == Errc::conflict);
}

TEST_CASE("a line that was never finished is told of once, and the ledger goes on behind it") {
  const LedgerPlace place;
  std::ofstream(place.files().ledger(), std::ios::app) << "{\"ev";
  auto ledger = place.open();
  REQUIRE(add(ledger, asked("1")));
  CHECK(ledger.take_notes().size() == 1);
  CHECK(ledger.take_notes().empty());
  CHECK(*io::read_file(place.files().torn_line(), 100) == "{\"ev");
  CHECK(std::holds_alternative<authority::LedgerMended>(ledger.book().entries().at(1).event));
  CHECK(ledger.book().count() == 3);
}
