// What clients and the node itself ask of the DHT, and who waits for the answer.

#include <algorithm>

#include "node/node_state.hpp"

namespace ipop::node {
namespace {

constexpr std::size_t max_operations = 1024;
constexpr std::chrono::seconds max_time_to_live = std::chrono::hours(24 * 7);

}  // namespace

void Node::State::begin_get(TimePoint now, CommandId id, const DhtGetCommand& command) {
  if (command.key.empty() || command.key.size() > 255) {
    return refuse(id, {make_error_code(Errc::out_of_range), "a key has 1 to 255 octets"});
  }
  if (waiting_.size() >= max_operations)
    return refuse(id, {make_error_code(Errc::exhausted), "too many DHT operations at once"});
  waiting_.emplace(table.get(now, dht::RecordKind::value, to_bytes(as_bytes(command.key))), ClientGets{id});
}

void Node::State::begin_put(TimePoint now, CommandId id, const DhtPutCommand& command) {
  if (command.key.empty() || command.key.size() > 255) {
    return refuse(id, {make_error_code(Errc::out_of_range), "a key has 1 to 255 octets"});
  }
  if (command.value.empty() || command.value.size() > dht::Record::max_value) {
    return refuse(id, {make_error_code(Errc::out_of_range), "a value has 1 to 1024 octets"});
  }
  if (command.time_to_live < std::chrono::seconds(1) || command.time_to_live > max_time_to_live) {
    return refuse(id, {make_error_code(Errc::out_of_range), "a time to live is 1 second to 7 days"});
  }
  if (waiting_.size() >= max_operations)
    return refuse(id, {make_error_code(Errc::exhausted), "too many DHT operations at once"});
  auto record = make_value(now, command.key, command.value, command.time_to_live);
  const auto operation = command.exclusive ? table.create(now, std::move(record)) : table.put(now, std::move(record));
  waiting_.emplace(operation, ClientPuts{id});
}

dht::Record Node::State::make_value(TimePoint now, std::string_view name, Bytes value, std::chrono::seconds lives) {
  const WallTime wall = wall_at(now);
  dht::Record record;
  record.kind = dht::RecordKind::value;
  record.name = to_bytes(as_bytes(name));
  record.value = std::move(value);
  // Rises with time and within a second, across restarts too.
  record.sequence = (static_cast<std::uint64_t>(wall.seconds) << 16U) | (next_tag_++ & 0xffffU);
  record.created = wall;
  record.expires = wall + lives;
  record.certificate = own_certificate();
  dht::sign(record, name_space, key);
  return record;
}

bool Node::State::is_held(const dht::Dht::Contested& contested) const {
  if (contested.kind == dht::RecordKind::lease) {
    const auto lease = router->lease();
    return lease && router::record_name(lease->address) == contested.name;
  }
  const auto name = router->held_name();
  return name && router::record_name(*name) == contested.name;
}

void Node::State::handle_table_answer(TimePoint now, const dht::Dht::Answer& answered) {
  const auto it = waiting_.find(answered.id);
  if (it == waiting_.end()) return;
  const Waiting waiting = it->second;
  waiting_.erase(it);
  const auto client_answer = [&](CommandId id) {
    DhtAnswer out;
    out.outcome = answered.outcome;
    out.detail = answered.detail;
    for (const dht::Record& record : answered.records) {
      const auto owner = dht::owner_id_of(record);
      if (!owner || record.is_tombstone()) continue;
      out.values.push_back({record.value, *owner, record.expires});
    }
    answer(id, std::move(out));
  };
  std::visit(
      Overloaded{
          [&](const RouterWaits& waits) { router->handle_dht_answer(now, waits.id, answered); },
          [&](const ClientGets& waits) { client_answer(waits.id); },
          [&](const ClientPuts& waits) { client_answer(waits.id); },
          [&](const ArchiveWaits& waits) {
            std::vector<RevocationArchive::Value> values;
            for (const dht::Record& record : answered.records) {
              if (!record.is_tombstone()) values.push_back({record.owner, record.value, record.expires - wall_at(now)});
            }
            archive->handle_values(now, waits.key, values);
          },
          [&](const CourierWaits&) {
            if (courier) courier->handle_found(now, holder_of_name(now, courier->server(), answered));
          },
          [&](const ClientAsksWhy& waits) {
            const auto record =
                std::ranges::find_if(answered.records, [](const dht::Record& one) { return !one.is_tombstone(); });
            if (answered.outcome != dht::Outcome::done || record == answered.records.end()) {
              return refuse(waits.id, {make_error_code(Errc::not_found), "no member holds that address or name"});
            }
            const auto owner = dht::owner_id_of(*record);
            if (!owner) return refuse(waits.id, {make_error_code(Errc::malformed), "damaged record"});
            auto address = waits.address ? waits.address : address_of(*owner);
            if (!address && record->kind == dht::RecordKind::name) {
              if (const auto named = router::check_name(*record, name_space, wall_at(now))) address = named->address;
            }
            answer_why(now, waits.id, *owner, address);
          },
      },
      waiting);
}

}  // namespace ipop::node
