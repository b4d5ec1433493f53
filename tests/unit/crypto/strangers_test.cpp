#include "crypto/strangers.hpp"

#include <doctest/doctest.h>

#include "machines.hpp"

namespace ipop::crypto::test {
namespace {

SessionId session(std::uint8_t number) {
  std::array<std::byte, SessionId::size> octets{};
  octets[0] = std::byte{number};
  return SessionId(octets);
}

/// What the opener of `session(1)`, id_of(1), says with the cookie that it got at endpoint(1).
OpenMessage open_with(const CookieMessage& answer) {
  OpenMessage out;
  out.opener = session(1);
  out.opener_id = id_of(1);
  out.cookie = answer.cookie;
  return out;
}

TEST_CASE("a cookie is good for whom it was given to, where it went, and for a while") {
  SeededRng rng(1);
  Strangers strangers(id_of(9), rng);
  const TimePoint start{};
  const auto answer = strangers.answer(start, endpoint(1), InitMessage{session(1), id_of(1)});
  REQUIRE(answer.has_value());
  CHECK(answer->opener == session(1));
  CHECK(answer->responder_id == id_of(9));

  struct Row {
    const char* what;
    SessionId opener;
    NodeId id;
    Carrier from;
    Duration later;
    bool is_good;
  };
  const Row rows[] = {
      {"at once", session(1), id_of(1), endpoint(1), 0s, true},
      {"repeated", session(1), id_of(1), endpoint(1), 1s, true},
      {"another session", session(2), id_of(1), endpoint(1), 0s, false},
      {"another node", session(1), id_of(2), endpoint(1), 0s, false},
      {"another address", session(1), id_of(1), endpoint(2), 0s, false},
      {"another port", session(1), id_of(1), endpoint(1, 6000), 0s, false},
      {"too late", session(1), id_of(1), endpoint(1), CookieJar::cookie_life + 1s, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    OpenMessage open = open_with(*answer);
    open.opener = row.opener;
    open.opener_id = row.id;
    CHECK(strangers.has_good_cookie(start + row.later, row.from, open) == row.is_good);
  }
  strangers.void_cookies();
  CHECK_FALSE(strangers.has_good_cookie(start, endpoint(1), open_with(*answer)));
}

TEST_CASE("questions and handshakes are counted apart, by source") {
  SeededRng rng(1);
  Strangers strangers(id_of(9), rng);
  const TimePoint now{};
  const InitMessage init{session(1), id_of(1)};
  for (unsigned i = 0; i < SourceLimiter::burst; ++i)
    CHECK(strangers.answer(now, endpoint(1), init).has_value());
  // Another port is the same source.
  CHECK_FALSE(strangers.answer(now, endpoint(1, 6000), init).has_value());
  CHECK(strangers.answer(now, endpoint(2), init).has_value());
  for (unsigned i = 0; i < SourceLimiter::burst; ++i)
    CHECK(strangers.may_begin(now, endpoint(1)));
  CHECK_FALSE(strangers.may_begin(now, endpoint(1)));
  CHECK(strangers.may_begin(now, endpoint(2)));
  CHECK(strangers.answer(now + SourceLimiter::token_time, endpoint(1), init).has_value());
  CHECK(strangers.may_begin(now + SourceLimiter::token_time, endpoint(1)));
}

}  // namespace
}  // namespace ipop::crypto::test
