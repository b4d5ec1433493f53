#include "base/nearest_name.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace ipop;

namespace {
constexpr std::array<std::string_view, 5> keys{"name", "namespace", "prefix", "bootstrap", "domain"};
}

TEST_CASE("the edit distance counts inserted, deleted, replaced and swapped characters") {
  CHECK(edit_distance("prefix", "prefix") == 0);
  CHECK(edit_distance("prefx", "prefix") == 1);
  CHECK(edit_distance("preffix", "prefix") == 1);
  CHECK(edit_distance("prefex", "prefix") == 1);
  CHECK(edit_distance("perfix", "prefix") == 1);
  CHECK(edit_distance("", "name") == 4);
  CHECK(edit_distance("Name", "name") == 0);
}

TEST_CASE("a mistyped key names the nearest known one") {
  CHECK(nearest_name("prefx", keys) == "prefix");
  CHECK(nearest_name("bootsrtap", keys) == "bootstrap");
  CHECK(nearest_name("name_space", keys) == "namespace");
  CHECK(nearest_hint("domian", keys) == " (did you mean \"domain\"?)");
}

TEST_CASE("a word far from every key gets no hint") {
  CHECK_FALSE(nearest_name("colour", keys));
  CHECK_FALSE(nearest_name("", keys));
  CHECK_FALSE(nearest_name(std::string(1000, 'n'), keys));
  CHECK(nearest_hint("colour", keys).empty());
  CHECK(nearest_hint("3", std::array<std::string_view, 2>{"0", "4"}).empty());
  // It never offers what was typed.
  CHECK_FALSE(nearest_name("prefix", keys));
  CHECK(nearest_name("Prefix", keys) == "prefix");
}

TEST_CASE("a number is never what another one was meant to be") {
  const std::array<std::string_view, 3> counts{"0", "1", "16"};
  CHECK(nearest_hint("-1", counts).empty());
  CHECK(nearest_hint("17", counts).empty());
  CHECK(nearest_name("ful", std::array<std::string_view, 2>{"1", "full"}) == "full");
}
