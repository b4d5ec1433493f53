#include <filesystem>
#include <sys/stat.h>

#include "desk_fixture.hpp"
#include "io/system_clock.hpp"

using namespace ipop;
using namespace ipop::test;

TEST_CASE("an authority is made whole or not at all, and no second one in its place") {
  const Office office;
  CHECK(code_of(desk::AuthorityDesk::make(office.directory(), "lab", std::nullopt, Office::life, wall)) ==
        Errc::conflict);
  struct stat state {};
  REQUIRE(stat(office.file("authority.key").c_str(), &state) == 0);
  CHECK((state.st_mode & 0777) == 0600);
  TempDir dir;
  REQUIRE(io::make_directories(dir.file("full/of"), 0700));
  CHECK(code_of(desk::AuthorityDesk::make(dir.file("full"), "lab", std::nullopt, Office::life, wall)) ==
        Errc::conflict);
  CHECK_FALSE(io::exists(dir.file("full.part")));
  CHECK(code_of(desk::AuthorityDesk::open(dir.file("full"), {})) == Errc::not_found);
}

TEST_CASE("a key under a passphrase is asked for when it is needed, and a wrong one opens nothing") {
  TempDir dir;
  REQUIRE(desk::AuthorityDesk::make(dir.file("lab"), "lab", "the right one", Office::life, wall));
  int asked = 0;
  std::string given = "a wrong one";
  auto desk = desk::AuthorityDesk::open(dir.file("lab"), [&]() -> Result<std::string> {
    ++asked;
    return given;
  });
  REQUIRE(desk);
  CHECK(desk->submit(asks("1", "bob"), "", wall)->what == What::waiting);
  CHECK(asked == 0);
  CHECK(code_of(desk->sign(asks("1", "bob"), {}, wall)) == Errc::bad_checksum);
  given = "the right one";
  CHECK(desk->sign(asks("1", "bob"), {}, wall));
  CHECK(desk->sign(asks("2", "bob"), {}, wall));
  CHECK(asked == 2);
}

TEST_CASE("two processes at one authority see each other's decisions, and share one quota") {
  Office office;
  authority::AuthorityPolicy policy;
  policy.quota = 2;
  office.set(policy);
  auto other = office.another();
  REQUIRE(other);
  REQUIRE(office.desk().submit(asks("1", "bob"), "", wall));
  CHECK(other->accept(asks("1", "bob").key_fingerprint(), {}, wall));
  CHECK(office.desk().look_up(asks("1", "bob").key_fingerprint())->what == What::accepted);
  CHECK(office.desk().sign(asks("2", "bob"), {}, wall));
  CHECK(code_of(other->sign(asks("3", "bob"), {}, wall)) == Errc::exhausted);
  CHECK(other->refresh());
  CHECK(other->book().entries().size() == office.desk().book().entries().size());
}

TEST_CASE("a line that was not finished is put aside and said, and the ledger goes on") {
  Office office;
  const WallTime now = io::wall_time_now();
  TempDir dir;
  auto made = desk::AuthorityDesk::make(dir.file("lab"), "lab", std::nullopt, Office::life, now);
  REQUIRE(made);
  REQUIRE(made->sign(asks("1", "bob"), {}, now));
  const std::string path = dir.file("lab/ledger.jsonl");
  std::string ledger = *io::read_file(path, 1U << 20U);
  const std::string last = ledger.substr(ledger.rfind('\n', ledger.size() - 2) + 1);
  for (const std::size_t kept : {std::size_t{1}, last.size() / 2, last.size() - 1}) {
    REQUIRE(io::write_file_atomically(path, ledger + last.substr(0, kept), 0600));
    auto desk = desk::AuthorityDesk::open(dir.file("lab"), {});
    REQUIRE(desk);
    const auto notes = desk->take_notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].find(std::to_string(kept) + " octets") != std::string::npos);
    CHECK(*io::read_file(dir.file("lab/ledger.torn"), 1U << 20U) == last.substr(0, kept));
    CHECK(desk->sign(asks("torn at " + std::to_string(kept), "carol"), {}, now));
    CHECK(desk::AuthorityDesk::open(dir.file("lab"), {}));
  }
}

