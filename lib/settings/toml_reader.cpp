#include "settings/toml_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

// No exceptions: parse gives a result that holds the error with its line.
#define TOML_EXCEPTIONS 0
// Its assertions fail on hostile text ("[=", found by fuzzing 3.3.0) before the check behind them
// would report the error; without them that check does.
#define TOML_ASSERT(expression) static_assert(true)
#define TOML_ENABLE_FORMATTERS 0
// Tables in tables are taken apart by a call in a call: this, times `most_key_parts`, is how deep it goes.
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include "base/nearest_name.hpp"
#include "settings/wording.hpp"

namespace ipop::settings {
namespace {

constexpr std::size_t largest_file = std::size_t{1} << 20U;

constexpr std::size_t most_key_parts = 16;

/// Behind the text in quotes that begins at `at`: behind its end, or where the line or the file ends without it.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool is_long = text.substr(at).starts_with(three);
  const std::string_view mark = std::string_view(three).substr(0, is_long ? 3 : 1);
  for (at += mark.size(); at < text.size(); ++at) {
    if (!is_long && text[at] == '\n') return at;
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text.substr(at).starts_with(mark)) {
      at += mark.size();
      // A long text may end with one or two quotes of its own.
      for (int own = 0; is_long && own < 2 && text.substr(at).starts_with(quote); ++own)
        ++at;
      return at;
    }
  }
  return text.size();
}

/// The line of the first key or table name of more than `most_key_parts` parts, of which each is a table in a table.
std::optional<std::size_t> line_of_long_key(std::string_view text) {
  std::size_t line = 1, parts = 1;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t began = at;
    if (c == '"' || c == '\'') {
      at = end_of_quoted(text, at);
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else {
      if (c == '\n' || c == '=' || c == ',' || c == '{' || c == '}') parts = 1;
      if (c == '.' && ++parts > most_key_parts) return line;
      ++at;
    }
    line += static_cast<std::size_t>(std::ranges::count(text.substr(began, at - began), '\n'));
  }
  return std::nullopt;
}

std::size_t line_of(const toml::node& node) {
  return std::max<std::size_t>(node.source().begin.line, 1);
}

/// What is no text has no quotes in TOML; in other formats it may.
std::string without_quotes(const toml::node& node, std::string_view type) {
  return std::string(type) + (node.is_string() ? " without quotes" : "");
}

}  // namespace

struct TomlReader::Table {
  toml::table keys;
};

struct TomlReader::Node {
  const toml::node* node = nullptr;
};

TomlReader::TomlReader(std::string_view text, std::string_view file, std::span<const std::string_view> known)
    : file_(file) {
  parse(text);
  if (!failed_ && !known.empty()) check_keys(known);
}

TomlReader::~TomlReader() = default;

void TomlReader::parse(std::string_view text) {
  if (text.size() > largest_file) return fail(1, "the file is longer than 1 MiB");
  // The character tables of toml++ 3.3.0 reach an unreachable point on some that are not ASCII (found by fuzzing).
  std::string ascii(text);
  std::size_t line = 1;
  for (char& c : ascii) {
    const auto octet = static_cast<unsigned char>(c);
    last_line_ = line;
    if (c == '\n') ++line;
    if (octet == 0x7f || (octet < 0x20 && c != '\n' && c != '\r' && c != '\t'))
      return fail(line, "a control character; the file has to be plain text");
    if (octet >= 0x80) c = '?';
  }
  if (const auto long_key = line_of_long_key(ascii))
    return fail(*long_key, "a key of more than " + std::to_string(most_key_parts) + " parts");
  toml::parse_result parsed = toml::parse(ascii);
  if (!parsed) return fail(std::max<std::size_t>(parsed.error().source().begin.line, 1), parsed.error().description());
  table_ = std::make_unique<const Table>(std::move(parsed).table());
}

void TomlReader::text(std::string_view key, std::string_view example, const Take& take) {
  const toml::node* node = find(key).node;
  if (node == nullptr) return;
  const auto* value = node->as_string();
  if (value == nullptr) return fail_type({node}, key, "text in quotes", example);
  if (value->get().empty())
    return fail(line_of(*node), "the key " + in_quotes(key) + " is empty; write it like " + std::string(example));
  if (auto taken = take(value->get()); !taken) fail(line_of(*node), taken.error().context);
}

