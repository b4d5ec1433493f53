#include "pool/condor_manager.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::firewall;
using namespace ipop::pool;

namespace {

constexpr const char* announcement_text = "condor-manager 1 head 10.128.0.5 1795409156 main";
const net::Ipv4Prefix network = *net::parse_ipv4_prefix("10.128.0.0/9");

ManagerAnnouncement announcement() {
  return {"head", net::Ipv4Address(10, 128, 0, 5), WallTime{1795409156}, "main"};
}

NodeId node(unsigned number) {
  std::array<std::byte, NodeId::size> octets{};
  octets.back() = static_cast<std::byte>(number);
  return NodeId(octets);
}

ManagerRecord record(unsigned owner, const std::string& text) {
  return {to_bytes(as_bytes(text)), node(owner)};
}

CondorSettings settings(const std::string& more = "") {
  return *parse_condor_settings("roles = [\"worker\"]\n" + more, "pool.toml");
}

}  // namespace

TEST_CASE("a manager's announcement is name, address, age and pool") {
  CHECK(to_string(announcement()) == announcement_text);
  CHECK(*parse_manager_announcement(announcement_text) == announcement());
}

TEST_CASE("what is no manager's announcement is refused") {
  const std::string good = announcement_text;
  // Up to the last field, which may be a shorter name.
  for (std::size_t size = 0; size <= good.size() - 4; ++size)
    CHECK_FALSE(parse_manager_announcement(good.substr(0, size)));
  for (const char* wrong :
       {"condor-manager 1 head 10.128.0.5 1795409156 main ", "condor-manager 1 head 10.128.0.5 1795409156 main\n",
        "condor-manager 1 he|ad 10.128.0.5 1795409156 main", "condor-manager 1 head 10.128.0 1795409156 main",
        "condor-manager 1 head 10.128.0.5 -1 main", "condor-manager 1 head 10.128.0.5 01 main",
        "condor-manager 1 head 10.128.0.5 99999999999999999999 main", "condor-manager 1 head 10.128.0.5 1 Main",
        "condor-manager  1 head 10.128.0.5 1 main", "withdrawn", "condor-manager 1 h.d 10.128.0.5 1 main"})
    CHECK_MESSAGE(!parse_manager_announcement(wrong), wrong);
}

TEST_CASE("an announcement of a later version is told from a broken one") {
  CHECK(parse_manager_announcement("condor-manager 2 anything").error().code == Errc::unsupported);
  CHECK(parse_manager_announcement("condor-manager 2 a b c d e f").error().code == Errc::unsupported);
  CHECK(parse_manager_announcement("other 1 a b c d").error().code == Errc::malformed);
}

TEST_CASE("all members choose the oldest manager, of equals the one with the smallest node id") {
  std::vector<ManagerRecord> records{record(3, "condor-manager 1 c 10.128.0.3 100 main"),
                                     record(2, "condor-manager 1 b 10.128.0.2 100 main"),
                                     record(1, "condor-manager 1 a 10.128.0.1 200 main")};
  const auto ranked = rank_managers(records, settings(), network);
  REQUIRE(ranked.size() == 3);
  CHECK(ranked[0].announcement.name == "b");
  CHECK(ranked[1].announcement.name == "c");
  std::ranges::reverse(records);
  CHECK(rank_managers(records, settings(), network) == ranked);
  const auto choice = choose_manager(ranked, settings(), net::Ipv4Address(10, 128, 0, 9));
  REQUIRE(choice);
  CHECK(choice->manager == net::Ipv4Address(10, 128, 0, 2));
  CHECK(choice->name == "b");
  CHECK(choice->others.size() == 2);
}

TEST_CASE("broken announcements, foreign addresses and repetitions don't count") {
  const auto ranked = rank_managers(
      {record(1, "garbage"), record(2, "condor-manager 1 b 192.168.0.1 1 main"),
       record(3, "condor-manager 1 c 10.128.0.3 7 main"), record(3, "condor-manager 1 c2 10.128.0.4 8 main"),
       record(4, "condor-manager 1 thief 10.128.0.3 9 main"), record(5, "withdrawn")},
      settings(), network);
  REQUIRE(ranked.size() == 1);
  CHECK(ranked[0].announcement.name == "c");
}

TEST_CASE("where the role file names nodes, no other node is manager, however old it says it is") {
  const auto only = settings("managers = [\"" + to_string(node(2)) + "\"]\n");
  const auto ranked = rank_managers(
      {record(1, "condor-manager 1 thief 10.128.0.1 0 main"), record(2, "condor-manager 1 head 10.128.0.2 9 main")},
      only, network);
  REQUIRE(ranked.size() == 1);
  CHECK(ranked[0].owner == node(2));
}

TEST_CASE("a manager of another pool is flocked to, not followed") {
  const auto ranked = rank_managers(
      {record(1, "condor-manager 1 a 10.128.0.1 1 other"), record(2, "condor-manager 1 b 10.128.0.2 2 main")},
      settings(), network);
  const auto choice = *choose_manager(ranked, settings(), net::Ipv4Address(10, 128, 0, 9));
  CHECK(choice.manager == net::Ipv4Address(10, 128, 0, 2));
  CHECK(choice.others == std::vector{net::Ipv4Address(10, 128, 0, 1)});
  CHECK_FALSE(choose_manager({}, settings(), net::Ipv4Address())->manager);
}

TEST_CASE("two managers where a single one was said are refused by name") {
  const auto one = settings("single_manager = true\n");
  const auto ranked = rank_managers(
      {record(1, "condor-manager 1 head 10.128.0.1 1 main"), record(2, "condor-manager 1 second 10.128.0.2 2 main")},
      one, network);
  const auto choice = choose_manager(ranked, one, net::Ipv4Address(10, 128, 0, 9));
  REQUIRE_FALSE(choice);
  CHECK(choice.error().code == Errc::conflict);
  CHECK(choice.error().context.find("head (10.128.0.1) and second (10.128.0.2)") != std::string::npos);
}

TEST_CASE("the role file's address overrides what is announced, and a manager follows itself") {
  const net::Ipv4Address own(10, 128, 0, 9);
  const auto ranked = rank_managers({record(1, "condor-manager 1 head 10.128.0.1 1 main")}, settings(), network);
  CHECK(choose_manager(ranked, settings("manager = \"10.128.0.77\"\n"), own)->manager ==
        net::Ipv4Address(10, 128, 0, 77));
  const auto manager = *parse_condor_settings("roles = [\"manager\"]\n", "pool.toml");
  const auto choice = *choose_manager(ranked, manager, own);
  CHECK(choice.manager == own);
  CHECK(choice.others == std::vector{net::Ipv4Address(10, 128, 0, 1)});
}
