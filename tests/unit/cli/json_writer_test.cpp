#include "cli/json_writer.hpp"

#include <doctest/doctest.h>

using namespace ipop::cli;

TEST_CASE("an object begins with its schema and keeps the order of its fields") {
  JsonWriter json("ipop-ctl.status/1");
  json.field("name", "alice");
  json.field("joined", true);
  json.field("links", 3U);
  json.field("offset", -4);
  json.field("rtt_ms", 1.5);
  json.null("address");
  CHECK(
      json.text() ==
      R"({"schema":"ipop-ctl.status/1","name":"alice","joined":true,"links":3,"offset":-4,"rtt_ms":1.500,"address":null})");
}

TEST_CASE("arrays hold strings or objects, and objects nest") {
  JsonWriter json("s/1");
  json.begin_array("names");
  json.element("a");
  json.element("b");
  json.end();
  json.begin_array("peers");
  json.begin_element();
  json.field("id", "x");
  json.end();
  json.begin_element();
  json.end();
  json.end();
  json.begin_object("counters");
  json.field("drop", 1);
  json.end();
  json.begin_array("none");
  json.end();
  CHECK(json.text() == R"({"schema":"s/1","names":["a","b"],"peers":[{"id":"x"},{}],"counters":{"drop":1},"none":[]})");
}

TEST_CASE("a string is valid JSON whatever it holds") {
  CHECK(json_string("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json_string(std::string_view("\n\x1b\0", 3)) == R"("\u000a\u001b\u0000")");
  CHECK(json_string("\x7f") == R"("\u007f")");
  CHECK(json_string("\xff"
                    "a") == R"("\ufffda")");
  CHECK(json_string("Zo\xc3\xab") == "\"Zo\xc3\xab\"");
}
