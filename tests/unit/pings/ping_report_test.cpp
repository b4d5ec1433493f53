#include "pings/ping_report.hpp"

#include <doctest/doctest.h>

#include "pings/ping_matrix.hpp"
#include "pings/ping_matrix_layout.hpp"
#include "pings/ping_words.hpp"

using namespace ipop;
using namespace ipop::pings;

namespace {

PingMember member(unsigned number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[18] = static_cast<std::byte>(number / 256);
  octets[19] = static_cast<std::byte>(number % 256);
  return {NodeId(octets), net::Ipv4Address(0x0a800000U + number), "m" + std::to_string(number)};
}

std::string line(unsigned from, unsigned to, std::int64_t run, unsigned received, std::string_view reason = {}) {
  PingResult out;
  out.run = WallTime{run};
  out.from = member(from);
  out.to = member(to);
  out.pinged = true;
  out.received = received;
  if (received > 0) out.round_trips = RoundTrips{1ms, 2ms, 3ms};
  out.path = PingPath::direct;
  out.reason = std::string(reason);
  return to_line(out);
}

std::string not_pinged(unsigned from, unsigned to, std::int64_t run, PingPath path) {
  PingResult out;
  out.run = WallTime{run};
  out.from = member(from);
  out.to = member(to);
  if (path == PingPath::no_address) out.to.address.reset();
  out.path = path;
  return to_line(out);
}

/// All pairs of `count` members, one run, nothing lost.
std::string full_log(unsigned count) {
  std::string out;
  for (unsigned from = 1; from <= count; ++from)
    for (unsigned to = 1; to <= count; ++to)
      if (from != to) out += line(from, to, 1000, 3);
  return out;
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t out = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size()))
    ++out;
  return out;
}

}  // namespace

TEST_CASE("the table counts runs by loss, and pairs that were lost in every run") {
  PingReport report;
  for (std::int64_t run = 0; run < 4; ++run) {
    report.add(line(1, 2, run, 3));
    report.add(line(2, 1, run, run == 0 ? 0U : 3U));
    report.add(line(1, 3, run, 0, "gone"));
    report.add(line(2, 3, run, static_cast<unsigned>(run)));
  }
  const PingSummary summary = report.take_summary();
  CHECK(summary.runs == 16);
  CHECK(summary.by_received == std::array<std::uint64_t, 4>{6, 1, 1, 8});
  CHECK(summary.measured_pairs == 4);
  CHECK(summary.pairs_lost_throughout == 1);
  CHECK(summary.first_run == WallTime{0});
  CHECK(summary.last_run == WallTime{3});
  CHECK_FALSE(summary.members[2].has_log);
  const auto worst = summary.worst(10);
  REQUIRE(worst.size() == 3);
  CHECK(summary.members[worst[0]->from].member.name == "m1");
  CHECK(worst[0]->lost_throughout());
  CHECK(worst[0]->reason == "gone");
  CHECK(worst[1]->loss() == doctest::Approx(0.5));
  CHECK(worst[2]->loss() == doctest::Approx(0.25));
}

TEST_CASE("silent members and those without an address are counted, but not as lost") {
  PingReport report;
  report.add(not_pinged(1, 2, 10, PingPath::silent) + not_pinged(1, 3, 10, PingPath::no_address) + line(1, 4, 10, 3));
  const PingSummary summary = report.take_summary();
  CHECK(summary.runs == 1);
  CHECK(summary.silent == 1);
  CHECK(summary.without_address == 1);
  CHECK(summary.measured_pairs == 1);
  CHECK(summary.pairs_lost_throughout == 0);
  CHECK(summary.worst(10).size() == 2);
}

TEST_CASE("a run that is there twice counts once, also when logs come in another order") {
  PingReport report;
  report.add(line(1, 2, 20, 3) + line(1, 2, 10, 0));
  report.add(line(1, 2, 10, 0));
  const PingSummary summary = report.take_summary();
  CHECK(summary.runs == 2);
  CHECK(report.counters().get("skip_ping_repeated") == 1);
}

TEST_CASE("S16: lines that are none, or in another member's name, are dropped and counted") {
  PingReport report;
  report.add("nonsense\n\n" + std::string(1000, 'x') + "\n" + line(1, 2, 1, 3), member(1).id);
  report.add(line(2, 1, 1, 0) + line(3, 1, 1, 3), member(3).id);
  std::string cut = line(1, 2, 2, 3);
  cut.resize(cut.size() / 2);
  report.add(cut, member(1).id);
  CHECK(report.take_summary().runs == 2);
  CHECK(report.counters().get("drop_ping_line_version") == 2);
  CHECK(report.counters().get("drop_ping_line_long") == 1);
  CHECK(report.counters().get("drop_ping_line_writer") == 1);
  CHECK(report.counters().get("drop_ping_line_malformed") == 1);
  CHECK(report.dropped() == 5);
}

TEST_CASE("a log that names very many members fills a bounded table") {
  PingReport report;
  for (unsigned to = 2; to < 6000; ++to)
    report.add(line(1, to, 1, 3));
  CHECK(report.take_summary().members.size() == PingReport::max_members);
  CHECK(report.counters().get("drop_ping_line_full") == 5998 - (PingReport::max_members - 1));
}

