#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "dht/record.hpp"
#include "dht/replica_set.hpp"

namespace ipop::dht {

/// What a store request asks of a replica.
enum class StoreMode : std::uint8_t {
  create = 1,  ///< grant it if no other owner holds the name: phase one of a create
  put = 2,     ///< store it: phase two of a create, a value, a release, a repair
  cancel = 3,  ///< a create failed: give the grant back (the record is the owner's tombstone)
};

/// A replica's decision about a store request.
enum class Verdict : std::uint8_t {
  granted = 1,    ///< stored; a create of an exclusive kind waits for its put
  renewed = 2,    ///< stored; the owner held it already
  exists = 3,     ///< another owner holds it
  contended = 4,  ///< another owner's create was granted a moment ago and is not confirmed
  refused = 5,    ///< see Refusal
};

/// Why a replica refused.
enum class Refusal : std::uint8_t {
  none = 0,
  signature = 1,     ///< not signed by its owner for this namespace
  form = 2,          ///< sizes or the form of the name
  expired = 3,       ///< by the replica's clock
  lifetime = 4,      ///< created in the future, or lives too long
  old_sequence = 5,  ///< the replica knows a later record of this owner
  held = 6,          ///< a put of a name that another owner holds
  not_granted = 7,   ///< a put of an exclusive name with no witness of a grant
  quota = 8,         ///< too many records of this owner
  full = 9,          ///< the replica keeps no more
  position = 10,     ///< sent to a place where no replica of this name stands
  no_clock = 11,     ///< the replica does not know the time
  membership = 12,   ///< the owner is no member of the closed group, or no longer
};

std::string_view to_string(Refusal refusal);

/// Names a request of one node; drawn at random, so that nobody who did not see the request can
/// answer it.
using RequestNumber = std::uint64_t;

struct StoreRequest {
  RequestNumber request = 0;
  std::uint8_t position = 0;  ///< number of the replica position, 0 to 7
  StoreMode mode{};
  Record record{};
};

struct StoreAnswer {
  RequestNumber request = 0;
  std::uint8_t position = 0;
  Verdict verdict{};
  Refusal refusal = Refusal::none;
  std::optional<Receipt> receipt{};  ///< with granted and renewed of exclusive kinds
  std::optional<Record> held{};      ///< with exists and contended; with refused where it explains
  std::optional<WallTime> clock{};   ///< the replica's, with the refusals `expired` and `lifetime`
};

struct GetRequest {
  RequestNumber request = 0;
  std::uint8_t position = 0;
  RecordKind kind{};
  Bytes name{};  ///< 1 to 255 octets
};

/// One part of an answer; a key with many values needs several.
struct GetAnswer {
  RequestNumber request = 0;
  std::uint8_t position = 0;
  std::uint8_t part = 0;   ///< from 0
  std::uint8_t parts = 1;  ///< 1 to 128
  std::vector<Record> records{};
};

/// A record and the positions for which the receiver shall hold it.
struct HandedRecord {
  PositionSet positions{};
  Record record{};
};

/// Records that move to the node nearest to their position, or are copied to its neighbours.
struct Handover {
  RequestNumber request = 0;
  bool ask = false;    ///< the sender has just started: the receiver hands over what the sender should hold
  bool reply = false;  ///< sent back because the receiver's record lost; never answered by another
  std::vector<HandedRecord> records{};
};

struct HandoverAnswer {
  RequestNumber request = 0;
};

/// A node wants to hear of changes under a key; repeated before its time is over.
struct WatchRequest {
  RequestNumber request = 0;  ///< names the watch as long as it lives
  std::uint8_t position = 0;
  RecordKind kind{};
  std::chrono::seconds lifetime{};  ///< 0 to 65535 s; 0 ends the watch
  Bytes name{};                     ///< 1 to 255 octets
};

/// The state of a key that holds no living record.
constexpr std::uint64_t nothing_stored = 0;

struct WatchAnswer {
  RequestNumber request = 0;
  std::uint8_t position = 0;
  std::chrono::seconds lifetime{};  ///< 0: no room, or the watch has ended
  std::uint64_t state = 0;          ///< what the replica holds: see state_of()
};

/// What the replica holds has changed.
struct WatchNotice {
  RequestNumber request = 0;
  std::uint8_t position = 0;
  std::uint64_t state = 0;
};

using Message = std::variant<StoreRequest, StoreAnswer, GetRequest, GetAnswer, Handover, HandoverAnswer, WatchRequest,
                             WatchAnswer, WatchNotice>;

/// Which question a message asks or answers.
struct Correlation {
  RequestNumber question = 0;  ///< 0: it is neither
  bool is_answer = false;
};
Correlation correlation_of(const Message& message);

/// A message with several records ends before this size, unless a single record is larger: what
/// fits a path of 1280 octets with the headers of overlay, channel, UDP and IPv6.
constexpr std::size_t message_target = 1100;

/// How many octets a record takes in a message with several.
std::size_t encoded_size(const Record& record);

/// docs/wire/dht.md. Errors: truncated, unsupported (version, type), malformed (a field, octets
/// behind it), and those of decode_record.
Result<Message> decode_message(ByteSpan octets);
void encode(const Message& message, Bytes& out);
Bytes encoded(const Message& message);

}  // namespace ipop::dht
