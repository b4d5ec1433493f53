#include "fleet/tar.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ipop::fleet {
namespace {

constexpr std::size_t block = 512;
constexpr std::size_t longest_entry = 99;

/// Octal digits and a zero octet.
void put_number(std::string& header, std::size_t at, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width - 1; i-- > 0; value /= 8)
    header[at + i] = static_cast<char>('0' + value % 8);
}

}  // namespace

void TarWriter::add(std::string_view name, std::string_view octets) {
  assert(!name.empty() && name.size() <= longest_entry);
  std::string header(block, '\0');
  header.replace(0, name.size(), name);
  put_number(header, 100, 8, 0600);            // mode
  put_number(header, 108, 8, 0);               // user
  put_number(header, 116, 8, 0);               // group
  put_number(header, 124, 12, octets.size());  // size
  put_number(header, 136, 12, 0);              // time
  header.replace(148, 8, 8, ' ');              // the sum counts itself as blanks
  header[156] = '0';                           // a file
  header.replace(257, 6, std::string_view("ustar\0", 6));
  header.replace(263, 2, "00");
  std::uint64_t sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  put_number(header, 148, 7, sum);
  header[154] = '\0';
  out_ += header;
  out_ += octets;
  out_.append((block - octets.size() % block) % block, '\0');
}

std::string TarWriter::finish() && {
  out_.append(2 * block, '\0');
  return std::move(out_);
}

}  // namespace ipop::fleet
