#include "settings/toml_reader.hpp"

#include <array>

#include <doctest/doctest.h>

#include "settings/wording.hpp"

using namespace ipop;
using namespace ipop::settings;

namespace {

constexpr std::array<std::string_view, 5> toml_keys{"word", "words", "table", "flag", "number"};

const TomlReader::Take admit_none = [](std::string_view text) {
  return Result<void>(malformed("no " + in_quotes(text)));
};
const TomlReader::Take admit_any = [](std::string_view) { return Result<void>(); };

std::string first_error(const TomlReader& reader) {
  return reader.failed() ? reader.failed()->message() : "no error";
}

}  // namespace

TEST_CASE("a reader of TOML gives each key's value once") {
  TomlReader reader("word = \"a\"\nwords = [\"b\", \"c\"]\nflag = true\nnumber = 7\n[table]\nx = [\"d\"]\n", "f",
                    toml_keys);
  std::string seen;
  const TomlReader::Take note = [&](std::string_view text) {
    seen += text;
    return Result<void>();
  };
  reader.text("word", "word = \"a\"", note);
  reader.texts("words", "words = [\"a\"]", note);
  reader.lists("table", "x = [\"a\"]", [&](std::string_view name, const std::vector<std::string>& texts) {
    seen += std::string(name) + texts.at(0);
    return Result<void>();
  });
  bool flag = false;
  reader.flag("flag", flag);
  CHECK(seen == "abcxd");
  CHECK(flag);
  CHECK(reader.number("number", 1, 9, 5) == 7);
  CHECK(reader.place("flag") == "f:3");
  CHECK_FALSE(reader.has("none"));
  CHECK(first_error(reader) == "no error");
}

TEST_CASE("a reader of TOML keeps the first error and reads nothing after it") {
  TomlReader reader("word = \"a\"\nnumber = 10\nflag = 1\n", "f", toml_keys);
  CHECK_FALSE(reader.number("number", 1, 9, 5).has_value());
  CHECK(first_error(reader) == "f:2: the key \"number\" needs a number from 1 to 9, like number = 5");
  bool flag = false;
  reader.flag("flag", flag);
  reader.text("word", "word = \"a\"", [](std::string_view) -> Result<void> {
    FAIL("asked for after an error");
    return {};
  });
  reader.require("words", "words = []");
  reader.refuse("word", "not with that number");
  CHECK(first_error(reader).starts_with("f:2: the key \"number\""));
}

TEST_CASE("what a caller refuses stands where the value stands") {
  TomlReader one("\nword = \"a\"\n", "f", toml_keys);
  one.text("word", "word = \"a\"", admit_none);
  CHECK(first_error(one) == "f:2: no \"a\"");
  TomlReader two("words = [\n\"a\",\n\"b\"]", "f", toml_keys);
  two.texts("words", "words = [\"a\"]",
            [](std::string_view text) { return text == "b" ? admit_none(text) : Result<void>(); });
  CHECK(first_error(two) == "f:3: no \"b\"");
  TomlReader three("number = 3\n", "f", toml_keys);
  three.refuse("number", "three is too many");
  CHECK(first_error(three) == "f:1: three is too many");
}

TEST_CASE("each wrong type says which is right") {
  const auto complaint = [](std::string_view text) {
    TomlReader reader(text, "f", toml_keys);
    reader.text("word", "word = \"a\"", admit_any);
    reader.texts("words", "words = [\"a\"]", admit_any);
    reader.lists("table", "x = [\"a\"]", [](std::string_view, const auto&) { return Result<void>(); });
    bool flag = false;
    reader.flag("flag", flag);
    return first_error(reader);
  };
  CHECK(complaint("word = 1") == "f:1: the key \"word\" needs text in quotes, like word = \"a\"");
  CHECK(complaint("word = \"\"") == "f:1: the key \"word\" is empty; write it like word = \"a\"");
  CHECK(complaint("words = \"a\"") == "f:1: the key \"words\" needs a list, like words = [\"a\"]");
  CHECK(complaint("words = [1]") == "f:1: the key \"words\" needs a list of texts, like words = [\"a\"]");
  CHECK(complaint("table = 1") == "f:1: the key \"table\" needs a table, like [table] with lines as x = [\"a\"]");
  CHECK(complaint("[table]\ny = 1") == "f:2: the key \"y\" needs a list, like x = [\"a\"]");
  CHECK(complaint("flag = \"true\"") == "f:1: the key \"flag\" needs true or false without quotes, like flag = false");
  CHECK(complaint("flog = true") == "f:1: unknown key \"flog\" (did you mean \"flag\"?)");
}

TEST_CASE("an error about a key with a line feed is one line") {
  TomlReader reader("\"a\\nb\" = 1", "f", toml_keys);
  CHECK(first_error(reader).find('\n') == std::string::npos);
}

TEST_CASE("without known keys any key is admitted") {
  TomlReader reader("whatever = 1", "f", {});
  CHECK(first_error(reader) == "no error");
}

TEST_CASE("a key of very many parts is refused where it stands, and ends no program") {
  const auto many = [](std::string_view part) {
    std::string out(part);
    for (int i = 0; i < 100'000; ++i)
      out += "." + std::string(part);
    return out;
  };
  const std::string refused = "f:2: a key of more than 16 parts";
  const std::string key = many("a");
  CHECK(first_error(TomlReader("flag = true\n" + key + " = 1\n", "f", {})) == refused);
  CHECK(first_error(TomlReader("flag = true\n[" + key + "]\n", "f", {})) == refused);
  CHECK(first_error(TomlReader("flag = true\n" + many("\"a\"") + " = 1\n", "f", {})) == refused);
  CHECK(first_error(TomlReader("flag = true\ntable = { a = 1, " + key + " = 1 }\n", "f", {})) == refused);
  // What stands before it cannot make it pass for text or a comment.
  for (const std::string_view before : {"'it''s'", "\"\"\"\"quoted\"\"\"\"\"", "\"\\\\\"", "'\\'", "'#'", "\"\""})
    CHECK(first_error(TomlReader("\nx = {b = " + std::string(before) + ", " + key + " = 1}\n", "f", {}))
              .starts_with("f:2: "));
  CHECK(first_error(TomlReader("word = \"" + key + "\"\nwords = [\"1.2.3.4:5\"] # " + key + "\n", "f", toml_keys)) ==
        "no error");
}

TEST_CASE("tables in tables of a hostile file end no program") {
  std::string tables = "table = ";
  for (int i = 0; i < 200; ++i)
    tables += "{ a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = ";
  CHECK(first_error(TomlReader(tables + "1" + std::string(200, '}') + "\n", "f", {})).starts_with("f:1: "));
}
