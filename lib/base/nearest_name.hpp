#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ipop {

/// How many single-character changes (insert, delete, replace, swap of neighbours) turn `a` into
/// `b`: the restricted Damerau-Levenshtein distance. Case of ASCII letters does not count.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  const auto same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> rows((a.size() + 1) * width);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& { return rows[i * width + j]; };
  for (std::size_t i = 0; i <= a.size(); ++i)
    cell(i, 0) = i;
  for (std::size_t j = 0; j <= b.size(); ++j)
    cell(0, j) = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = cell(i - 1, j - 1) + (same(i - 1, j - 1) ? 0 : 1);
      cell(i, j) = std::min({cell(i - 1, j) + 1, cell(i, j - 1) + 1, replace});
      const bool swapped = i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1);
      if (swapped) cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
    }
  }
  return cell(a.size(), b.size());
}

inline bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The known name that `typed` most probably means: the fewest changes away, the first of equals.
///
/// None when that would be `typed` itself or a number, which is wrong and not misspelt, when even that one is too far
/// (more than a third of the longer word, at least one change, or nothing in common) or when `typed` is longer than 64
/// characters.
template <class Names>
std::optional<std::string_view> nearest_name(std::string_view typed, const Names& known) {
  constexpr std::size_t longest = 64;  // no key is longer, and the table stays small
  if (typed.size() > longest) return std::nullopt;
  std::optional<std::string_view> best;
  std::size_t best_distance = 0;
  for (const std::string_view name : known) {
    // What was typed is no better than itself.
    if (name == typed || is_digits(name)) continue;
    const std::size_t distance = edit_distance(typed, name);
    const std::size_t longer = std::max(typed.size(), name.size());
    const std::size_t allowed = std::max<std::size_t>(1, longer / 3);
    // Two words that share no character are not near.
    if (distance > allowed || distance == longer || (best && distance >= best_distance)) continue;
    best = name;
    best_distance = distance;
  }
  return best;
}

/// ` (did you mean "prefix"?)` for the end of a message about an unknown word; empty without a
/// near one.
template <class Names>
std::string nearest_hint(std::string_view typed, const Names& known) {
  const auto near = nearest_name(typed, known);
  return near ? " (did you mean \"" + std::string(*near) + "\"?)" : std::string();
}

}  // namespace ipop
