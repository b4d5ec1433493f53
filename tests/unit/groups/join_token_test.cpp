#include <doctest/doctest.h>

#include "base/base32.hpp"
#include "crypto/hash.hpp"
#include "groups/group_config.hpp"

using namespace ipop;
using namespace ipop::groups;

namespace {

JoinToken sample_token() {
  JoinToken token;
  token.group.name = "lab";
  token.group.name_space = "lab-abcdefghijklmnop";
  token.group.bootstrap = {{"192.0.2.1", 4000}, {"2001:db8::1", 4001}, {"bootstrap.example.org", 4002}};
  token.expires = WallTime{1800000000};
  return token;
}

/// The token's octets without the checksum.
Bytes content_of(const JoinToken& token) {
  const std::string text = to_string(token);
  const Bytes octets = *parse_base32(std::string_view(text).substr(4));
  return to_bytes(ByteSpan(octets).first(octets.size() - 4));
}

std::string token_of(Bytes content) {
  const auto digest = crypto::sha256(content);
  append(content, ByteSpan(digest).first(4));
  return "ga1-" + to_base32(content);
}

std::string token_error_of(std::string_view text) {
  const auto token = parse_join_token(text);
  return token ? "no error" : token.error().message();
}

}  // namespace

TEST_CASE("the join token of docs/wire/join-token.md") {
  CHECK(to_string(sample_token()) ==
        "ga1-aeaqg3dbmikgyylcfvqwey3emvtgo2djnjvwy3lon5yavaaaaaeqi2lqn5yaaaaaabvutuqaaabqjqaa"
        "aiaq7iageaaq3oaaaaaaaaaaaaaaaaaaaeh2caavmjxw65dtorzgc4bomv4gc3lqnrss433sm4h2fm2m6xta");
}

TEST_CASE("a join token brings the group over whole") {
  const auto read = parse_join_token(to_string(sample_token()));
  REQUIRE(read);
  CHECK(read->group == sample_token().group);
  CHECK(read->expires == sample_token().expires);
}

TEST_CASE("a closed group's token says which authority is asked") {
  JoinToken token = sample_token();
  token.asks = crypto::sha256(as_bytes("authority"));
  const auto parsed = parse_join_token(to_string(token));
  REQUIRE(parsed);
  CHECK(parsed->asks == token.asks);
  CHECK(parsed->group == token.group);
  // Cut short in the fingerprint, under a good checksum.
  Bytes content = content_of(token);
  content.pop_back();
  CHECK_FALSE(parse_join_token(token_of(content)));
}

TEST_CASE("a join token without an end has none") {
  JoinToken token = sample_token();
  token.expires.reset();
  const auto read = parse_join_token(to_string(token));
  REQUIRE(read);
  CHECK_FALSE(read->expires.has_value());
}

TEST_CASE("a thousand bootstrap entries fit into a token") {
  JoinToken token = sample_token();
  token.group.bootstrap.assign(1000, {"192.0.2.7", 4000});
  const auto read = parse_join_token(to_string(token));
  REQUIRE(read);
  CHECK(read->group.bootstrap.size() == 1000);
}

TEST_CASE("the port of one machine does not travel in a token") {
  JoinToken token = sample_token();
  token.group.port = 4000;
  CHECK(to_string(token) == to_string(sample_token()));
}

TEST_CASE("a token survives being pasted with white space around it and in capitals") {
  CHECK(parse_join_token("  " + to_string(sample_token()) + "\r\n").has_value());
  std::string shouted = to_string(sample_token());
  for (char& c : shouted)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK(parse_join_token(shouted).has_value());
  CHECK(parse_join_token(shouted.substr(0, 20) + "\r\n  " + shouted.substr(20, 9) + " " + shouted.substr(29))
            .has_value());
  std::string capitals = to_string(sample_token());
  for (std::size_t i = 4; i < capitals.size(); ++i)
    if (capitals[i] >= 'a' && capitals[i] <= 'z') capitals[i] = static_cast<char>(capitals[i] - 'a' + 'A');
  CHECK(parse_join_token(capitals).has_value());
}

TEST_CASE("a token that is cut short anywhere is refused") {
  const std::string text = to_string(sample_token());
  for (std::size_t n = 0; n < text.size(); ++n)
    CHECK_FALSE(parse_join_token(std::string_view(text).substr(0, n)).has_value());
}

TEST_CASE("one wrong character is noticed wherever it stands") {
  const std::string text = to_string(sample_token());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string wrong = text;
    wrong[i] = wrong[i] == 'q' ? 'r' : 'q';
    CHECK_FALSE(parse_join_token(wrong).has_value());
  }
}

TEST_CASE("each way of being wrong has its own message") {
  CHECK(token_error_of("") == "the join token is empty");
  CHECK(token_error_of("hello") == "this is not a join token; one begins with \"ga1-\"");
  CHECK(token_error_of("ga1-!!") == "the join token is damaged or cut short; copy it whole, in one line");
  CHECK(token_error_of("ga2-abc") == "the join token needs a newer version of ga-group; upgrade this machine");
  CHECK(token_error_of("ga1-" + std::string(2 << 20, 'a')) == "this is too long to be a join token");
}

TEST_CASE("a later version and unknown flags are told apart from damage") {
  Bytes later = content_of(sample_token());
  later[0] = std::byte{2};
  CHECK(token_error_of(token_of(later)) == "the join token needs a newer version of ga-group; upgrade this machine");
  Bytes flags = content_of(sample_token());
  flags[1] = std::byte{0x81};
  CHECK(token_error_of(token_of(flags)) == "the join token needs a newer version of ga-group; upgrade this machine");
}

TEST_CASE("fields are held against the rules of the group file, also under a good checksum") {
  const Bytes good = content_of(sample_token());
  REQUIRE(parse_join_token(token_of(good)));
  const auto changed = [&](std::size_t at, std::uint8_t value) {
    Bytes octets = good;
    octets[at] = std::byte{value};
    return token_error_of(token_of(octets));
  };
  constexpr std::string_view bad_field = "the join token has a bad field; ask for another";
  CHECK(changed(3, '/') == bad_field);    // name
  CHECK(changed(7, '\n') == bad_field);   // namespace
  CHECK(changed(27, 127) == bad_field);   // prefix
  CHECK(changed(31, 33) == bad_field);    // its length
  CHECK(changed(33, 'X') == bad_field);   // domain
  CHECK(changed(37, 0xff) == bad_field);  // end of its time
  CHECK(changed(46, 9) == bad_field);     // count
  CHECK(changed(47, 5) == bad_field);     // kind of host
  Bytes longer = good;
  longer.push_back(std::byte{0});
  CHECK(token_error_of(token_of(longer)) == bad_field);
  for (std::size_t n = 2; n < good.size(); ++n)
    CHECK(token_error_of(token_of({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)})) == bad_field);
}
