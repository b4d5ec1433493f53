#pragma once

#include <cassert>
#include <fstream>
#include <string>

#include "base/bytes.hpp"
#include "base/hex.hpp"

namespace ipop::test {

/// The octets of hexadecimal text; spaces and line ends between digits are fine.
inline Bytes from_hex(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  const auto octets = parse_hex(text);
  assert(octets);
  return *octets;
}

/// The octets of tests/vectors/NAME.hex.
inline Bytes read_vector(const std::string& name) {
  std::ifstream in(std::string(GA_SOURCE_DIR) + "/tests/vectors/" + name + ".hex");
  assert(in);
  std::string digits;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) digits += line;
  }
  return from_hex(digits);
}

}  // namespace ipop::test
