#include "pings/ping_log.hpp"

#include <doctest/doctest.h>

using namespace ipop;
using namespace ipop::pings;

namespace {

NodeId id_of(unsigned number) {
  std::array<std::byte, NodeId::size> octets{};
  octets.back() = static_cast<std::byte>(number);
  return NodeId(octets);
}

PingResult sample_result() {
  PingResult out;
  out.run = WallTime{1'172'275'200};
  out.from = {id_of(2), net::Ipv4Address(10, 128, 0, 1), "alice"};
  out.to = {id_of(4), net::Ipv4Address(10, 128, 0, 2), "bob"};
  out.pinged = true;
  out.received = 2;
  out.round_trips = RoundTrips{1200us, 1500us, 1800us};
  out.path = PingPath::relayed;
  out.reason = "both NATs are symmetric";
  return out;
}

std::string line_of(const PingResult& result) {
  std::string line = to_line(result);
  line.pop_back();
  return line;
}

/// The sample_result's line with one field replaced.
std::string with_field(std::size_t number, std::string_view text) {
  std::string line = line_of(sample_result());
  std::size_t at = 0;
  for (std::size_t i = 0; i < number; ++i)
    at = line.find('\t', at) + 1;
  return line.replace(at, std::min(line.find('\t', at), line.size()) - at, text);
}

}  // namespace

TEST_CASE("a line of the ping log has fifteen columns between tabs") {
  CHECK(to_line(sample_result()) ==
        "ping/1\t2007-02-24T00:00:00Z\t" + to_string(id_of(2)) + "\t10.128.0.1\talice\t" + to_string(id_of(4)) +
            "\t10.128.0.2\tbob\t3\t2\t1200\t1500\t1800\trelayed\tboth NATs are symmetric\n");
}

TEST_CASE("what is written into a ping log is read back as it was") {
  std::vector<PingResult> results(5, sample_result());
  results[1].received = 0;
  results[1].round_trips.reset();
  results[2] = results[1];
  results[2].reason.clear();
  results[2].to.name.clear();
  results[3] = results[2];
  results[3].pinged = false;
  results[3].path = PingPath::no_address;
  results[3].to.address.reset();
  results[4] = results[2];
  results[4].pinged = false;
  results[4].path = PingPath::silent;
  for (const PingResult& result : results) {
    const auto read = parse_ping_line(line_of(result));
    REQUIRE(read);
    CHECK(*read == result);
  }
}

TEST_CASE("S16: a hostile name or reason puts no column and no line into a ping log") {
  PingResult result = sample_result();
  result.to.name = "bob\tx\nping/1";
  result.reason = "  a\tb\nping/1\x1b[31m \xc3\xa9 -  ";
  const std::string line = to_line(result);
  CHECK(std::ranges::count(line, '\n') == 1);
  CHECK(std::ranges::count(line, '\t') == 14);
  const auto read = parse_ping_line(std::string_view(line).substr(0, line.size() - 1));
  REQUIRE(read);
  CHECK(read->to.name.empty());
  CHECK(read->reason == "a b ping/1 [31m ?? -");
  result.reason = std::string(5000, 'x');
  CHECK(to_line(result).size() <= max_ping_line);
  CHECK(parse_ping_line(line_of(result)));
}

TEST_CASE("no part of a line is a line of a ping log, but for its reason") {
  const std::string line = line_of(sample_result());
  const std::size_t reason = line.rfind('\t') + 1;
  for (std::size_t length = 0; length <= reason; ++length)
    CHECK_FALSE(parse_ping_line(std::string_view(line).substr(0, length)));
}

TEST_CASE("each field of a ping log's line is checked") {
  const auto refused = [](std::size_t field, std::string_view text) {
    return !parse_ping_line(with_field(field, text));
  };
  CHECK(parse_ping_line(with_field(14, "-")));
  CHECK(refused(0, "ping/2"));
  for (const char* time : {"", "2007-02-30T00:00:00Z", "2007-02-24 00:00:00Z", "2007-02-24T24:00:00Z",
                           "1969-12-31T23:59:59Z", "2007-02-24T00:00:00+", "-007-02-24T00:00:00Z"})
    CHECK(refused(1, time));
  CHECK(refused(2, "nobody"));
  CHECK(refused(3, "-"));
  CHECK(refused(3, "10.128.0.256"));
  for (const char* name : {"", "a b", "-a", "<b>", "a\x7f", "\xc3\xa9"})
    CHECK(refused(4, name));
  CHECK(refused(5, to_string(id_of(2))));
  CHECK(refused(6, "-"));
  for (const char* number : {"", "-", "4", "03", "+3", "3 ", "99999999999999999999"})
    CHECK(refused(8, number));
  CHECK(refused(8, "2"));
  CHECK(refused(9, "0"));
  CHECK(refused(9, "4"));
  CHECK(refused(10, "-"));
  CHECK(refused(10, "1501"));
  CHECK(refused(12, "600000001"));
  CHECK(refused(13, "silent"));
  CHECK(refused(13, "teleported"));
  for (const char* reason : {"", " a", "a ", "a  b", "a\tb", "a\x01", "\xff"})
    CHECK(refused(14, reason));
  CHECK(parse_ping_line(std::string(max_ping_line + 1, 'x')).error().code == Errc::too_large);
}
