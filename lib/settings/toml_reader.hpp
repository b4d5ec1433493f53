#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace ipop::settings {

/// Reads the keys of one small file in TOML, as all files of the programs are, and keeps the first
/// error: the callers ask for key after key and look at failed() once. After an error the functions do
/// nothing. Not TOML, more than 1 MiB, a control character, a key of more than 16 parts, or one that is none
/// of the known ones (if any are named) is an error from the start.
///
/// Every error (malformed) is one line: file, line, what is wrong, what would be right. An `example` is
/// a line that would be right.
///
/// Characters outside ASCII are read as question marks: comments may have them, values write them as
/// escapes.
class TomlReader {
 public:
  /// What to do with a value; its error needs neither file nor line.
  using Take = std::function<Result<void>(std::string_view text)>;
  using TakeEntry = std::function<Result<void>(std::string_view name, const std::vector<std::string>& texts)>;

  /// `file` is for messages only, and must outlive the reader.
  TomlReader(std::string_view text, std::string_view file, std::span<const std::string_view> known);
  ~TomlReader();
  TomlReader(const TomlReader&) = delete;
  TomlReader& operator=(const TomlReader&) = delete;
  TomlReader(TomlReader&&) = delete;
  TomlReader& operator=(TomlReader&&) = delete;

  /// Text in quotes that is not empty.
  void text(std::string_view key, std::string_view example, const Take& take);
  /// A list of texts, one by one.
  void texts(std::string_view key, std::string_view example, const Take& take);
  /// A table of lists of texts, list by list, in the order of the names.
  void lists(std::string_view key, std::string_view example, const TakeEntry& take);
  void flag(std::string_view key, bool& out);
  /// A whole number from `low` to `high`; nothing when the key is not there.
  std::optional<std::int64_t> number(std::string_view key, std::int64_t low, std::int64_t high, std::int64_t example);
  /// A whole number; whether it is good, as `what` says it for people, is for the caller to see.
  std::optional<std::int64_t> any_number(std::string_view key, std::string_view what, std::int64_t example);

  /// Error: the key is not there.
  void require(std::string_view key, std::string_view example);
  /// Error: `what`, where the key stands.
  void refuse(std::string_view key, std::string_view what);

  [[nodiscard]] bool has(std::string_view key) const;
  /// `file:line` of a key that is there.
  [[nodiscard]] std::string place(std::string_view key) const;
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  struct Node;
  [[nodiscard]] Node find(std::string_view key) const;
  void fail(std::size_t line, std::string_view what);
  void fail_type(const Node& node, std::string_view key, std::string_view type, std::string_view example);
  void parse(std::string_view text);
  void check_keys(std::span<const std::string_view> known);

  struct Table;
  std::unique_ptr<const Table> table_;
  std::string_view file_;
  std::size_t last_line_ = 1;
  std::optional<Error> failed_{};
};

/// For a Take: what a parser gave goes to `out`; its error is passed on.
template <class T, class Out>
Result<void> take(Result<T> parsed, Out& out) {
  if (!parsed) return std::move(parsed).error();
  out = *std::move(parsed);
  return {};
}

}  // namespace ipop::settings
