#include "router/record_writer.hpp"

#include <algorithm>
#include <utility>

#include "router/lease_record.hpp"

namespace ipop::router {

dht::Record RecordWriter::write(TimePoint now, Bytes name, Bytes value, Duration time, std::optional<WallTime> until,
                                const dht::Record* held) {
  const WallTime wall = judge_.wall_at(now);
  last_sequence_ = next_sequence(last_sequence_, wall);
  dht::Record record;
  record.kind = kind_;
  record.name = std::move(name);
  record.value = std::move(value);
  record.sequence = last_sequence_;
  record.created = wall;
  record.expires = wall + std::chrono::duration_cast<std::chrono::seconds>(time);
  if (until) record.expires = std::min(record.expires, *until);
  // Receipts bind the time of creation: a renewal keeps both, and so its rank among rival grants.
  const dht::Record* before = held != nullptr && held->name == record.name ? held : nullptr;
  if (before == nullptr && earlier_ && earlier_->name == record.name) before = &*earlier_;
  if (before != nullptr && before->created <= wall) {
    record.created = before->created;
    record.receipts = before->receipts;
  }
  record.certificate = certificate_;
  dht::sign(record, judge_.name_space(), key_);
  return record;
}

bool RecordWriter::remember(const Bytes& name, const std::vector<dht::Record>& records) {
  const auto own =
      std::ranges::find_if(records, [&](const auto& record) { return is_own(record) && record.name == name; });
  if (own == records.end()) return false;
  note(*own);
  earlier_ = *own;
  return true;
}

}  // namespace ipop::router