void TomlReader::texts(std::string_view key, std::string_view example, const Take& take) {
  const toml::node* node = find(key).node;
  if (node == nullptr) return;
  const toml::array* list = node->as_array();
  if (list == nullptr) return fail_type({node}, key, "a list", example);
  for (const toml::node& element : *list) {
    const auto* value = element.as_string();
    if (value == nullptr) return fail_type({&element}, key, "a list of texts", example);
    if (auto taken = take(value->get()); !taken) return fail(line_of(element), taken.error().context);
  }
}

void TomlReader::lists(std::string_view key, std::string_view example, const TakeEntry& take) {
  const toml::node* node = find(key).node;
  if (node == nullptr) return;
  const toml::table* table = node->as_table();
  if (table == nullptr)
    return fail_type({node}, key, "a table", "[" + std::string(key) + "] with lines as " + std::string(example));
  for (const auto& [name, value] : *table) {
    const toml::array* list = value.as_array();
    if (list == nullptr) return fail_type({&value}, name.str(), "a list", example);
    std::vector<std::string> texts;
    for (const toml::node& element : *list) {
      const auto* text = element.as_string();
      if (text == nullptr) return fail_type({&element}, name.str(), "a list of texts", example);
      texts.push_back(text->get());
    }
    if (auto taken = take(name.str(), texts); !taken) return fail(line_of(value), taken.error().context);
  }
}

void TomlReader::flag(std::string_view key, bool& out) {
  const toml::node* node = find(key).node;
  if (node == nullptr) return;
  const auto* value = node->as_boolean();
  if (value == nullptr)
    return fail_type({node}, key, without_quotes(*node, "true or false"), std::string(key) + " = false");
  out = value->get();
}

std::optional<std::int64_t> TomlReader::number(std::string_view key, std::int64_t low, std::int64_t high,
                                               std::int64_t example) {
  const std::string what = "a number from " + std::to_string(low) + " to " + std::to_string(high);
  const auto value = any_number(key, what, example);
  if (!value || (*value >= low && *value <= high)) return value;
  fail_type(find(key), key, what, std::string(key) + " = " + std::to_string(example));
  return std::nullopt;
}

std::optional<std::int64_t> TomlReader::any_number(std::string_view key, std::string_view what, std::int64_t example) {
  const toml::node* node = find(key).node;
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value != nullptr) return value->get();
  fail_type({node}, key, without_quotes(*node, what), std::string(key) + " = " + std::to_string(example));
  return std::nullopt;
}

void TomlReader::require(std::string_view key, std::string_view example) {
  if (has(key)) return;
  fail(last_line_, "the key " + in_quotes(key) + " is missing; a line like " + std::string(example) + " gives it");
}

void TomlReader::refuse(std::string_view key, std::string_view what) {
  const toml::node* node = find(key).node;
  fail(node == nullptr ? 1 : line_of(*node), what);
}

bool TomlReader::has(std::string_view key) const {
  return table_ && table_->keys.contains(key);
}

std::string TomlReader::place(std::string_view key) const {
  const toml::node* node = table_ ? table_->keys.get(key) : nullptr;
  return std::string(file_) + ":" + std::to_string(node == nullptr ? 1 : line_of(*node));
}

TomlReader::Node TomlReader::find(std::string_view key) const {
  return {failed_ || !table_ ? nullptr : table_->keys.get(key)};
}

void TomlReader::fail(std::size_t line, std::string_view what) {
  if (failed_) return;
  failed_ = error_at(file_, line, what);
  // Keys, and what toml++ quotes, may hold a line feed; an error is one line.
  std::ranges::replace_if(
      failed_->context, [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
}

void TomlReader::fail_type(const Node& node, std::string_view key, std::string_view type, std::string_view example) {
  const std::string needs =
      "the key " + in_quotes(key) + " needs " + std::string(type) + ", like " + std::string(example);
  // What stands below it would be read as a part of the table.
  const bool is_table = node.node->is_table();
  fail(line_of(*node.node),
       is_table ? "[" + std::string(key) + "] is not a table of this file; remove that line: " + needs : needs);
}

void TomlReader::check_keys(std::span<const std::string_view> known) {
  for (const auto& [key, node] : table_->keys) {
    if (std::ranges::find(known, key.str()) != known.end()) continue;
    const std::size_t line = key.source().begin.line;
    return fail(line > 0 ? line : line_of(node),
                "unknown key " + in_quotes(key.str()) + nearest_hint(key.str(), known));
  }
}

}  // namespace ipop::settings
