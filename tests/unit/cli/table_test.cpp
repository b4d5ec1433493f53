#include "cli/table.hpp"

#include <sstream>

#include <doctest/doctest.h>

using namespace ipop::cli;

namespace {

Table members() {
  Table table({{"NAME"}, {"ADDRESS"}, {"RTT", Align::right}});
  table.add_row({"alice", "10.128.0.7", "1.2 ms"});
  table.add_row({"Zo\xc3\xab", "", "40.0 ms"});
  return table;
}

std::string human(const Table& table, bool color) {
  std::ostringstream out;
  table.write_human(out, color);
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
