#pragma once

#include <vector>

#include "base/bytes.hpp"
#include "dht/record.hpp"

namespace ipop::dht {

/// A record as it is kept: its octets in one piece, a third smaller than the Record that they are read into when it
/// is asked for. Certificates are not squeezed, as they are on the wire: nothing here costs more than copying.
class PackedRecord {
 public:
  /// An empty record.
  PackedRecord() : PackedRecord(Record{}) {}
  PackedRecord(const Record& record);  // NOLINT(google-explicit-constructor)

  [[nodiscard]] Record unpack() const;
  operator Record() const { return unpack(); }  // NOLINT(google-explicit-constructor)

 private:
  Bytes octets_;
};

}  // namespace ipop::dht
