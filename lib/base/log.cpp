#include "base/log.hpp"

#include <algorithm>

namespace ipop {

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::error: return "error";
    case LogLevel::warning: return "warning";
    case LogLevel::info: return "info";
    case LogLevel::debug: return "debug";
  }
  return "unknown";
}

std::string escape_text(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto value = static_cast<unsigned char>(c);
    if (value < 32 || value > 126 || c == '\\') {
      out += "\\x";
      out.push_back(digits[value >> 4U]);
      out.push_back(digits[value & 0xfU]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string format_line(const LogLine& line) {
  std::string out = escape_text(line.text);
  for (const auto& [key, value] : line.fields) {
    out += ' ';
    out += key;
    out += '=';
    std::string escaped = escape_text(value);
    const bool quoted = value.empty() || value.find_first_of(" \"=") != std::string::npos;
    if (quoted) {
      out += '"';
      for (const char c : escaped) {
        if (c == '"')
          out += "\\x22";
        else
          out += c;
      }
      out += '"';
    } else {
      out += escaped;
    }
  }
  return out;
}

}  // namespace ipop
