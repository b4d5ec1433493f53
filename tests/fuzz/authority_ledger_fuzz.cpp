// Input: lines of a ledger. What decodes is written and read back as the same value, and the book takes or refuses it.

#include "authority/authority_ledger.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "authority/authority_book.hpp"
#include "base/hex.hpp"

using namespace ipop;
using namespace ipop::authority;

namespace {

/// The line with a chain that fits, so that the fields behind it are reached.
std::string chained(std::string_view body, const LedgerLink& link) {
  Bytes input = to_bytes(link);
  append(input, as_bytes(body));
  const auto digest = crypto::sha256(input);
  return std::string(body) + ",\"chain\":\"" + to_hex(ByteSpan(digest).first(sizeof(LedgerLink))) + "\"}";
}

void check(std::string_view line, LedgerLink& link, AuthorityBook& book) {
  const LedgerLink before = link;
  const auto entry = parse_ledger_line(line, link);
  if (!entry) {
    if (link != before) std::abort();
    return;
  }
  LedgerLink write = before;
  LedgerLink read = before;
  const auto again = parse_ledger_line(to_line(*entry, write), read);
  if (!again || *again != *entry) std::abort();
  static_cast<void>(book.apply(*entry));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* octets, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(octets), size);
  AuthorityBook book;
  LedgerLink link{};
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    check(line, link, book);
    check(chained(line, link), link, book);
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
  if (book.waiting().size() != book.waiting_count()) std::abort();
  return 0;
}
