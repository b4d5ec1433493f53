#include "authority/authority_book.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;
using namespace std::chrono_literals;

namespace {

constexpr WallTime start{1'800'000'000};
const net::Ipv4Address seven(10, 128, 0, 7);

crypto::Digest256 key_of(std::string_view name) {
  return crypto::sha256(as_bytes(name));
}

/// A ledger in the making.
struct Story {
  AuthorityBook book{};
  std::uint8_t serial = 0;

  Story() { REQUIRE(add(LedgerMade{key_of("authority"), "lab"})); }
  Result<void> add(LedgerEvent event, WallTime at = start) { return book.apply({at, std::move(event)}); }
  Result<void> request(const std::string& key, const std::string& user, WallTime at = start) {
    return add(LedgerRequested{key_of(key), user, {}, "10.128.0.9"}, at);
  }
  Result<void> sign(const std::string& key, const std::string& user, std::chrono::seconds life = 100h,
                    std::vector<net::Ipv4Address> addresses = {}) {
    ++serial;
    return add(
        LedgerSigned{key_of(key), user, std::move(addresses), Bytes(16, std::byte{serial}), start, start + life});
  }
  Result<void> check(const std::string& key, const Grant& grant, WallTime now = start) const {
    return book.check_grant(AuthorityPolicy{}, key_of(key), grant, now);
  }
};

}  // namespace

TEST_CASE("a ledger begins with the making of the authority, once") {
  AuthorityBook book;
  CHECK_FALSE(book.apply({start, LedgerCrl{}}));
  CHECK(book.apply({start, LedgerMade{}}));
  CHECK_FALSE(book.apply({start, LedgerMade{}}));
  CHECK(book.crl_number() == 1);
}

TEST_CASE("an entry that is refused leaves the book as it was") {
  Story story;
  LedgerSigned event{key_of("bob"), "bob", {}, Bytes(16, std::byte{0x77}), start, start + 100h, SignedBy::token};
  event.token = crypto::sha256(as_bytes("a token that nobody made"));
  CHECK_FALSE(story.add(event));
  CHECK(story.book.by_serial(event.serial) == nullptr);
  CHECK(story.book.certificates().empty());
  CHECK(story.book.request(event.key) == nullptr);
  // The serial number is still free.
  event.token.reset();
  event.by = SignedBy::person;
  REQUIRE(story.add(event));
  CHECK(story.book.latest(event.key)->user == "bob");
  // One that is taken already is no use of a token.
  const auto token = crypto::sha256(as_bytes("secret"));
  REQUIRE(story.add(LedgerToken{token, 1, start + 10h}));
  event.token = token;
  event.by = SignedBy::token;
  CHECK_FALSE(story.add(event));
  CHECK(story.book.token(token)->used == 0);
}

TEST_CASE("what contradicts the book is known before it is written down, and asking changes nothing") {
  Story story;
  REQUIRE(story.request("bob", "bob"));
  REQUIRE(story.sign("carol", "carol"));
  const auto nobody = key_of("nobody");
  const auto count = story.book.count();
  const LedgerEvent wrong[] = {
      LedgerMade{nobody, "lab"},
      LedgerRequested{key_of("bob"), "bob", {}, "10.128.0.9"},
      LedgerSigned{nobody, "dave", {}, Bytes(16, std::byte{story.serial}), start, start + 1h},
      LedgerRevoked{nobody, "", "", 2},
      LedgerTokenEnded{nobody},
      LedgerAdministratorEnded{nobody},
      LedgerResumed{count - 1, 0},
  };
  for (const LedgerEvent& event : wrong) {
    CAPTURE(event.index());
    CHECK_FALSE(story.book.check({start, event}));
    CHECK_FALSE(story.add(event));
  }
  CHECK(story.book.check({start, LedgerRevoked{nobody, "", "", 1}}));
  CHECK(story.book.list_number() == 0);
  CHECK(story.book.count() == count);
}

TEST_CASE("S28: a token is good for its count of certificates, until its end, and while nobody takes it back") {
  Story story;
  const auto token = crypto::sha256(as_bytes("secret"));
  const auto use = [&](const std::string& key) {
    LedgerSigned event{key_of(key),    key, {}, Bytes(16, std::byte{++story.serial}), start, start + 100h,
                       SignedBy::token};
    event.token = token;
    return story.add(event);
  };
  CHECK_FALSE(use("early"));
  REQUIRE(story.add(LedgerToken{token, 2, start + 24h, "", ""}));
  CHECK_FALSE(story.add(LedgerToken{token, 9, start + 24h, "", ""}));
  CHECK(story.book.token(crypto::sha256(as_bytes("other"))) == nullptr);
  const AuthorityBook::Token* held = story.book.token(token);
  REQUIRE(held != nullptr);
  CHECK(held->check(start));
  CHECK(held->check(start + 24h).error().code == Errc::expired);
  REQUIRE(use("a"));
  CHECK(held->check(start));
  REQUIRE(use("b"));
  CHECK(held->check(start).error().code == Errc::not_authorized);
  CHECK(held->check(start).error().message().find("2 uses") != std::string::npos);
}

TEST_CASE("S28: a token that was taken back is good for nothing") {
  Story story;
  const auto token = crypto::sha256(as_bytes("secret"));
  CHECK_FALSE(story.add(LedgerTokenEnded{token}));
  REQUIRE(story.add(LedgerToken{token, 2, start + 24h, "", ""}));
  REQUIRE(story.add(LedgerTokenEnded{token}));
  CHECK(story.book.token(token)->check(start).error().code == Errc::not_authorized);
}

TEST_CASE("whom a rotation left behind stays there until a person signs for the key again") {
  Story story;
  REQUIRE(story.sign("eve", "eve"));
  REQUIRE(story.add(LedgerLeftOut{key_of("eve"), "eve"}));
  CHECK(story.book.is_left_out(key_of("eve")));
  CHECK_FALSE(story.book.is_left_out(key_of("bob")));
  REQUIRE(story.add(
      LedgerSigned{key_of("eve"), "eve", {}, Bytes(16, std::byte{77}), start, start + 9h, SignedBy::renewal}));
  CHECK(story.book.is_left_out(key_of("eve")));
  REQUIRE(story.sign("eve", "eve"));
  CHECK_FALSE(story.book.is_left_out(key_of("eve")));
}

TEST_CASE("requests wait in the order in which they came, until somebody decides") {
  Story story;
  REQUIRE(story.request("late", "x", start + 9s));
  REQUIRE(story.request("early", "y", start + 1s));
  REQUIRE(story.book.waiting().size() == 2);
  CHECK(story.book.waiting()[0]->key == key_of("early"));
  CHECK_FALSE(story.request("late", "x"));
  REQUIRE(story.sign("late", "x"));
  REQUIRE(story.add(LedgerDenied{key_of("early"), "y", "no"}));
  CHECK(story.book.waiting().empty());
  CHECK(story.book.waiting_count() == 0);
  CHECK(story.book.request(key_of("early"))->reason == "no");
  CHECK(story.book.request(key_of("late"))->what == AuthorityBook::Request::What::accepted);
}

TEST_CASE("S11: requests that wait are counted by where they came from") {
  Story story;
  const auto request = [&](const std::string& key, const std::string& source) {
    return story.add(LedgerRequested{key_of(key), "x", {}, source});
  };
  REQUIRE(request("a", "10.128.0.9"));
  REQUIRE(request("b", "10.128.0.9"));
  REQUIRE(request("c", "10.128.0.7"));
  CHECK(story.book.waiting_count("10.128.0.9") == 2);
  CHECK(story.book.waiting_count("10.128.0.7") == 1);
  CHECK(story.book.waiting_count("10.128.0.8") == 0);
  REQUIRE(story.sign("a", "x"));
  CHECK(story.book.waiting_count("10.128.0.9") == 1);
  REQUIRE(story.add(LedgerDenied{key_of("b"), "x", "no"}));
  CHECK(story.book.waiting_count("10.128.0.9") == 0);
  REQUIRE(story.add(LedgerDenied{key_of("b"), "x", "no, still"}));
  REQUIRE(request("b", "10.128.0.7"));
  CHECK(story.book.waiting_count("10.128.0.7") == 2);
}

TEST_CASE("a denied request can be accepted after all, and an ended one can be made again") {
  Story story;
  REQUIRE(story.request("k", "bob"));
  REQUIRE(story.add(LedgerDenied{key_of("k"), "bob", "no"}));
  REQUIRE(story.sign("k", "bob"));
  CHECK(story.book.request(key_of("k"))->reason.empty());
  REQUIRE(story.request("k", "bob", start + 200h));
  CHECK(story.book.waiting_count() == 1);
}

TEST_CASE("S1: the ninth key of a user gets no certificate; an ended or revoked one makes room") {
  Story story;
  for (int i = 0; i < 8; ++i)
    REQUIRE(story.sign("k" + std::to_string(i), "bob", i == 0 ? 10h : 100h));
  const auto ninth = story.check("k9", {"bob", {}, 1h});
  REQUIRE_FALSE(ninth);
  CHECK(ninth.error().code == Errc::exhausted);
  CHECK(story.check("k9", {"carol", {}, 1h}));
  CHECK(story.check("k1", {"bob", {}, 1h}));  // a renewal
  CHECK(story.check("k9", {"bob", {}, 1h}, start + 10h));
  REQUIRE(story.add(LedgerRevoked{key_of("k3"), "", "", 1}));
  CHECK(story.check("k9", {"bob", {}, 1h}));
}

TEST_CASE("S1: one key has three live certificates at most, so no swarm of positions") {
  Story story;
  for (int i = 0; i < 3; ++i)
    REQUIRE(story.sign("k", "bob", (i + 1) * 100h));
  CHECK(story.check("k", {"bob", {}, 1h}).error().code == Errc::exhausted);
  CHECK(story.check("k", {"bob", {seven}, 1h}, start + 100h));
  CHECK(story.book.latest(key_of("k"))->not_after == start + 300h);
}

TEST_CASE("who renews by hand again and again still has a place for the renewal that is due") {
  Story story;
  REQUIRE(story.sign("k", "bob", 90 * 24h));
  CHECK(story.check("k", {"bob", {}, 1h}));
  REQUIRE(story.sign("k", "bob", 90 * 24h));
  const auto third = story.check("k", {"bob", {}, 1h});
  CHECK(third.error().code == Errc::exhausted);
  CHECK(third.error().message().find("it can be renewed again in 61 days") != std::string::npos);
  CHECK(story.check("k", {"bob", {}, 1h}, start + 59 * 24h).error().code == Errc::exhausted);
  CHECK(story.check("k", {"bob", {}, 1h}, start + 61 * 24h));
  // What changes the certificate is no renewal.
  CHECK(story.check("k", {"bob", {seven}, 1h}));
  CHECK(story.check("k", {"carol", {}, 1h}));
}

TEST_CASE("an address is pinned to one key at a time, save for the key that follows it") {
  Story story;
  REQUIRE(story.sign("k", "bob", 100h, {seven}));
  CHECK(story.check("other", {"carol", {seven}, 1h}).error().code == Errc::conflict);
  CHECK(story.check("other", {"bob", {seven}, 1h}).error().code == Errc::conflict);
  CHECK(story.check("k", {"bob", {seven}, 1h}));
  CHECK(story.book.check_grant(AuthorityPolicy{}, key_of("next"), {"bob", {seven}, 1h}, start, key_of("k")));
  CHECK(story.check("other", {"carol", {seven}, 1h}, start + 100h));
}

TEST_CASE("a revoked key or user gets nothing more, and lists and CRLs count on") {
  Story story;
  REQUIRE(story.sign("k", "bob"));
  REQUIRE(story.sign("l", "bob"));
  REQUIRE(story.add(LedgerRevoked{key_of("k"), "", "lost", 1}, start + 5s));
  CHECK(story.book.list_number() == 1);
  CHECK(story.book.crl_number() == 2);
  CHECK(story.book.crl_issued() == start + 5s);
  CHECK(story.check("k", {"bob", {}, 1h}).error().code == Errc::not_authorized);
  CHECK(story.check("l", {"bob", {}, 1h}));
  CHECK_FALSE(story.add(LedgerRevoked{std::nullopt, "bob", "", 1}));
  CHECK_FALSE(story.add(LedgerRevoked{std::nullopt, "bob", "", 3}));
  REQUIRE(story.add(LedgerRevoked{std::nullopt, "bob", "", 2}, start + 9s));
  CHECK(story.check("new", {"bob", {}, 1h}).error().code == Errc::not_authorized);
  CHECK(story.book.revoked_since(key_of("k"), "bob") == start + 5s);
  CHECK(story.book.revoked_since(key_of("l"), "bob") == start + 9s);
  REQUIRE(story.add(LedgerCrl{}, start + 20s));
  CHECK(story.book.crl_number() == 4);
  CHECK(story.book.list_number() == 2);
}

TEST_CASE("a serial number is used once, and a server's certificate counts for no user") {
  Story story;
  REQUIRE(story.sign("k", "bob"));
  LedgerSigned twice{key_of("x"), "x", {}, Bytes(16, std::byte{1}), start, start + 1h};
  CHECK_FALSE(story.add(twice));
  twice.serial = Bytes(16, std::byte{99});
  twice.by = SignedBy::server;
  REQUIRE(story.add(twice));
  CHECK(story.book.request(key_of("x")) == nullptr);
  CHECK(story.book.live_keys("x", start) == 0);
  CHECK(story.book.certificates().size() == 2);
}
