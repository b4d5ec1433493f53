#include "cli/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace ipop::cli {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// C0, DEL and C1 move the cursor or start escape sequences; the others change how their
// neighbours are read (Unicode TR 36).
constexpr std::array<Range, 7> unsafe_ranges{{{0x00, 0x1f},
                                              {0x7f, 0x9f},
                                              {0x061c, 0x061c},
                                              {0x200b, 0x200f},
                                              {0x2028, 0x202e},
                                              {0x2060, 0x206f},
                                              {0xfeff, 0xfeff}}};
constexpr std::array<Range, 4> zero_width{{{0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
// The blocks that are wide throughout (Unicode TR 11); exact enough to keep columns straight.
constexpr std::array<Range, 8> double_width{{{0x1100, 0x115f},
                                             {0x2e80, 0xa4cf},
                                             {0xac00, 0xd7a3},
                                             {0xf900, 0xfaff},
                                             {0xfe30, 0xfe6f},
                                             {0xff00, 0xff60},
                                             {0x1f300, 0x1faff},
                                             {0x20000, 0x3fffd}}};

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t point) {
  return std::ranges::any_of(ranges, [&](const Range& range) { return range.first <= point && point <= range.last; });
}

std::uint8_t octet(char c) {
  return static_cast<std::uint8_t>(c);
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  if (text.empty()) return {};
  const std::uint8_t lead = octet(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t value = lead & (0x7fU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(text[i]) & 0xc0U) != 0x80U) return {};
    value = (value << 6U) | (octet(text[i]) & 0x3fU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, length};
}

std::string printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const std::size_t length = std::max<std::size_t>(point.length, 1);
    if (point.length > 0 && !is_in(unsafe_ranges, point.value)) {
      out.append(text.substr(0, length));
    } else {
      for (const char c : text.substr(0, length)) {
        out += "\\x";
        out.push_back(digits[octet(c) >> 4U]);
        out.push_back(digits[octet(c) & 15U]);
      }
    }
    text.remove_prefix(length);
  }
  return out;
}

namespace {

// A name or a number that is right is shorter; who sees this much of a wrong one knows which it is.
constexpr std::size_t most_quoted = 60;
// Paths, fingerprints and addresses of the web are shorter, most of them.
constexpr std::size_t most_unbroken = 200;
constexpr std::size_t most_in_all = 2000;

/// `text`, or the first `most` octets of it and a mark.
std::string cut_to(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (octet(text[most]) & 0xc0U) == 0x80U)
    --most;
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace

std::string shortened(std::string_view message) {
  std::string out;
  while (!message.empty() && out.size() <= most_in_all) {
    const std::size_t closing = message.front() == '"' ? message.find('"', 1) : std::string_view::npos;
    std::size_t end = 1;
    if (message.front() == ' ') {
      out += ' ';
    } else if (closing != std::string_view::npos) {
      out += '"' + cut_to(message.substr(1, closing - 1), most_quoted) + '"';
      end = closing + 1;
    } else {
      end = std::min(message.find_first_of(" \"", 1), message.size());
      out += cut_to(message.substr(0, end), most_unbroken);
    }
    message.remove_prefix(end);
  }
  return cut_to(out, most_in_all);
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    if (point.length == 0 || !is_in(zero_width, point.value)) width += is_in(double_width, point.value) ? 2U : 1U;
    text.remove_prefix(std::max<std::size_t>(point.length, 1));
  }
  return width;
}

}  // namespace ipop::cli
