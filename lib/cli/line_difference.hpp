#pragma once

#include <string>
#include <string_view>

namespace ipop::cli {

/// What makes `present` the text `wanted`, for --dry-run: the lines that go with a - in front, those that
/// come with a +, and around each of them up to three that stay, with a space. Parts left out are marked
/// by a line `...`. Empty when the texts are equal. Time and memory grow with the product of the
/// numbers of lines; texts of more than 2000 lines are shown as one change. Lines are made printable.
[[nodiscard]] std::string line_difference(std::string_view present, std::string_view wanted);

}  // namespace ipop::cli
