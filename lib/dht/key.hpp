#pragma once

#include <algorithm>
#include <compare>

#include "base/bytes.hpp"
#include "dht/record.hpp"

namespace ipop::dht {

/// What a record is looked up by.
struct Key {
  RecordKind kind{};
  Bytes name{};

  friend bool operator==(const Key&, const Key&) = default;
  friend std::strong_ordering operator<=>(const Key& a, const Key& b) {
    if (a.kind != b.kind) return a.kind <=> b.kind;
    return std::lexicographical_compare_three_way(a.name.begin(), a.name.end(), b.name.begin(), b.name.end());
  }
};

/// One owner's record under a key. In this order all owners of a key stand together.
struct EntryKey {
  Key key{};
  crypto::PublicKey owner{};

  friend auto operator<=>(const EntryKey&, const EntryKey&) = default;
};

inline EntryKey entry_key_of(const Record& record) {
  return {{record.kind, record.name}, record.owner};
}

}  // namespace ipop::dht
