#include "authority/ledger_mark.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/hex.hpp"

namespace ipop::authority {
namespace {

constexpr std::string_view mark_title = "ga-ledger/1 ";
constexpr std::size_t mark_name_octets = 16;

Bytes signed_mark_octets(std::string_view text, const crypto::Certificate& authority) {
  Bytes out = to_bytes(as_bytes(text));
  append(out, authority.fingerprint());
  return out;
}

/// Takes a word off `rest`.
std::string_view take_mark_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

template <class Number>
std::optional<Number> mark_number(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  const bool good = error == std::errc() && end == text.data() + text.size();
  return good ? std::optional(out) : std::nullopt;
}

template <class Octets>
bool read_mark_octets(std::string_view text, Octets& out) {
  const auto octets = parse_hex(text);
  if (!octets || octets->size() != out.size()) return false;
  std::ranges::copy(*octets, out.begin());
  return true;
}

}  // namespace

std::string ledger_mark_key(const crypto::Certificate& authority) {
  const auto fingerprint = authority.fingerprint();
  return "ga-ledger-" + to_hex(ByteSpan(fingerprint).first(mark_name_octets));
}

std::string sign_ledger_mark(const LedgerMark& mark, const crypto::Certificate& authority,
                             const crypto::PrivateKey& key) {
  const std::string text = std::string(mark_title) + std::to_string(mark.count) + " " + to_hex(mark.link) + " " +
                           std::to_string(mark.at.seconds);
  return text + " " + to_hex(key.sign(signed_mark_octets(text, authority)));
}

Result<LedgerMark> parse_ledger_mark(std::string_view text, const crypto::Certificate& authority) {
  const auto wrong = [] { return make_error(Errc::malformed, "not a mark of a ledger"); };
  if (!text.starts_with(mark_title)) return wrong();
  std::string_view rest = text.substr(mark_title.size());
  LedgerMark out;
  const auto count = mark_number<std::uint64_t>(take_mark_word(rest));
  const bool has_link = read_mark_octets(take_mark_word(rest), out.link);
  const auto at = mark_number<std::int64_t>(take_mark_word(rest));
  crypto::Signature signature{};
  if (!count || !has_link || !at || !read_mark_octets(rest, signature)) return wrong();
  const std::string_view body = text.substr(0, text.size() - rest.size() - 1);
  if (!crypto::verify(authority.public_key(), signed_mark_octets(body, authority), signature))
    return {Errc::bad_checksum, "the mark is not signed by the authority"};
  out.count = *count;
  out.at = WallTime{*at};
  return out;
}

}  // namespace ipop::authority
