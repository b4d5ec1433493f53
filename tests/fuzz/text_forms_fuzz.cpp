#include <cstdlib>

#include "base/base32.hpp"
#include "base/hex.hpp"
#include "base/log.hpp"
#include "base/node_id.hpp"

using namespace ipop;

// The input is octets to write and text to read, in each form; what is read is written again as one text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const std::string_view text = as_text(input);
  if (parse_base32(to_base32(input)) != to_bytes(input) || parse_hex(to_hex(input)) != to_bytes(input)) std::abort();
  if (const auto octets = parse_base32(text); octets && parse_base32(to_base32(*octets)) != octets) std::abort();
  if (const auto octets = parse_hex(text); octets && parse_hex(to_hex(*octets)) != octets) std::abort();
  if (const auto id = parse_node_id(text); id && parse_node_id(to_string(*id)) != id) std::abort();

  for (const char c : format_line({LogLevel::debug, std::string(text), {{"name", std::string(text)}}})) {
    if (c < ' ' || c > '~') std::abort();
  }
  return 0;
}
