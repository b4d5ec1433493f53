#include "member_choice.hpp"

#include <algorithm>

#include "base/hex.hpp"
#include "io/file.hpp"

namespace ipop::ga_group {
namespace {

using authority::LedgerSigned;

constexpr std::size_t largest_certificate = 65'536;
constexpr std::size_t shortest_beginning = 4;

/// Whom one word means.
struct Word {
  std::string text{};
  std::string digits{};                     ///< empty: it is no beginning of a number
  std::optional<crypto::Digest256> file{};  ///< the key in the certificate of that name

  [[nodiscard]] bool means(const LedgerSigned& member) const {
    if (file) return member.key == *file;
    if (member.user == text) return true;
    if (digits.empty()) return false;
    return to_hex(member.serial).starts_with(digits) || to_hex(member.key).starts_with(digits);
  }
};

Result<Word> read_word(const std::string& text) {
  Word out{text};
  const bool is_path = text.find('/') != std::string::npos || text.ends_with(".pem") || text.ends_with(".crt");
  if (is_path) {
    const auto pem = io::read_file(text, largest_certificate);
    if (!pem) return pem.error();
    const auto certificate = crypto::Certificate::from_pem(*pem);
    if (!certificate) return Error(certificate.error()).in(text);
    out.file = certificate->key_fingerprint();
    return out;
  }
  for (const char c : text) {
    const bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!is_digit) return Word{text};
    out.digits.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (out.digits.size() < shortest_beginning) out.digits.clear();
  return out;
}

}  // namespace

Result<MemberChoice> choose_members(const authority::AuthorityBook& book, const MemberWords& words, WallTime now) {
  std::vector<const LedgerSigned*> present;
  for (const LedgerSigned* member : book.certificates())
    if (book.is_live(*member, now) && book.latest(member->key) == member) present.push_back(member);
  const auto& texts = words.members.empty() ? words.all_except : words.members;
  std::vector<Word> meant;
  for (const std::string& text : texts) {
    auto word = read_word(text);
    if (!word) return std::move(word).error();
    if (std::ranges::none_of(present, [&](const auto* member) { return word->means(*member); }))
      return {Errc::not_found, "\"" + text + "\" is not a member with a valid certificate"};
    meant.push_back(*std::move(word));
  }
  MemberChoice out;
  for (const LedgerSigned* member : present) {
    auto certificate = crypto::Certificate::from_der(member->certificate);
    if (!certificate) return std::move(certificate).error().in("a certificate of the ledger");
    const bool is_meant = std::ranges::any_of(meant, [&](const Word& word) { return word.means(*member); });
    const bool is_taken = words.all || (words.members.empty() ? !is_meant : is_meant);
    (is_taken ? out.taken : out.left).push_back(*std::move(certificate));
  }
  return out;
}

}  // namespace ipop::ga_group
