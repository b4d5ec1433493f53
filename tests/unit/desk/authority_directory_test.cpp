#include "desk/authority_directory.hpp"

#include "desk_fixture.hpp"

using namespace ipop;
using namespace ipop::test;

namespace {

using desk::AuthorityDirectory;

AuthorityDirectory made_in(const std::string& directory) {
  auto made = AuthorityDirectory::make(directory, "lab", std::nullopt, Office::life, wall);
  REQUIRE(made);
  return *std::move(made);
}
/// Takes a turn, and gives it back.
bool has_turn(AuthorityDirectory& directory) {
  return static_cast<bool>(AuthorityDirectory::Turn(directory));
}

}  // namespace

TEST_CASE("a directory that was made is unlocked, and one that was opened is not") {
  const TempDir dir;
  const auto made = made_in(dir.file("lab"));
  CHECK(made.is_unlocked());
  auto opened = AuthorityDirectory::open(dir.file("lab"), {});
  REQUIRE(opened);
  CHECK_FALSE(opened->is_unlocked());
  CHECK(opened->name() == "lab");
  CHECK(opened->authority().fingerprint() == made.authority().fingerprint());
  REQUIRE(opened->unlock());
  CHECK(opened->signer().certificate().fingerprint() == made.authority().fingerprint());
}

TEST_CASE("a turn reads the policy as it is by now, and a broken one gives no turn") {
  const TempDir dir;
  auto directory = made_in(dir.file("lab"));
  authority::AuthorityPolicy policy;
  policy.quota = 3;
  REQUIRE(io::write_file_atomically(directory.files().policy(), to_toml(policy), 0644));
  CHECK(directory.policy().quota == authority::AuthorityPolicy{}.quota);
  CHECK(has_turn(directory));
  CHECK(directory.policy().quota == 3);
  REQUIRE(io::write_file_atomically(directory.files().policy(), "quotta = 3\n", 0644));
  CHECK_FALSE(has_turn(directory));
  // The ledger was let go of: nobody waits for it.
  REQUIRE(io::write_file_atomically(directory.files().policy(), to_toml(policy), 0644));
  auto other = AuthorityDirectory::open(dir.file("lab"), {});
  CHECK(other);
}

TEST_CASE("a directory opened anew keeps the key that was unlocked, and has the ledger that is there by now") {
  const TempDir dir;
  auto directory = made_in(dir.file("lab"));
  const auto backup = directory.backup(wall);
  REQUIRE(backup);
  REQUIRE(AuthorityDirectory::restore(dir.file("lab"), *backup, true, wall));
  CHECK(directory.ledger().is_replaced());
  REQUIRE(directory.reopen());
  CHECK_FALSE(directory.ledger().is_replaced());
  CHECK(directory.is_unlocked());
}

TEST_CASE("a backup that does not open changes nothing") {
  const TempDir dir;
  auto directory = made_in(dir.file("lab"));
  auto backup = directory.backup(wall);
  REQUIRE(backup);
  for (auto& file : backup->files)
    if (file.name == AuthorityFiles::policy_name) file.octets = "quotta = 3\n";
  CHECK_FALSE(AuthorityDirectory::restore(dir.file("lab"), *backup, true, wall));
  CHECK_FALSE(directory.ledger().is_replaced());
  CHECK_FALSE(io::exists(dir.file("lab.part")));
}
