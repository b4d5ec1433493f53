#include <cstdlib>

#include "dht/record.hpp"
#include "dht/witness.hpp"

using namespace ipop;

// A record that decodes encodes to the octets it came from (or, with packed certificates, to others that say the same),
// and a made-up one has no good signature.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteSpan input(reinterpret_cast<const std::byte*>(data), size);
  const auto record = dht::decode_record(input);
  if (!record) return 0;
  Bytes out;
  dht::encode(*record, out);
  if (record->certificate.empty()) {
    if (!equal(out, input)) std::abort();
  } else {
    const auto again = dht::decode_record(out);
    if (!again || *again != *record) std::abort();
  }
  const Bytes name_space = to_bytes(as_bytes("fuzz"));
  if (dht::check(*record, name_space)) std::abort();
  if (dht::prevails(*record, *record, {name_space}, 8)) std::abort();
  (void)dht::check_times(*record, WallTime{1'767'225'600}).has_value();
  return 0;
}
