#include "groups/token_text.hpp"

namespace ipop::groups {

std::string token_text(std::string_view typed) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  std::string out;
  out.reserve(typed.size());
  for (const char c : typed) {
    if (blanks.find(c) != std::string_view::npos) continue;
    const bool is_capital = c >= 'A' && c <= 'Z';
    out.push_back(is_capital ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out;
}

}  // namespace ipop::groups
