#include "fleet/report.hpp"

#include <doctest/doctest.h>

#include "control/rpc.hpp"

using namespace ipop;
using namespace ipop::fleet;

namespace {

std::string in_one_line(std::string text) {
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text;
}

std::string status_json() {
  node::StatusAnswer answer;
  answer.version = "0.1.0";
  answer.joined = true;
  answer.links = 3;
  answer.ring_size_estimate = 12;
  answer.counters["relayed_packets"] = 42;
  return in_one_line(control::to_json(node::Answer(answer)));
}

}  // namespace

TEST_CASE("a host says what it is, and how its nodes are") {
  const auto report = parse_report(
      "Last login: never\n@ga root yes\n@ga system debian 12\n@ga architecture amd64\n@ga package ipop 0.1.0+deb12\n"
      "@ga load 0.10 0.20 0.30\n@ga processors 2\n@ga memory 2000 1000\n@ga uptime 86400\n@ga node lab " +
      status_json() + "\n@ga replaced lab\n@ga silent sea ipop-ctl: no node\n@ga colour green\n@ga end\n@ga load 9\n");
  REQUIRE(report);
  CHECK(report->is_root);
  CHECK(report->system == "debian 12");
  CHECK(report->packages.at("ipop") == "0.1.0+deb12");
  CHECK(report->load == "0.10");
  CHECK(report->processors == 2);
  CHECK(report->memory == 2000);
  CHECK(report->available_memory == 1000);
  CHECK(report->uptime == std::chrono::hours(24));
  REQUIRE(report->nodes.size() == 2);
  const NodeReport* lab = report->find_node("lab");
  REQUIRE(lab != nullptr);
  REQUIRE(lab->status);
  CHECK(lab->status->links == 3);
  CHECK(lab->is_replaced);
  CHECK(lab->counter("relayed_packets") == 42);
  CHECK(lab->counter("relayed_octets") == 0);
  const NodeReport* sea = report->find_node("sea");
  REQUIRE(sea != nullptr);
  CHECK(!sea->status);
  CHECK(sea->silent == "ipop-ctl: no node");
  CHECK(report->find_node("none") == nullptr);
}

TEST_CASE("an answer that does not come to its end is none") {
  const std::string whole = "@ga root yes\n@ga node lab " + status_json() + "\n@ga end\n";
  REQUIRE(parse_report(whole));
  for (std::size_t size = 0; size + 2 < whole.size(); ++size)
    CHECK_MESSAGE(!parse_report(whole.substr(0, size)), size);
}

TEST_CASE("a host that says more than it can have is not believed") {
  std::string text =
      "@ga processors many\n@ga uptime 99999999999999999999\n@ga memory -1 x\n@ga node ../x {}\n"
      "@ga node lab {\"schema\":\"ipop.peers/1\",\"peers\":[]}\n";
  for (int i = 0; i < 1000; ++i)
    text += "@ga silent g" + std::to_string(i) + " " + std::string(1000, 'x') + "\n@ga package p" + std::to_string(i) +
            " " + std::string(1000, '1') + "\n";
  const auto report = parse_report(text + "@ga end\n");
  REQUIRE(report);
  CHECK(report->processors == 0);
  CHECK(report->uptime.count() == 0);
  CHECK(report->nodes.size() == most_nodes);
  CHECK(report->find_node("../x") == nullptr);
  REQUIRE(report->find_node("lab") != nullptr);
  CHECK(report->find_node("lab")->silent == "its answer is not understood");
  CHECK(report->find_node("g1")->silent.size() == 300);
  CHECK(report->packages.size() == 16);
}
