#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ipop::layers {

/// A whole number in its shortest form; false, and `out` untouched, for anything else.
template <std::unsigned_integral T>
bool parse_number(std::string_view word, T& out) {
  T value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || (word.size() > 1 && word.front() == '0'))
    return false;
  out = value;
  return true;
}

/// Exactly as many words as `out` has, one space between them.
inline bool split_words(std::string_view line, std::span<std::string_view> out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool last = i + 1 == out.size();
    const std::size_t space = line.find(' ');
    if ((space == std::string_view::npos) != last || space == 0 || line.empty()) return false;
    out[i] = line.substr(0, space);
    line.remove_prefix(last ? line.size() : space + 1);
  }
  return true;
}

/// Goes through the lines of a text, each ended by a line feed, and makes errors that name the line.
class LineReader {
 public:
  LineReader(std::string_view text, std::string_view file) : rest_(text), file_(file) {}

  /// The next line; empty at the end, which ended() tells.
  std::string_view next() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    ended_ = end == std::string_view::npos;
    if (ended_) {
      ended_ = rest_.empty();
      // A line without its line feed is none of ours.
      const std::string_view line = rest_.empty() ? std::string_view() : std::string_view("\n");
      rest_ = {};
      return line;
    }
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  /// What stands behind `key` and a space in the next line; empty when it is another line.
  std::string_view value_of(std::string_view key) {
    const std::string_view line = next();
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') return {};
    return line.substr(key.size() + 1);
  }

  [[nodiscard]] bool ended() const { return ended_; }

  /// `what` about the line that was read last.
  [[nodiscard]] Error refuse(std::string_view what, Errc code = Errc::malformed) const {
    return make_error(make_error_code(code),
                      std::string(file_) + ", line " + std::to_string(number_) + ": " + std::string(what));
  }

 private:
  std::string_view rest_;
  std::string_view file_;
  std::size_t number_ = 0;
  bool ended_ = false;
};

}  // namespace ipop::layers
