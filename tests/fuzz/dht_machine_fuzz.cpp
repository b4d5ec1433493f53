#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <utility>

#include "base/rng.hpp"
#include "dht/dht.hpp"
#include "dht/message.hpp"

using namespace ipop;

namespace {

constexpr WallTime wall{1'767'225'600};
const Bytes name_space = to_bytes(as_bytes("fuzz"));

const crypto::PrivateKey& key(unsigned number) {
  static const std::array<crypto::PrivateKey, 4> keys{
      crypto::PrivateKey::from_seed(as_bytes("0")), crypto::PrivateKey::from_seed(as_bytes("1")),
      crypto::PrivateKey::from_seed(as_bytes("2")), crypto::PrivateKey::from_seed(as_bytes("3"))};
  return keys[number % keys.size()];
}

NodeId node(std::uint8_t number) {
  std::array<std::byte, NodeId::size> octets{};
  octets[0] = std::byte{number};
  return NodeId(octets);
}

// Signing costs more than all the rest, so each record is made once.
const dht::Record& make_record(std::uint8_t a, std::uint8_t b) {
  static std::map<std::pair<std::uint8_t, std::uint8_t>, dht::Record> made;
  const auto known = made.find({a, b});
  if (known != made.end()) return known->second;
  dht::Record record;
  record.kind = static_cast<dht::RecordKind>(1 + a % 3);
  record.name = Bytes(record.kind == dht::RecordKind::lease ? 4 : 2, static_cast<std::byte>('a' + b % 3));
  if ((a & 0x80U) == 0) record.value = Bytes(1 + a % 5, std::byte{b});
  record.sequence = b / 16U;
  record.created = wall;
  record.expires = wall + std::chrono::seconds(60U * (1U + b));
  sign(record, name_space, key(a / 4U));
  for (unsigned i = 0; i < b % 4U; ++i)
    record.receipts.push_back(make_receipt(record, name_space, wall + std::chrono::seconds(a), key(i)));
  return made.emplace(std::pair(a, b), std::move(record)).first->second;
}

}  // namespace

// Steps of four octets drive one live machine: well signed records in every mode, raw octets, ring
// changes, time, and the machine's own requests, whose messages come back to itself or get lost.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SeededRng rng(size);
  crypto::Basis basis;
  dht::Dht machine({.self = node(128), .name_space = name_space}, key(0), basis, rng);
  TimePoint now{};
  basis.set_wall_time(now, wall);
  unsigned steps = 0;
  for (std::size_t i = 0; i + 4 <= size && steps < 24; i += 4, ++steps) {
    const std::uint8_t a = data[i + 1];
    const std::uint8_t b = data[i + 2];
    const std::uint8_t c = data[i + 3];
    const auto position = static_cast<std::uint8_t>(c % 8U);
    switch (data[i] % 10U) {
      case 0: {
        const auto& record = make_record(a, b);
        const NodeId place = dht::place_of(position_of(name_space, record.kind, record.name), position);
        const auto mode = static_cast<dht::StoreMode>(1 + c / 8U % 3U);
        machine.handle_message(now, {node(c), place, node(c)}, encoded(dht::StoreRequest{a, position, mode, record}));
        break;
      }
      case 1:
        machine.handle_message(
            now, {node(c), node(128), node(a % 4U)},
            encoded(dht::Handover{a, (c & 64U) != 0, c > 127, {{dht::PositionSet(c | 1U), make_record(a, b)}}}));
        break;
      case 2: machine.handle_ring(now, {node(a), node(b), node(c)}, 1U + a); break;
      case 3: {
        now += std::chrono::milliseconds(100U * a + b);
        machine.handle_timeout(now);
        break;
      }
      case 4: machine.create(now, make_record(a, b)); break;
      case 5: machine.put(now, make_record(a, b)); break;
      case 6: {
        const auto& record = make_record(a, b);
        machine.get(now, record.kind, record.name);
        break;
      }
      case 7: {
        const auto& record = make_record(a, b);
        const NodeId place = dht::place_of(position_of(name_space, record.kind, record.name), position);
        const std::chrono::seconds lifetime(c & 0xf0U);
        machine.handle_message(now, {node(c), place, node(c)},
                               encoded(dht::WatchRequest{c % 3U, position, record.kind, lifetime, record.name}));
        break;
      }
      case 8: {
        const auto& record = make_record(a, b);
        if (!machine.watch(now, record.kind, record.name)) std::abort();
        if ((c & 2U) != 0) machine.unwatch(record.kind, record.name);
        break;
      }
      default: {
        const std::size_t length = std::min<std::size_t>(a, size - i - 4);
        machine.handle_message(now, {node(b), node(c), node(b)},
                               ByteSpan(reinterpret_cast<const std::byte*>(data + i + 4), length));
        i += length;
        break;
      }
    }
    for (unsigned taken = 0; taken < 1000; ++taken) {
      const auto output = machine.poll_output();
      if (!output) break;
      const auto* send = std::get_if<dht::Dht::Send>(&*output);
      if (send != nullptr && taken < 8 && (c & 1U) == 0) {
        machine.handle_message(now, {node(128), send->to, node(128)}, send->message);
      }
    }
    if (machine.stored_records() > 20'000) std::abort();
  }
  return 0;
}
