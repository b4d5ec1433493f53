#include "authority/enrolment_token.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

/// Counts, so that a token of a test is the same in every run.
class CountingRng final : public Rng {
 public:
  std::uint64_t next() override { return ++count_; }

 private:
  std::uint64_t count_ = 0;
};

EnrolmentToken token() {
  CountingRng rng;
  return make_enrolment_token(crypto::sha256(as_bytes("authority")), rng);
}

}  // namespace

TEST_CASE("an enrolment token is read back as it was written, with white space around it") {
  const std::string text = to_string(token());
  CHECK(text.starts_with("gae1-"));
  CHECK(text.find_first_of(" \n") == std::string::npos);
  REQUIRE(parse_enrolment_token(" " + text + "\r\n"));
  CHECK(*parse_enrolment_token(" " + text + "\r\n") == token());
}

TEST_CASE("the text of an enrolment token is the one that docs/enrolment.md describes") {
  EnrolmentToken token;
  for (std::size_t i = 0; i < token.authority.size(); ++i)
    token.authority[i] = static_cast<std::byte>(i);
  for (std::size_t i = 0; i < token.secret.size(); ++i)
    token.secret[i] = static_cast<std::byte>(100 + i);
  // Made with hashlib and base64 of Python.
  CHECK(to_string(token) ==
        "gae1-aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dypwizlgm5ugs2tlnrww433qofzhh6q4nmoq");
}

TEST_CASE("S28: an enrolment token's name does not show its secret, and two tokens differ") {
  CountingRng rng;
  const auto authority = crypto::sha256(as_bytes("authority"));
  const EnrolmentToken one = make_enrolment_token(authority, rng);
  const EnrolmentToken two = make_enrolment_token(authority, rng);
  CHECK(one.secret != two.secret);
  CHECK(one.name() == crypto::sha256(one.secret));
  CHECK(one.name() != two.name());
}

TEST_CASE("every truncation and every changed character of an enrolment token is refused") {
  const std::string text = to_string(token());
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(parse_enrolment_token(text.substr(0, size)));
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = changed[i] == 'b' ? 'c' : 'b';
    CHECK_FALSE(parse_enrolment_token(changed));
  }
  CHECK_FALSE(parse_enrolment_token(text + "a"));
}

TEST_CASE("a text that is no enrolment token, or one of a later release, is refused as what it is") {
  CHECK(parse_enrolment_token("").error().code == Errc::malformed);
  CHECK(parse_enrolment_token("ga1-abc").error().code == Errc::malformed);
  CHECK(parse_enrolment_token("gae-abc").error().code == Errc::malformed);
  CHECK(parse_enrolment_token("gae2-abc").error().code == Errc::unsupported);
  CHECK(parse_enrolment_token("gae1-abc").error().code == Errc::bad_checksum);
}
