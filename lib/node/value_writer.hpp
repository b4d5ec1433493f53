#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "crypto/private_key.hpp"
#include "dht/record.hpp"

namespace ipop::node {

/// Makes the values that a node puts into the DHT: signed, and each newer than the one before.
class ValueWriter {
 public:
  /// `key` outlives this; `certificate` is empty in an open group.
  ValueWriter(Bytes name_space, const crypto::PrivateKey& key, Bytes certificate)
      : name_space_(std::move(name_space)), key_(key), certificate_(std::move(certificate)) {}

  [[nodiscard]] dht::Record write(WallTime wall, std::string_view name, Bytes value, std::chrono::seconds lives) {
    dht::Record record;
    record.kind = dht::RecordKind::value;
    record.name = to_bytes(as_bytes(name));
    record.value = std::move(value);
    // Rises with time and within a second, across restarts too.
    record.sequence = (static_cast<std::uint64_t>(wall.seconds) << 16U) | (written_++ & 0xffffU);
    record.created = wall;
    record.expires = wall + lives;
    record.certificate = certificate_;
    dht::sign(record, name_space_, key_);
    return record;
  }

 private:
  Bytes name_space_;
  const crypto::PrivateKey& key_;
  Bytes certificate_;
  std::uint64_t written_ = 1;
};

}  // namespace ipop::node
