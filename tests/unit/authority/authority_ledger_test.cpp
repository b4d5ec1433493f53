#include "authority/authority_ledger.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

crypto::Digest256 digest_of(std::string_view text) {
  return crypto::sha256(as_bytes(text));
}

std::vector<LedgerEntry> samples() {
  return {
      {WallTime{1'800'000'000}, LedgerMade{digest_of("authority"), "lab"}},
      {WallTime{1'800'000'001},
       LedgerRequested{digest_of("bob"), "bob \"the\" \\ builder", {net::Ipv4Address(10, 128, 0, 7)}, "10.128.0.9"}},
      {WallTime{1'800'000'002}, LedgerSigned{digest_of("bob"),
                                             "b\xc3\xb6"
                                             "b",
                                             {},
                                             Bytes(16, std::byte{7}),
                                             WallTime{1'799'900'000},
                                             WallTime{1'807'000'000},
                                             SignedBy::policy,
                                             Bytes(600, std::byte{0x30})}},
      {WallTime{1'800'000'003}, LedgerDenied{digest_of("eve"), "eve", "nobody knows her\x1b[2J", true}},
      {WallTime{1'800'000'004}, LedgerRevoked{digest_of("bob"), "", "lost", 1}},
      {WallTime{-5}, LedgerRevoked{std::nullopt, "bob", "", 2}},
      {WallTime{1'800'000'006}, LedgerCrl{}},
      {WallTime{1'800'000'007}, LedgerMended{17}},
      {WallTime{1'800'000'008}, LedgerToken{digest_of("token"), 3, WallTime{1'800'086'400}, "", "ten desks"}},
      {WallTime{1'800'000'008}, LedgerToken{digest_of("other"), 1, WallTime{1'800'086'400}, "bob", ""}},
      {WallTime{1'800'000'009}, LedgerSigned{digest_of("dave"),
                                             "dave",
                                             {},
                                             Bytes(16, std::byte{8}),
                                             WallTime{1'799'900'000},
                                             WallTime{1'807'000'000},
                                             SignedBy::token,
                                             Bytes(600, std::byte{0x30}),
                                             digest_of("token")}},
      {WallTime{1'800'000'010}, LedgerTokenEnded{digest_of("token")}},
      {WallTime{1'800'000'011}, LedgerLeftOut{digest_of("eve"), "eve"}},
  };
}

}  // namespace

TEST_CASE("every kind of ledger entry is read back as it was written, each in one line") {
  LedgerLink write{};
  LedgerLink read{};
  for (const LedgerEntry& entry : samples()) {
    const std::string line = to_line(entry, write);
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.find('\x1b') == std::string::npos);
    const auto back = parse_ledger_line(line, read);
    REQUIRE(back);
    CHECK(*back == entry);
    CHECK(read == write);
  }
}

TEST_CASE("no beginning of a ledger line is a ledger line") {
  LedgerLink link{};
  const std::string line = to_line(samples()[1], link);
  for (std::size_t size = 0; size < line.size(); ++size) {
    LedgerLink read{};
    CHECK_FALSE(parse_ledger_line(std::string_view(line).substr(0, size), read));
    CHECK(read == LedgerLink{});
  }
}

TEST_CASE("a ledger line with one changed character breaks the chain") {
  LedgerLink link{};
  const std::string line = to_line(samples()[1], link);
  for (std::size_t i = 0; i < line.size(); ++i) {
    std::string changed = line;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    LedgerLink read{};
    CHECK_FALSE(parse_ledger_line(changed, read));
  }
}

TEST_CASE("a ledger line that was taken out or moved is seen at the next one") {
  LedgerLink link{};
  std::vector<std::string> lines;
  for (const LedgerEntry& entry : samples())
    lines.push_back(to_line(entry, link));
  LedgerLink read{};
  REQUIRE(parse_ledger_line(lines[0], read));
  const auto skipped = parse_ledger_line(lines[2], read);
  REQUIRE_FALSE(skipped);
  CHECK(skipped.error().code == Errc::bad_checksum);
  CHECK(parse_ledger_line(lines[1], read));
}

TEST_CASE("a ledger line with a field that is wrong or missing is refused by name") {
  const auto said = [](const std::string& body) {
    // The chain of a line by itself: as to_line makes it.
    Bytes input(sizeof(LedgerLink));
    append(input, as_bytes(body));
    std::string chain;
    const auto digest = crypto::sha256(input);
    for (std::size_t i = 0; i < 16; ++i) {
      chain.push_back("0123456789abcdef"[std::to_integer<unsigned>(digest[i]) >> 4U]);
      chain.push_back("0123456789abcdef"[std::to_integer<unsigned>(digest[i]) & 15U]);
    }
    LedgerLink link{};
    const auto entry = parse_ledger_line(body + ",\"chain\":\"" + chain + "\"}", link);
    return entry ? std::string("good") : entry.error().message();
  };
  CHECK(said(R"({"at":1,"event":"crl")") == "good");
  CHECK(said(R"({"at":"1","event":"crl")").find("\"at\"") != std::string::npos);
  CHECK(said(R"({"at":999999999999999999,"event":"crl")").find("\"at\"") != std::string::npos);
  CHECK(said(R"({"at":1)").find("\"event\"") != std::string::npos);
  CHECK(said(R"({"at":1,"event":"party")").find("later release") != std::string::npos);
  CHECK(said(R"({"at":1,"event":"mended")").find("\"octets\"") != std::string::npos);
  CHECK(said(R"({"at":1,"event":"mended","octets":-1)").find("\"octets\"") != std::string::npos);
  CHECK(said(R"({"at":1,"event":"revoked","reason":"","number":1)").find("\"user\"") != std::string::npos);
  CHECK(said(R"({"at":1,"event":"made","name":"x","authority":"00")").find("\"authority\"") != std::string::npos);
  CHECK(said(R"({"at":1,"event":)").find("JSON") != std::string::npos);
}
