#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ipop::cli {

/// A command as it was typed, for a `next:` line that changes one thing of it and keeps all else. Each function gives a
/// changed copy.
class TypedCommand {
 public:
  TypedCommand() = default;
  /// `argv` as main gets it; the program is called `tool`, wherever it was started from.
  TypedCommand(std::string_view tool, int argc, const char* const* argv);

  /// The option with this value in place of the one that was typed, or behind all else.
  [[nodiscard]] TypedCommand with(std::string_view option, std::string_view value) const;
  /// Likewise an option without a value, or a word.
  [[nodiscard]] TypedCommand with(std::string_view word) const;
  /// Without the option and its value, however often it was typed.
  [[nodiscard]] TypedCommand without(std::string_view option) const;
  /// Without an option that takes no value.
  [[nodiscard]] TypedCommand without_flag(std::string_view flag) const;
  /// Another word in the place of the first one that is equal to `word`.
  [[nodiscard]] TypedCommand replacing(std::string_view word, std::string_view other) const;
  /// One word in the place of all that are equal to one of these.
  [[nodiscard]] TypedCommand replacing(const std::vector<std::string>& words, std::string_view other) const;

  /// With TOKEN in the place of a join or enrolment token, also where that was typed in several words.
  [[nodiscard]] TypedCommand without_tokens() const;

  /// As a shell takes it.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> words_{};
};

/// A word as a shell takes it: in quotes where it would be taken otherwise.
[[nodiscard]] std::string for_shell(const std::string& word);

}  // namespace ipop::cli
