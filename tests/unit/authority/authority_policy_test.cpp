#include "authority/authority_policy.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;
using namespace std::chrono_literals;

namespace {

const net::Ipv4Address pinned_seven(10, 128, 0, 7);
const net::Ipv4Address eight(10, 128, 0, 8);

AuthorityPolicy sample() {
  AuthorityPolicy policy;
  policy.life = 24h;
  policy.accept_automatically = true;
  policy.accept_tokens = true;
  policy.quota = 2;
  policy.users = {"bob", "b\xc3\xb6rg \"x\""};
  policy.pinned = {{"bob", {pinned_seven}}, {"b\xc3\xb6rg \"x\"", {pinned_seven, eight}}};
  return policy;
}

std::string complaint(std::string_view text) {
  const auto policy = parse_authority_policy(text, "p.toml");
  return policy ? "good" : policy.error().message();
}

}  // namespace

TEST_CASE("a policy is read back as it was written, whatever its users are called") {
  const auto back = parse_authority_policy(to_toml(sample()), "p.toml");
  REQUIRE(back);
  CHECK(*back == sample());
  CHECK(*parse_authority_policy(to_toml(AuthorityPolicy{}), "p.toml") == AuthorityPolicy{});
  CHECK(*parse_authority_policy("", "p.toml") == AuthorityPolicy{});
}

TEST_CASE("by itself an authority accepts nobody, for at most 90 days and 8 keys a user") {
  const AuthorityPolicy policy;
  CHECK_FALSE(policy.accept_automatically);
  CHECK_FALSE(policy.accept_tokens);
  CHECK(policy.life == 90 * 24h);
  CHECK(policy.quota == 8);
}

TEST_CASE("what is wrong in a policy is one line with file, line and what would be right") {
  CHECK(complaint("\nlife_hours = 5000") ==
        "p.toml:2: the key \"life_hours\" needs a number from 1 to 2160, like life_hours = 2160");
  CHECK(complaint("life_hours = 0").find("from 1 to 2160") != std::string::npos);
  CHECK(complaint("quote = 1") == "p.toml:1: unknown key \"quote\" (did you mean \"quota\"?)");
  CHECK(complaint("accept_automatically = 1").find("true or false") != std::string::npos);
  CHECK(complaint("users = [\"a\", 1]").find("list of texts") != std::string::npos);
  CHECK(complaint("users = [\"\"]").find("names no user") != std::string::npos);
  CHECK(complaint("users = [\"b\xc3\xb6rg\"]").find("\\u00fc") != std::string::npos);
  CHECK(complaint("[pinned]\nbob = []").find("1 to 8 addresses") != std::string::npos);
  CHECK(complaint("[pinned]\nbob = [\"10.128.0.700\"]").find("p.toml:2: ") == 0);
  CHECK(complaint("[pinned").find("p.toml:1: ") == 0);
  CHECK(complaint("\"a\\nb\" = 1").find('\n') == std::string::npos);
  CHECK(complaint("accept_automatically = tr\nx").find('\n') == std::string::npos);
}

TEST_CASE("a user is printable text of 1 to 64 octets") {
  CHECK(check_user("bob"));
  CHECK(check_user("J\xc3\xb6rg M\xc3\xbcller"));
  CHECK(check_user(std::string(64, 'a')));
  for (const std::string user : {"", " bob", "bob ", "a\nb", "a\x1b[0m", "\xff", "a\x7f", "\xc3",
                                 "\xe2\x80\xae"
                                 "bob",
                                 "\xc2\x9b", "\xed\xa0\x80", "\xc0\x80"})
    CHECK_FALSE(check_user(user));
  CHECK_FALSE(check_user(std::string(65, 'a')));
}

TEST_CASE("without automatic accept every request waits for a person") {
  const auto judged = judge(AuthorityPolicy{}, {"bob", {}});
  REQUIRE(judged);
  CHECK_FALSE(*judged);
}

TEST_CASE("automatic accept signs what the policy names and leaves other addresses to a person") {
  const auto plain = judge(sample(), {"bob", {}});
  REQUIRE(plain);
  REQUIRE(*plain);
  CHECK((*plain)->user == "bob");
  CHECK((*plain)->life == 24h);
  CHECK((*judge(sample(), {"bob", {pinned_seven}}))->addresses == std::vector{pinned_seven});
  CHECK_FALSE(*judge(sample(), {"bob", {eight}}));
}

TEST_CASE("S28: a token lets in what the policy allows, and only where the policy takes tokens") {
  AuthorityPolicy policy;
  policy.users = {"bob"};
  const Asked bob{"bob", {}};
  CHECK_FALSE(judge(policy, bob, true)->has_value());
  policy.accept_tokens = true;
  CHECK_FALSE(judge(policy, bob)->has_value());
  CHECK(judge(policy, bob, true)->has_value());
  CHECK_FALSE(judge(policy, {"eve", {}}, true));
  CHECK_FALSE(judge(policy, {"bob", {net::Ipv4Address(10, 128, 0, 7)}}, true)->has_value());
}

TEST_CASE("a user who is not in the policy's list gets nothing, by policy or by person") {
  const auto judged = judge(sample(), {"eve", {}});
  REQUIRE_FALSE(judged);
  CHECK(judged.error().code == Errc::not_authorized);
  CHECK(grant(sample(), {"eve", {}}, {}).error().code == Errc::not_authorized);
  CHECK(grant(sample(), {"eve", {}}, {"bob"}));
}

TEST_CASE("an address is pinned by policy or by a person's word only") {
  CHECK(grant(sample(), {"bob", {pinned_seven}}, {}));
  CHECK(grant(sample(), {"bob", {eight}}, {}).error().code == Errc::not_authorized);
  CHECK(grant(sample(), {"bob", {pinned_seven}}, {{}, std::vector{eight}})->addresses == std::vector{eight});
  CHECK(grant(sample(), {"bob", {eight}}, {{}, std::vector<net::Ipv4Address>()})->addresses.empty());
}

TEST_CASE("no person's word makes a certificate live longer than 90 days") {
  CHECK(grant(sample(), {"bob", {}}, {{}, {}, 90 * 24h})->life == 90 * 24h);
  CHECK(grant(sample(), {"bob", {}}, {{}, {}, 91 * 24h}).error().code == Errc::out_of_range);
  CHECK(grant(sample(), {"bob", {}}, {{}, {}, 59min}).error().code == Errc::out_of_range);
}
