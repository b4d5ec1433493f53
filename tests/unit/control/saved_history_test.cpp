#include "control/saved_history.hpp"

#include <doctest/doctest.h>

#include "node/member_history.hpp"

using namespace ipop;
using namespace ipop::control;

namespace {

node::GoneRow gone_row(std::size_t number, node::Absence why) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(number >> 8U);
  octets[1] = static_cast<std::byte>(number & 0xffU);
  return {NodeId(octets), net::Ipv4Address(10, 128, 0, 7), "bob", WallTime{1'800'000'000}, why};
}

}  // namespace

TEST_CASE("a history of members reads back as it was") {
  const std::vector<node::GoneRow> members{gone_row(1, node::Absence::stopped), gone_row(2, node::Absence::revoked),
                                           gone_row(3, node::Absence::lost)};
  const auto back = parse_history(history_text(members));
  REQUIRE(back);
  CHECK(*back == members);
  const auto empty = parse_history(history_text({}));
  REQUIRE(empty);
  CHECK(empty->empty());
}

TEST_CASE("as many members as a node remembers fit into the file, and no more are read") {
  std::vector<node::GoneRow> members;
  for (std::size_t i = 0; i < node::MemberHistory::most + 5; ++i)
    members.push_back(gone_row(i, node::Absence::lost));
  const auto back = parse_history(history_text(members));
  REQUIRE(back);
  CHECK(back->size() == node::MemberHistory::most);
}

TEST_CASE("a damaged history of members is an error") {
  const std::string good = history_text({gone_row(1, node::Absence::lost)});
  for (std::size_t length = 0; length + 2 < good.size(); ++length)
    CHECK_FALSE(parse_history(good.substr(0, length)));
  CHECK_FALSE(parse_history("[]"));
  CHECK_FALSE(parse_history(R"({"schema":"ipop.peers/1","peers":[]})"));
  CHECK_FALSE(parse_history(R"({"schema":"ipop.members/1","gone":[{"id":"nobody"}]})"));
}
