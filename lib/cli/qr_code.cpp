#include "cli/qr_code.hpp"

#include <memory>
#include <ostream>
#include <qrencode.h>

namespace ipop::cli {
namespace {

constexpr int border = 2;  // half of what the standard asks for: every phone that was tried takes it

}  // namespace

std::optional<std::string> qr_code(std::string_view text, bool color) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(std::string(text).c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), &QRcode_free);
  if (!code) return std::nullopt;
  const int width = code->width;
  const auto is_light = [&](int row, int column) {
    const bool is_outside = row < 0 || column < 0 || row >= width || column >= width;
    return is_outside || (code->data[row * width + column] & 1U) == 0;  // qrencode(3): the lowest bit is dark
  };
  std::string out;
  for (int row = -border; row < width + border; row += 2) {
    if (color) out += "\x1b[97;40m";
    for (int column = -border; column < width + border; ++column) {
      const bool above = is_light(row, column);
      const bool below = is_light(row + 1, column);
      out += above && below ? "\xe2\x96\x88" : above ? "\xe2\x96\x80" : below ? "\xe2\x96\x84" : " ";
    }
    if (color) out += "\x1b[0m";
    out += '\n';
  }
  return out;
}

void write_token_code(const Streams& streams, std::string_view tool, std::string token, ColorChoice color) {
  for (char& c : token)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  const auto code = qr_code(token, use_color(streams, color));
  if (code) {
    streams.out << '\n' << *code;
  } else {
    complain(streams, tool, "the token is too long for a QR code");
  }
}

}  // namespace ipop::cli
