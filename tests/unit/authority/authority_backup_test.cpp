#include "authority/authority_backup.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

AuthorityBackup a_backup() {
  return {"lab",
          WallTime{1'800'000'000},
          {{"authority.key", "key\n"},
           {"authority.pem", "pem"},
           {"policy.toml", ""},
           {"ledger.jsonl", "{}\n{}\n"},
           {"requests/" + std::string(64, 'a') + ".csr", "csr\n"},
           {"groups/lab-enrol.toml", "name = \"lab-enrol\"\n"}}};
}

}  // namespace

TEST_CASE("what is encoded as a backup is decoded as it was") {
  const auto decoded = decode_authority_backup(encode(a_backup()));
  REQUIRE(decoded);
  CHECK(*decoded == a_backup());
}

TEST_CASE("a backup that was cut off is none") {
  const Bytes octets = encode(a_backup());
  for (std::size_t size = 0; size < octets.size(); ++size) {
    const auto decoded = decode_authority_backup(ByteSpan(octets).first(size));
    // What is whole without its last files is whole.
    if (decoded) CHECK((decoded->files.size() == 4 || decoded->files.size() == 5));
  }
}

TEST_CASE("a backup writes no file that an authority has not") {
  for (const char* name : {"../x", "/etc/passwd", "requests/../x.csr", "requests/a.csr", "authority.pem", "",
                           "groups/../lab.toml", "groups/lab", "groups/.toml", "groups/lab/lab.toml"}) {
    auto backup = a_backup();
    backup.files.push_back({name, "x"});
    CHECK_FALSE(decode_authority_backup(encode(backup)));
  }
}

TEST_CASE("a backup without the key or the ledger is none, and one of a later release says so") {
  auto backup = a_backup();
  backup.files.erase(backup.files.begin());
  CHECK_FALSE(decode_authority_backup(encode(backup)));
  const auto later = decode_authority_backup(as_bytes("ga-cert authority backup 2\n"));
  REQUIRE_FALSE(later);
  CHECK(later.error().code == Errc::unsupported);
}
