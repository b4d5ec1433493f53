#include "cli/table.hpp"

#include <algorithm>
#include <sstream>

#include <doctest/doctest.h>

#include "cli/text.hpp"

using namespace ipop::cli;

namespace {

Table members() {
  Table table({{"NAME"}, {"ADDRESS"}, {"RTT", Align::right}});
  table.add_row({"alice", "10.128.0.7", "1.2 ms"});
  table.add_row({"Zo\xc3\xab", "", "40.0 ms"});
  return table;
}

std::string human(const Table& table, bool color, std::size_t columns = 0) {
  std::ostringstream out;
  table.write_human(out, {color, columns});
  return out.str();
}

std::string plain(const Table& table) {
  std::ostringstream out;
  table.write_plain(out);
  return out.str();
}

}  // namespace

TEST_CASE("a table for a person is aligned, with a dash for what is empty") {
  CHECK(human(members(), false) ==
        "NAME   ADDRESS         RTT\n"
        "alice  10.128.0.7   1.2 ms\n"
        "Zo\xc3\xab    -           40.0 ms\n");
}

TEST_CASE("colour makes only the titles bold") {
  CHECK(human(members(), true).starts_with("\x1b[1mNAME   ADDRESS         RTT\x1b[0m\nalice"));
}

TEST_CASE("a plain table has tabs, no titles and empty cells") {
  CHECK(plain(members()) == "alice\t10.128.0.7\t1.2 ms\nZo\xc3\xab\t\t40.0 ms\n");
}

TEST_CASE("text from the network can neither add a column nor move the cursor") {
  Table table({{"NAME"}});
  table.add_row({"a\tb\x1b[2J\n"});
  CHECK(plain(table) == "a\\x09b\\x1b[2J\\x0a\n");
}

namespace {

Table wide() {
  Table table({{"NAME"}, {"ADDRESS"}, {"NAT"}, {"LINKS", Align::right}});
  table.add_row({"a-rather-long-name-of-a-machine", "10.128.0.7", "address-dependent (symmetric)", "12"});
  return table;
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    widest = std::max(widest, display_width(line));
  return widest;
}

}  // namespace

TEST_CASE("a table that is wider than the screen loses the ends of its longest cells") {
  CHECK(human(wide(), false, 120) == human(wide(), false));
  CHECK(widest_line(human(wide(), false, 60)) <= 60);
  CHECK(human(wide(), false, 60) ==
        "NAME                 ADDRESS     NAT                   LINKS\n"
        "a-rather-long-name\xe2\x80\xa6  10.128.0.7  address-dependent (\xe2\x80\xa6     12\n");
}

TEST_CASE("on a screen of 40 columns a table that would be cut too much becomes lines of title and value") {
  Table table({{"NAME"}, {"ADDRESS"}, {"ID"}, {"NAT"}, {"LINKS"}, {"VERSION"}});
  table.add_row({"alice-in-the-lab", "10.248.65.252", "ffi2skpy", "endpoint-independent", "12", "0.1.0-dirty"});
  table.add_row({"bob", "10.248.65.253", "ibqvifqg", "", "2", "0.1.0-dirty"});
  const std::string text = human(table, false, 40);
  CHECK(widest_line(text) <= 40);
  CHECK(text.starts_with("NAME     alice-in-the-lab\nADDRESS  10.248.65.252\n"));
  CHECK(text.find("VERSION  0.1.0-dirty\n\nNAME     bob\n") != std::string::npos);
  CHECK(widest_line(human(table, false, 80)) <= 80);
}

TEST_CASE("a table of more than a screen says how many rows it has") {
  Table table({{"NAME"}});
  table.count_as("members");
  for (int i = 0; i < 20; ++i)
    table.add_row({"x"});
  CHECK_FALSE(human(table, false).ends_with("members\n"));
  table.add_row({"x"});
  CHECK(human(table, false).ends_with("x\n\n21 members\n"));
}

TEST_CASE("a long value goes on below its beginning, parted at blanks only") {
  const auto written = [](std::string_view value, std::size_t indent, std::size_t columns) {
    std::ostringstream out;
    write_value(out, value, indent, columns);
    return out.str();
  };
  CHECK(written("753f c6b8 1da8 0780", 5, 15) == "753f c6b8\n     1da8 0780");
  CHECK(written("753f c6b8 1da8 0780", 5, 14) == "753f c6b8\n     1da8 0780");
  CHECK(written("753f c6b8", 5, 0) == "753f c6b8");
  CHECK(written("753f c6b8", 5, 14) == "753f c6b8");
  // What has no blank stays whole, so that it can be copied.
  CHECK(written("/var/lib/ga/authority/lab", 5, 10) == "/var/lib/ga/authority/lab");
  CHECK(written("", 5, 10).empty());
}
