#include <string>

#include <doctest/doctest.h>

#include "authority/fingerprint_text.hpp"
#include "authority/swanctl.hpp"

using namespace ipop;
using namespace ipop::authority;

TEST_CASE("a fingerprint is shown in groups of four digits and read with anything people put between") {
  const auto digest = crypto::sha256(as_bytes("abc"));
  const std::string groups = to_groups(digest);
  CHECK(groups == "ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad");
  CHECK(parse_fingerprint(groups) == digest);
  std::string colons = groups;
  for (char& c : colons)
    if (c == ' ') c = ':';
  CHECK(parse_fingerprint(colons) == digest);
  CHECK_FALSE(parse_fingerprint(groups.substr(1)));
  CHECK_FALSE(parse_fingerprint(groups + "00"));
  CHECK_FALSE(parse_fingerprint(""));
  CHECK_FALSE(parse_fingerprint(std::string(200, ' ')));
}

TEST_CASE("a strongSwan configuration names the group's own files and leaves service and broadcast out of ESP") {
  const std::string text = to_swanctl("lab", net::Ipv4Prefix(net::Ipv4Address(10, 128, 0, 0), 9));
  CHECK(text.find("certs = ga-lab.pem") != std::string::npos);
  CHECK(text.find("cacerts = ga-lab.pem") != std::string::npos);
  CHECK(text.find("remote_ts = 10.128.0.0/9") != std::string::npos);
  CHECK(text.find("10.128.0.1/32, 10.255.255.255/32") != std::string::npos);
  CHECK(swanctl_paths("lab").key == "private/ga-lab.pem");
}