TEST_CASE("runs before the time that was asked for are left out") {
  PingReport report(WallTime{100});
  report.add(line(1, 2, 99, 0) + line(1, 2, 100, 3));
  CHECK(report.take_summary().runs == 1);
  CHECK(report.dropped() == 0);
}

TEST_CASE("a member's own words about its name are above those of others") {
  PingReport report;
  PingResult result;
  result.from = member(1);
  result.to = member(2);
  result.to.name = "liar";
  result.pinged = true;
  result.path = PingPath::direct;
  result.run = WallTime{50};
  report.add(line(2, 1, 10, 3) + to_line(result));
  CHECK(report.take_summary().members[1].member.name == "m2");
}

TEST_CASE("shares are shown with two decimals, and never rounded to nothing or all") {
  CHECK(percent_text(272'398, 272'918) == "99.81 %");
  CHECK(percent_text(0, 0) == "0 %");
  CHECK(percent_text(1, 1'000'000) == "0.01 %");
  CHECK(percent_text(999'999, 1'000'000) == "99.99 %");
  CHECK(percent_text(5, 5) == "100 %");
  CHECK(with_commas(272'918) == "272,918");
  CHECK(with_commas(999) == "999");
  CHECK(round_trip_text(430us) == "0.4 ms");
  CHECK(round_trip_text(99'960us) == "100 ms");
  CHECK(round_trip_text(1'250'000us) == "1.3 s");
}

TEST_CASE("a small matrix names its members and has a title for every cell") {
  PingReport report;
  report.add(full_log(5) + line(1, 3, 2000, 0));
  const std::string svg = to_svg(report.take_summary());
  CHECK(svg.starts_with("<svg "));
  CHECK(svg.find("Pings between 5 members") != std::string::npos);
  CHECK(count_of(svg, "<title>m1 (10.128.0.1) to m3 (10.128.0.3): 2 runs, 50.00 % of the pings lost") == 1);
  CHECK(count_of(svg, ">m4</text>") == 2);
  CHECK(count_of(svg, " to m") == 20);
}

TEST_CASE("a large matrix puts the members with most loss first, and stays small enough to open") {
  PingReport report;
  std::string log = full_log(100);
  for (unsigned to = 1; to <= 100; ++to)
    if (to != 42) log += line(42, to, 2000, 0);
  report.add(log);
  const PingSummary summary = report.take_summary();
  const MatrixAxis axis = column_axis(summary);
  CHECK_FALSE(axis.is_named());
  CHECK(summary.members[axis.members.front().member].member.name == "m42");
  const std::string svg = to_svg(summary);
  CHECK(svg.size() < 1'000'000);
  CHECK(svg.find("1: m42, ") != std::string::npos);
}

TEST_CASE("rows of the matrix are the members with a log") {
  PingReport report;
  report.add(line(2, 1, 1, 3) + line(2, 3, 1, 3));
  const PingSummary summary = report.take_summary();
  CHECK(row_axis(summary, column_axis(summary)).members.size() == 1);
  CHECK(to_svg(summary).find(">m2</text>") != std::string::npos);
  CHECK(to_svg(PingSummary{}).find("Pings between 0 members") != std::string::npos);
}

TEST_CASE("S16: no text of a log gets out of its place in the picture") {
  PingReport report;
  report.add(line(1, 2, 1, 0, "</title><script>alert('1')</script>&\"<!--"));
  const PingSummary summary = report.take_summary();
  const std::string svg = to_svg(summary);
  CHECK(svg.find("<script") == std::string::npos);
  CHECK(svg.find("<!--") == std::string::npos);
  CHECK(svg.find("&lt;/title&gt;&lt;script&gt;alert(&apos;1&apos;)&lt;/script&gt;&amp;&quot;&lt;!--") !=
        std::string::npos);
  PingSummary hostile = summary;
  hostile.members[0].member.name = "<a onload='x'>\x01\x1b";
  CHECK(to_svg(hostile).find("<a ") == std::string::npos);
  CHECK(to_svg(hostile).find('\x1b') == std::string::npos);
}

TEST_CASE("the colour of a cell is its loss, and its round trip where nothing was lost") {
  PingPair pair;
  CHECK(kind_of(pair) == CellKind::not_pinged);
  pair.by_received[3] = 100;
  pair.mean_round_trip = 25ms;
  CHECK(kind_of(pair) == CellKind::within_30_ms);
  pair.by_received[2] = 1;
  CHECK(kind_of(pair) == CellKind::lost_to_5);
  pair.by_received = {0, 0, 1, 0};
  CHECK(kind_of(pair) == CellKind::lost_to_33);
  pair.by_received = {0, 1, 0, 0};
  CHECK(kind_of(pair) == CellKind::lost_to_66);
  pair.by_received = {9, 1, 0, 0};
  CHECK(kind_of(pair) == CellKind::lost_above_66);
  pair.by_received = {9, 0, 0, 0};
  CHECK(kind_of(pair) == CellKind::lost_throughout);
}
