#include "authority/remote_decision.hpp"

#include <doctest/doctest.h>

#include "crypto/hash.hpp"

using namespace ipop;
using namespace ipop::authority;

TEST_CASE("requests that wait are read as they were written, and no user's name makes a column or a line") {
  const std::vector<WaitingRow> rows{{crypto::sha256(as_bytes("1")), "bob", "10.128.0.7", "192.0.2.1", WallTime{5}},
                                     {crypto::sha256(as_bytes("2")), "e\tv\ne", "", "", WallTime{6}}};
  const auto read = decode_waiting_rows(encode(rows));
  REQUIRE(read);
  REQUIRE(read->size() == 2);
  CHECK((*read)[0] == rows[0]);
  CHECK((*read)[1].user == "e v e");
  CHECK(decode_waiting_rows("")->empty());
  CHECK_FALSE(decode_waiting_rows("x\ty\n"));
}

TEST_CASE("a decision is read as it was written, and nothing else is one") {
  const crypto::Digest256 key = crypto::sha256(as_bytes("1"));
  for (const RemoteDecision& decision : {RemoteDecision{key, true, ""}, RemoteDecision{key, false, "who are you"},
                                         RemoteDecision{key, true, "", true}}) {
    const auto read = decode_remote_decision(encode(decision));
    REQUIRE(read);
    CHECK(*read == decision);
  }
  const std::string good = encode(RemoteDecision{key, false, "no"});
  for (std::size_t size = 0; size + 3 < good.size(); ++size)
    CHECK_FALSE(decode_remote_decision(std::string_view(good).substr(0, size)));
  CHECK_FALSE(decode_remote_decision("sign " + good.substr(5)));
  CHECK_FALSE(decode_remote_decision(encode(RemoteDecision{key, true, ""}) + "x"));
}
