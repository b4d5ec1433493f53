#include "crypto/revocation_list.hpp"

#include <cstdlib>

#include "base/bytes.hpp"

using namespace ipop;

// A list that decodes encodes to the octets it came from, and finds its own entries.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto list = crypto::decode_revocation_list(input);
  if (!list) return 0;
  Bytes again;
  encode(*list, again);
  if (!equal(again, input)) std::abort();
  if (list->size() > crypto::RevocationList::max_entries || list->number() == 0) std::abort();
  for (const auto& key : list->keys()) {
    if (!list->contains_key(key)) std::abort();
  }
  for (const auto& user : list->users()) {
    if (!list->contains_user(user)) std::abort();
  }
  return 0;
}
