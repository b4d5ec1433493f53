#include "authority/authority_announcement.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::authority;

namespace {

AuthorityAnnouncement example() {
  AuthorityAnnouncement out;
  out.server = *net::parse_endpoint("10.128.0.7:8443");
  for (std::size_t i = 0; i < out.fingerprint.size(); ++i)
    out.fingerprint[i] = static_cast<std::byte>(i);
  return out;
}

constexpr const char* example_text =
    "https://10.128.0.7:8443 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

}  // namespace

TEST_CASE("an announcement is a place and the authority's fingerprint") {
  CHECK(to_string(example()) == example_text);
  CHECK(*parse_announcement(example_text) == example());
  auto v6 = example();
  v6.server = *net::parse_endpoint("[fd00::1]:443");
  CHECK(*parse_announcement(to_string(v6)) == v6);
}

TEST_CASE("what is no announcement is refused") {
  const std::string good = example_text;
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK_FALSE(parse_announcement(good.substr(0, size)));
  for (const std::string& wrong :
       {good + " ", good + "00", "http://" + good.substr(8), "https://host:1 " + good.substr(24),
        "https://10.128.0.7:0 " + good.substr(24), "https://10.128.0.7:8443/x " + good.substr(24), good + "\n"})
    CHECK_MESSAGE(!parse_announcement(wrong), wrong);
}
