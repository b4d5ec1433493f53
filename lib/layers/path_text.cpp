#include "layers/path_text.hpp"

namespace ipop::layers {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

bool stands_as_it_is(char c) {
  return c > ' ' && c <= '~' && c != '\\';
}

}  // namespace

std::string escape_octets(std::string_view octets) {
  std::string out;
  out.reserve(octets.size());
  for (const char c : octets) {
    if (stands_as_it_is(c)) {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += "\\x";
    out += hex_digits[octet >> 4U];
    out += hex_digits[octet & 15U];
  }
  return out;
}

std::optional<std::string> unescape_octets(std::string_view word) {
  std::string out;
  out.reserve(word.size());
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '\\') {
      if (!stands_as_it_is(word[i])) return std::nullopt;
      out += word[i];
      continue;
    }
    if (word.size() - i < 4 || word[i + 1] != 'x') return std::nullopt;
    const std::size_t high = hex_digits.find(word[i + 2]);
    const std::size_t low = hex_digits.find(word[i + 3]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    const auto c = static_cast<char>(high * 16 + low);
    if (stands_as_it_is(c)) return std::nullopt;
    out += c;
    i += 3;
  }
  return out;
}

std::string_view parent_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

}  // namespace ipop::layers
