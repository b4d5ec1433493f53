#include "cli/line_difference.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cli/text.hpp"

namespace ipop::cli {
namespace {

constexpr std::size_t max_lines = 2000;
constexpr std::size_t context_lines = 3;

struct Line {
  char mark = ' ';
  std::string_view text{};
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto feed = text.find('\n');
    out.push_back(text.substr(0, feed));
    text.remove_prefix(feed == std::string_view::npos ? text.size() : feed + 1);
  }
  return out;
}

/// By the longest common subsequence.
std::vector<Line> compare(const std::vector<std::string_view>& from, const std::vector<std::string_view>& to) {
  const std::size_t width = to.size() + 1;
  const bool small = from.size() <= max_lines && to.size() <= max_lines;
  // common[i * width + j]: lines that the rest of `from` after i and of `to` after j share.
  std::vector<std::uint16_t> common(small ? (from.size() + 1) * width : 0);
  if (small) {
    for (std::size_t i = from.size(); i-- > 0;)
      for (std::size_t j = to.size(); j-- > 0;)
        common[i * width + j] = from[i] == to[j] ? static_cast<std::uint16_t>(common[(i + 1) * width + j + 1] + 1)
                                                 : std::max(common[(i + 1) * width + j], common[i * width + j + 1]);
  }
  std::vector<Line> out;
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < from.size() || j < to.size()) {
    const bool both = i < from.size() && j < to.size();
    if (small && both && from[i] == to[j]) {
      out.push_back({' ', from[i++]});
      ++j;
    } else if (i < from.size() && (!both || !small || common[(i + 1) * width + j] >= common[i * width + j + 1])) {
      out.push_back({'-', from[i++]});
    } else {
      out.push_back({'+', to[j++]});
    }
  }
  return out;
}

}  // namespace

std::string line_difference(std::string_view present, std::string_view wanted) {
  if (present == wanted) return {};
  const std::vector<Line> lines = compare(lines_of(present), lines_of(wanted));
  std::vector<bool> shown(lines.size());
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (lines[at].mark == ' ') continue;
    const std::size_t last = std::min(lines.size(), at + context_lines + 1);
    for (std::size_t near = at - std::min(at, context_lines); near < last; ++near)
      shown[near] = true;
  }
  std::string out;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    if (shown[at]) {
      std::string text(lines[at].text);
      // A tab keeps the indentation of what is shown.
      std::string indent(text.find_first_not_of('\t') == std::string::npos ? 0 : text.find_first_not_of('\t'), '\t');
      out += lines[at].mark + indent + printable(std::string_view(text).substr(indent.size())) + "\n";
    } else if (at == 0 || shown[at - 1]) {
      out += "...\n";
    }
  }
  return out;
}

}  // namespace ipop::cli
