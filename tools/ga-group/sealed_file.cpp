#include "sealed_file.hpp"

#include "base/base64.hpp"
#include "crypto/sealed_message.hpp"
#include "io/file.hpp"

namespace ipop::ga_group {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN CMS-----";
constexpr std::string_view end_mark = "-----END CMS-----";
// Base64 makes three octets four, with line ends and text around.
constexpr std::size_t largest_sealed_file = 2 * crypto::max_sealed_message;
constexpr std::size_t line_length = 64;  // RFC 7468, 2

Result<std::string> read_input(const Context& context, const std::string& path) {
  if (path != "-") return io::read_file(path, largest_sealed_file);
  std::string out(largest_sealed_file + 1, '\0');
  context.streams.in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(context.streams.in.gcount()));
  if (out.size() <= largest_sealed_file) return out;
  return {Errc::too_large, "reading stdin: longer than " + std::to_string(largest_sealed_file) + " octets"};
}

}  // namespace

std::string to_pem(ByteSpan sealed) {
  const std::string text = to_base64(sealed);
  std::string out(begin_mark);
  for (std::size_t at = 0; at < text.size(); at += line_length)
    out.append("\n").append(text, at, line_length);
  return out + "\n" + std::string(end_mark) + "\n";
}

Result<Bytes> read_sealed_file(const Context& context, const std::string& path) {
  const auto text = read_input(context, path);
  if (!text) return text.error();
  const auto begin = text->find(begin_mark);
  if (begin == std::string::npos) return to_bytes(as_bytes(*text));
  const auto first = begin + begin_mark.size();
  const auto end = text->find(end_mark, first);
  auto octets =
      end == std::string::npos ? std::nullopt : parse_base64(std::string_view(*text).substr(first, end - first));
  if (octets) return *std::move(octets);
  return {Errc::malformed, (path == "-" ? "stdin" : path) + ": a PEM block that is damaged or cut short"};
}

}  // namespace ipop::ga_group
