#include "cli/typed_command.hpp"

#include <algorithm>

namespace ipop::cli {
namespace {

bool is_plain_in_a_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_./:=,@%+").find(c) != std::string_view::npos;
}

bool begins_token(std::string_view word) {
  return word.starts_with("ga1-") || word.starts_with("gae1-");
}

}  // namespace

std::string for_shell(const std::string& word) {
  if (!word.empty() && std::ranges::all_of(word, is_plain_in_a_shell)) return word;
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'')
      out += "'\\''";
    else
      out.push_back(c);
  }
  return out + "'";
}

TypedCommand::TypedCommand(std::string_view tool, int argc, const char* const* argv) : words_{std::string(tool)} {
  for (int i = 1; i < argc; ++i)
    words_.emplace_back(argv[i]);
}

TypedCommand TypedCommand::with(std::string_view option, std::string_view value) const {
  TypedCommand out = without(option);
  out.words_.emplace_back(option);
  out.words_.emplace_back(value);
  return out;
}

TypedCommand TypedCommand::with(std::string_view word) const {
  TypedCommand out = *this;
  if (std::ranges::find(out.words_, word) == out.words_.end()) out.words_.emplace_back(word);
  return out;
}

TypedCommand TypedCommand::without(std::string_view option) const {
  TypedCommand out;
  const std::string with_value = std::string(option) + "=";
  for (auto word = words_.begin(); word != words_.end(); ++word) {
    if (word->starts_with(with_value)) continue;
    if (*word != option) {
      out.words_.push_back(*word);
    } else if (std::next(word) != words_.end()) {
      ++word;
    }
  }
  return out;
}

TypedCommand TypedCommand::without_flag(std::string_view flag) const {
  TypedCommand out = *this;
  std::erase(out.words_, flag);
  return out;
}

TypedCommand TypedCommand::replacing(std::string_view word, std::string_view other) const {
  TypedCommand out = *this;
  const auto found = std::ranges::find(out.words_, word);
  if (found != out.words_.end()) *found = other;
  return out;
}

TypedCommand TypedCommand::replacing(const std::vector<std::string>& words, std::string_view other) const {
  TypedCommand out;
  bool is_placed = false;
  for (const std::string& word : words_) {
    if (std::ranges::find(words, word) == words.end()) {
      out.words_.push_back(word);
    } else if (!is_placed) {
      is_placed = true;
      out.words_.emplace_back(other);
    }
  }
  return out;
}

TypedCommand TypedCommand::without_tokens() const {
  TypedCommand out;
  bool in_token = false;
  for (const std::string& word : words_) {
    in_token = begins_token(word) || (in_token && !word.starts_with('-'));
    if (!in_token)
      out.words_.push_back(word);
    else if (begins_token(word))
      out.words_.emplace_back("TOKEN");
  }
  return out;
}

std::string TypedCommand::text() const {
  std::string out;
  for (const std::string& word : words_)
    out += (out.empty() ? "" : " ") + for_shell(word);
  return out;
}

}  // namespace ipop::cli
