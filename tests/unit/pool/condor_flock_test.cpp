#include "pool/condor_flock.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::firewall;
using namespace ipop::pool;

namespace {

const std::string pass_text =
    "ga-flock 1\ndomain sea-abcdefghijklmnop\nmanager 10.64.0.1\nnetwork 10.64.0.0/10\ntoken eyJh.eyJi.c_-9\n";

}  // namespace

TEST_CASE("a flock file is a pool and a token for it") {
  const auto pass = parse_flock_pass(pass_text, "f");
  REQUIRE(pass);
  CHECK(pass->partner.manager == net::Ipv4Address(10, 64, 0, 1));
  CHECK(pass->token == "eyJh.eyJi.c_-9");
  CHECK(to_string(*pass) == pass_text);
}

TEST_CASE("S15: a flock file that is cut off or holds more than words is refused with its line") {
  for (std::size_t size = 0; size < pass_text.size(); ++size)
    CHECK_FALSE(parse_flock_pass(pass_text.substr(0, size), "f"));
  CHECK_FALSE(parse_flock_pass(pass_text + "x", "f"));
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = pass_text;
    text.replace(text.find(from), from.size(), to);
    const auto pass = parse_flock_pass(text, "f");
    return pass ? std::string("taken") : pass.error().context;
  };
  CHECK(with("sea-", "sea$(x)-").starts_with("f:2: the domain"));
  CHECK(with("10.64.0.1", "10.64.0.1|sh").starts_with("f:3: "));
  CHECK(with("10.64.0.0/10", "10.128.0.0/9").starts_with("f:4: the manager is not"));
  CHECK(with("c_-9", "c d").starts_with("f:5: not a token"));
  CHECK(with("eyJh.", "").starts_with("f:5: not a token"));
  CHECK(with("ga-flock 1", "ga-flock 2") == "a flock file of a later version");
}
