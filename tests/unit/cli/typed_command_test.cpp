#include "cli/typed_command.hpp"

#include <array>

#include <doctest/doctest.h>

using namespace ipop::cli;

namespace {

template <std::size_t count>
TypedCommand typed(const std::array<const char*, count>& words) {
  return {"ga-group", static_cast<int>(count), words.data()};
}

const std::array new_group{"/usr/bin/ga-group", "new", "sea", "--prefix", "10.0.0.0/8", "--port=25000"};

}  // namespace

TEST_CASE("a command is shown as it was typed, whatever the program's path") {
  CHECK(typed(new_group).text() == "ga-group new sea --prefix 10.0.0.0/8 --port=25000");
  CHECK(typed(std::array{"ga-group", "deny", "--reason", "it's me", ""}).text() ==
        R"(ga-group deny --reason 'it'\''s me' '')");
}

TEST_CASE("one option of a command changes, and all else stays") {
  CHECK(typed(new_group).with("--prefix", "10.64.0.0/10").text() ==
        "ga-group new sea --port=25000 --prefix 10.64.0.0/10");
  CHECK(typed(new_group).with("--port", "4700").text() == "ga-group new sea --prefix 10.0.0.0/8 --port 4700");
  CHECK(typed(new_group).with("--closed").with("--closed").text() ==
        "ga-group new sea --prefix 10.0.0.0/8 --port=25000 --closed");
  CHECK(typed(new_group).without("--prefix").without("--port").text() == "ga-group new sea");
  CHECK(typed(std::array{"ga-group", "new", "sea", "--port"}).without("--port").text() == "ga-group new sea");
  CHECK(typed(std::array{"ga-group", "leave", "lab", "--back"}).without_flag("--back").text() == "ga-group leave lab");
}

TEST_CASE("words of a command give way to another one") {
  CHECK(typed(new_group).replacing("sea", "ANOTHER-NAME").without("--prefix").text() ==
        "ga-group new ANOTHER-NAME --port=25000");
  CHECK(typed(std::array{"ga-group", "join", "ga1-abc", "def", "--user", "bob"})
            .replacing(std::vector<std::string>{"ga1-abc", "def"}, "TOKEN")
            .text() == "ga-group join TOKEN --user bob");
}

TEST_CASE("a token is not repeated, in one word or in several") {
  CHECK(typed(std::array{"ga-group", "join", "ga1-abc", "--user", "bob"}).without_tokens().text() ==
        "ga-group join TOKEN --user bob");
  CHECK(typed(std::array{"ga-group", "join", "--user", "bob", "ga1-abc", "def", "ghi", "--json"})
            .without_tokens()
            .text() == "ga-group join --user bob TOKEN --json");
  CHECK(typed(new_group).without_tokens().text() == typed(new_group).text());
}
