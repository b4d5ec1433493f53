#include "node/member_history.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::node;

namespace {

const WallTime morning{1'800'000'000};

NodeId numbered(std::size_t number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = static_cast<std::byte>(number >> 8U);
  octets[1] = static_cast<std::byte>(number & 0xffU);
  return NodeId(octets);
}

MemberRow row_of(const NodeId& id, const std::string& name, std::uint8_t host) {
  MemberRow row;
  row.id = id;
  row.name = name;
  row.address = net::Ipv4Address(10, 128, 0, host);
  return row;
}

}  // namespace

TEST_CASE("who answered once and is not among those here is gone, with name, address, time and reason") {
  MemberHistory history;
  history.handle_answer(morning, row_of(numbered(1), "bob", 9));
  history.handle_answer(morning, row_of(numbered(2), "carol", 2));
  history.handle_down(morning + std::chrono::minutes(5), numbered(1), Absence::stopped);
  const auto gone = history.gone(morning + std::chrono::hours(1), {row_of(numbered(2), "carol", 2)});
  REQUIRE(gone.size() == 1);
  CHECK(gone[0].id == numbered(1));
  CHECK(gone[0].name == "bob");
  CHECK(gone[0].address == net::Ipv4Address(10, 128, 0, 9));
  CHECK(gone[0].last_seen == morning + std::chrono::minutes(5));
  CHECK(gone[0].why == Absence::stopped);
}

TEST_CASE("who came back after a stop and is then not heard is lost, not stopped") {
  MemberHistory history;
  history.handle_up(morning, numbered(1), std::nullopt);
  history.handle_down(morning, numbered(1), Absence::stopped);
  history.handle_up(morning + std::chrono::minutes(1), numbered(1), std::nullopt);
  CHECK(history.gone(morning + std::chrono::minutes(2), {})[0].why == Absence::lost);
}

TEST_CASE("the last seen comes first, and a week later nobody speaks of it") {
  MemberHistory history;
  history.handle_up(morning, numbered(1), std::nullopt);
  history.handle_up(morning + std::chrono::minutes(1), numbered(2), std::nullopt);
  const auto gone = history.gone(morning + std::chrono::hours(1), {});
  REQUIRE(gone.size() == 2);
  CHECK(gone[0].id == numbered(2));
  CHECK(history.gone(morning + MemberHistory::kept, {}).size() == 1);
  CHECK(history.gone(morning + MemberHistory::kept + std::chrono::minutes(1), {}).empty());
}

TEST_CASE("at most 1024 are kept: the one heard longest ago makes room") {
  MemberHistory history;
  for (std::size_t i = 0; i < MemberHistory::most + 5; ++i)
    history.handle_up(morning + std::chrono::seconds(i), numbered(i), std::nullopt);
  const auto gone = history.gone(morning + std::chrono::hours(1), {});
  CHECK(gone.size() == MemberHistory::most);
  CHECK(gone.back().id == numbered(5));
}

TEST_CASE("what was known is known again from the rows that were kept") {
  MemberHistory history;
  history.handle_answer(morning, row_of(numbered(1), "bob", 9));
  history.handle_down(morning + std::chrono::minutes(5), numbered(1), Absence::revoked);
  const MemberHistory again(history.rows());
  CHECK(again.rows() == history.rows());
  REQUIRE(again.gone(morning + std::chrono::hours(1), {}).size() == 1);
  CHECK(again.gone(morning + std::chrono::hours(1), {})[0].why == Absence::revoked);
}

TEST_CASE("who is lost was seen when it was heard last, not when that became sure") {
  MemberHistory history;
  history.handle_answer(morning + std::chrono::seconds(30), row_of(numbered(1), "bob", 9));
  history.handle_down(morning + std::chrono::seconds(10), numbered(1), Absence::lost);
  CHECK(history.rows()[0].last_seen == morning + std::chrono::seconds(30));
}

TEST_CASE("a member that came back with its address in another place on the ring is not gone") {
  MemberHistory history;
  history.handle_answer(morning, row_of(numbered(1), "bob", 9));
  CHECK(history.gone(morning, {row_of(numbered(2), "bob", 9)}).empty());
  MemberRow silent = row_of(numbered(2), "bob", 9);
  silent.answered = false;
  CHECK(history.gone(morning, {silent}).size() == 1);
}

TEST_CASE("who said that it stops, or was revoked, is gone until it is heard again, or for a week") {
  MemberHistory history;
  history.handle_up(morning, numbered(1), std::nullopt);
  CHECK_FALSE(history.find_gone(morning, numbered(1)));
  // A link that nobody needed ends as well.
  history.handle_down(morning, numbered(1), Absence::lost);
  CHECK_FALSE(history.find_gone(morning, numbered(1)));
  for (const Absence why : {Absence::stopped, Absence::revoked}) {
    history.handle_down(morning, numbered(1), why);
    REQUIRE(history.find_gone(morning, numbered(1)));
    CHECK(history.find_gone(morning, numbered(1))->why == why);
  }
  CHECK_FALSE(history.find_gone(morning + MemberHistory::kept, numbered(1)));
  CHECK_FALSE(history.find_gone(morning, numbered(2)));
  history.handle_up(morning, numbered(1), std::nullopt);
  CHECK_FALSE(history.find_gone(morning, numbered(1)));
}