TEST_CASE("a desk that met a line it can't read decides nothing more, and writes nothing behind it") {
  Office office;
  // As an installed newer release writes, while the server of the older one runs on.
  std::ofstream(office.file("ledger.jsonl"), std::ios::app) << "{\"event\":\"of a later release\"}\n";
  const std::string ledger = office.read("ledger.jsonl");
  for (int again = 0; again < 3; ++again) {
    const auto certificate = office.desk().sign(asks("1", "bob"), {}, wall);
    REQUIRE_FALSE(certificate);
    CHECK(certificate.error().message().find("ledger.jsonl:2") != std::string::npos);
    CHECK(office.read("ledger.jsonl") == ledger);
  }
}

TEST_CASE("a ledger, certificate or policy that somebody changed is refused with its name") {
  Office office;
  REQUIRE(office.desk().sign(asks("1", "bob"), {}, wall));
  REQUIRE(office.desk().sign(asks("2", "carol"), {}, wall));
  const std::string ledger = office.read("ledger.jsonl");
  const auto opened = [&](const std::string& file, const std::string& octets) {
    const std::string before = office.read(file);
    office.write(file, octets);
    auto desk = office.another();
    office.write(file, before);
    return desk;
  };
  std::string changed = ledger;
  changed.replace(changed.find("bob"), 3, "eve");
  const std::string without =
      ledger.substr(0, ledger.find('\n') + 1) + ledger.substr(ledger.rfind('\n', ledger.size() - 2) + 1);
  for (const std::string& bad : {changed, without, std::string("{}\n"), std::string()}) {
    const auto desk = opened("ledger.jsonl", bad);
    REQUIRE_FALSE(desk);
    CHECK(desk.error().code == Errc::malformed);
    CHECK(desk.error().message().find("ledger.jsonl") != std::string::npos);
  }
  Office other;
  const auto swapped = opened("authority.pem", other.read("authority.pem"));
  REQUIRE_FALSE(swapped);
  CHECK(swapped.error().message().find("authority.pem") != std::string::npos);
  const auto policy = opened("policy.toml", "quotta = 3\n");
  REQUIRE_FALSE(policy);
  CHECK(policy.error().message().find("policy.toml") != std::string::npos);
  CHECK(office.another());
}

TEST_CASE("nothing is signed with a clock that is before the ledger's or past the authority's end") {
  Office office;
  REQUIRE(office.desk().sign(asks("1", "bob"), {}, wall));
  const WallTime behind = wall - std::chrono::hours(30);
  const WallTime past = wall + Office::life + std::chrono::hours(1);
  CHECK(code_of(office.desk().sign(asks("2", "bob"), {}, past)) == Errc::expired);
  CHECK(code_of(office.desk().preview(asks("2", "bob"), {}, past)) == Errc::expired);
  CHECK(code_of(office.desk().sign(asks("2", "bob"), {}, behind)) == Errc::expired);
  CHECK(office.desk().sign(asks("2", "bob"), {}, wall - std::chrono::hours(3)));
  // The ledger ends at the time of its last entry, which is three hours earlier by now.
  office.desk().trust_clock();
  const auto old = office.desk().sign(asks("3", "bob"), {}, wall + std::chrono::hours(48));
  REQUIRE(old);
  CHECK(office.desk().sign(asks("4", "bob"), {}, wall + std::chrono::hours(1)));
}

TEST_CASE("a preview tells what would be granted, and changes nothing") {
  Office office;
  const std::string before = office.read("ledger.jsonl");
  authority::Wishes wishes;
  wishes.user = "robert";
  wishes.life = std::chrono::hours(48);
  const auto grant = office.desk().preview(asks("1", "bob"), wishes, wall);
  REQUIRE(grant);
  CHECK(grant->user == "robert");
  CHECK(grant->life == std::chrono::hours(48));
  CHECK(office.read("ledger.jsonl") == before);
}

TEST_CASE("the authority's own server has a certificate that is no member's and counts for no quota") {
  Office office;
  const auto server = office.desk().sign_server(
      key_of("server").public_key(), authority::pinned_of({net::Ipv4Address(10, 128, 0, 2)}), {"authority.ipop"}, wall);
  REQUIRE(server);
  CHECK(server->dns_names() == std::vector<std::string>{"authority.ipop"});
  CHECK(office.desk().book().live_keys(server->user(), wall) == 0);
}
