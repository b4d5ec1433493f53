#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.hpp"
#include "dht/dht.hpp"
#include "dht/message.hpp"

namespace ipop::dht::test {

inline const Bytes name_space = to_bytes(as_bytes("test group"));

/// 2026-01-01 00:00 UTC at the start of every test.
constexpr WallTime epoch{1'767'225'600};

/// Keys by number; making one costs more than using it.
inline const crypto::PrivateKey& key_of(std::size_t number) {
  static std::map<std::size_t, crypto::PrivateKey> keys;
  const auto it = keys.find(number);
  if (it != keys.end()) return it->second;
  const std::string seed = "member " + std::to_string(number);
  return keys.emplace(number, crypto::PrivateKey::from_seed(as_bytes(seed))).first->second;
}

inline Bytes text(std::string_view octets) {
  return to_bytes(as_bytes(octets));
}

inline Record make_record(RecordKind kind, Bytes name, std::string_view value, const crypto::PrivateKey& key,
                          std::uint64_t sequence = 1, WallTime created = epoch,
                          std::chrono::seconds lives = std::chrono::hours(20)) {
  Record record;
  record.kind = kind;
  record.name = std::move(name);
  record.value = text(value);
  record.sequence = sequence;
  record.created = created;
  record.expires = created + lives;
  sign(record, name_space, key);
  return record;
}

inline Bytes address(std::uint8_t last) {
  return {std::byte{10}, std::byte{128}, std::byte{0}, std::byte{last}};
}

inline Record make_lease(std::uint8_t last, const crypto::PrivateKey& key, std::uint64_t sequence = 1,
                         WallTime created = epoch) {
  return make_record(RecordKind::lease, address(last), "lease", key, sequence, created);
}

/// A ring of Dht machines with a carrier that always finds the true nearest living node of the
/// sender's part, after some latency and unless the message is lost.
class TestRing {
 public:
  /// What a member of a closed group has besides its key.
  struct Membership {
    NodeId id{};
    Bytes certificate{};
    std::shared_ptr<const crypto::TrustStore> trust{};
  };
  struct Member {
    std::size_t number = 0;
    NodeId id{};
    std::unique_ptr<SeededRng> rng;
    std::unique_ptr<crypto::Basis> basis{};
    std::unique_ptr<Dht> dht;
    bool alive = true;
    int part = 0;  ///< of a ring that is partitioned
    std::vector<NodeId> neighbours{};
    std::map<std::uint64_t, Dht::Answer> answers{};
    std::vector<Dht::Contested> contested{};
    std::vector<TimePoint> changes{};  ///< when a watched key changed
  };

  TestRing(std::size_t count, std::uint64_t seed) : rng_(seed) {
    for (std::size_t i = 0; i < count; ++i)
      add(i);
    update_rings();
  }

  void add(std::size_t number, std::chrono::seconds clock_error = {}) {
    Member member;
    member.number = number;
    member.id = membership ? membership(number).id : *crypto::node_id_of(key_of(number).public_key());
    member.rng = std::make_unique<SeededRng>(rng_.next());
    member.basis = std::make_unique<crypto::Basis>();
    member.dht = make_dht(member);
    member.basis->set_wall_time(now, wall() + clock_error);
    members.push_back(std::move(member));
  }

  [[nodiscard]] WallTime wall() const { return epoch + std::chrono::floor<std::chrono::seconds>(now - TimePoint{}); }

  /// Every living member learns its three neighbours on each side and the size of its part.
  void update_rings() {
    for (Member& member : members) {
      if (!member.alive) continue;
      std::vector<NodeId> part;
      for (const Member& other : members) {
        if (other.alive && other.part == member.part && other.id != member.id) part.push_back(other.id);
      }
      const std::size_t size = part.size() + 1;
      std::ranges::sort(part, {}, [&](const NodeId& id) { return id - member.id; });
      if (part.size() > 6) part.erase(part.begin() + 3, part.end() - 3);
      if (part == member.neighbours && size == member_size_[member.number]) continue;
      member.neighbours = part;
      member_size_[member.number] = size;
      member.dht->handle_ring(now, part, size);
      drain(member);
    }
  }

  /// The member starts again with nothing, and nobody but itself notices.
  void restart(std::size_t index) {
    Member& member = members[index];
    member.dht = make_dht(member);
    member.basis->set_wall_time(now, wall());
    member.dht->handle_ring(now, member.neighbours, member_size_[member.number]);
    drain(member);
  }

  void kill(std::size_t index) { members[index].alive = false; }

  OperationId create(std::size_t index, Record record) {
    return start(index, [&](Dht& dht) { return dht.create(now, std::move(record)); });
  }
  OperationId put(std::size_t index, Record record) {
    return start(index, [&](Dht& dht) { return dht.put(now, std::move(record)); });
  }
  OperationId get(std::size_t index, RecordKind kind, Bytes name) {
    return start(index, [&](Dht& dht) { return dht.get(now, kind, std::move(name)); });
  }

  void watch(std::size_t index, Bytes name) {
    if (members[index].dht->watch(now, RecordKind::value, std::move(name))) drain(members[index]);
  }
  void unwatch(std::size_t index, Bytes name) {
    members[index].dht->unwatch(RecordKind::value, std::move(name));
    drain(members[index]);
  }

  /// Runs until the operation is answered and gives the answer.
  Dht::Answer await(std::size_t index, OperationId id) {
    const TimePoint limit = now + 60s;
    while (!members[index].answers.contains(id.value) && now < limit && step(limit)) {
    }
    const auto it = members[index].answers.find(id.value);
    return it == members[index].answers.end() ? Dht::Answer{} : it->second;
  }

  Dht::Answer create_and_wait(std::size_t index, Record record) {
    return await(index, create(index, std::move(record)));
  }
  Dht::Answer put_and_wait(std::size_t index, Record record) { return await(index, put(index, std::move(record))); }
  Dht::Answer get_and_wait(std::size_t index, RecordKind kind, Bytes name) {
    return await(index, get(index, kind, std::move(name)));
  }

  void run_for(Duration time) {
    const TimePoint limit = now + time;
    while (step(limit)) {
    }
    now = limit;
  }

  /// A message straight into the machine that is nearest to the place, from a stranger.
  Member& nearest(const NodeId& place, int part = 0) {
    Member* best = nullptr;
    for (Member& member : members) {
      if (!member.alive || member.part != part) continue;
      if (best == nullptr || ring_distance(member.id, place) < ring_distance(best->id, place)) best = &member;
    }
    return *best;
  }

  /// The stranger's request to the replica at `position`; its answer.
  std::optional<StoreAnswer> ask(StoreMode mode, const Record& record, std::uint8_t position,
                                 std::optional<NodeId> place = std::nullopt) {
    const NodeId at = place ? *place : place_of(position_of(name_space, record.kind, record.name), position);
    Member& replica = nearest(at);
    const NodeId stranger = NodeId::from_prefix(Bytes(20, std::byte{0x5a}));
    replica.dht->handle_message(now, {stranger, at, stranger}, encoded(StoreRequest{4711, position, mode, record}));
    std::optional<StoreAnswer> out;
    while (auto output = replica.dht->poll_output()) {
      const auto* send = std::get_if<Dht::Send>(&*output);
      if (send != nullptr && send->to == stranger) {
        const auto message = decode_message(send->message);
        if (message && std::holds_alternative<StoreAnswer>(*message)) out = std::get<StoreAnswer>(*message);
      } else {
        carry(replica, std::move(*output));
      }
    }
    return out;
  }

  std::size_t most_records = Dht::Config{}.most_records;     ///< set it before add()
  std::function<Membership(std::size_t number)> membership;  ///< of a closed group; set it before add()
  TimePoint now{};
  Duration latency_least = 10ms;
  Duration latency_most = 100ms;
  double loss = 0;
  std::vector<Member> members;
  /// What others make of a message that is on its way: they may change it and where it goes; false: it is lost.
  std::function<bool(const Member& from, NodeId& to, Bytes& message)> on_way;
  std::vector<NodeId> deaf;  ///< have died, and nobody has noticed
  std::uint64_t messages = 0;

 private:
  struct Flight {
    NodeId to{};
    NodeId source{};
    NodeId destination{};
    Bytes message{};
  };

  std::unique_ptr<Dht> make_dht(const Member& member) const {
    Dht::Config config{.self = member.id, .name_space = name_space};
    config.most_records = most_records;
    if (!membership) return std::make_unique<Dht>(std::move(config), key_of(member.number), *member.basis, *member.rng);
    Membership of = membership(member.number);
    config.certificate = std::move(of.certificate);
    member.basis->set_trust(std::move(of.trust));
    return std::make_unique<Dht>(std::move(config), key_of(member.number), *member.basis, *member.rng);
  }

  template <class F>
  OperationId start(std::size_t index, F&& f) {
    const OperationId id = f(*members[index].dht);
    drain(members[index]);
    return id;
  }

  void drain(Member& member) {
    while (auto output = member.dht->poll_output())
      carry(member, std::move(*output));
  }

  void carry(Member& member, Dht::Output output) {
    if (auto* answer = std::get_if<Dht::Answer>(&output)) {
      member.answers[answer->id.value] = std::move(*answer);
      return;
    }
    if (std::holds_alternative<Dht::Changed>(output)) {
      member.changes.push_back(now);
      return;
    }
    if (auto* contested = std::get_if<Dht::Contested>(&output)) {
      member.contested.push_back(std::move(*contested));
      return;
    }
    auto& send = std::get<Dht::Send>(output);
    ++messages;
    if (!member.alive) return;
    NodeId to = send.nearest ? nearest(send.to, member.part).id : send.to;
    if (to != member.id && rng_.uniform() < loss) return;
    if (to != member.id && on_way && !on_way(member, to, send.message)) return;
    const Duration spread = latency_most - latency_least;
    const Duration latency = to == member.id
                                 ? Duration{}
                                 : latency_least + Duration(rng_.below(static_cast<std::uint64_t>(spread.count()) + 1));
    flights_.emplace(now + latency, Flight{to, member.id, send.to, std::move(send.message)});
  }

  Member* find(const NodeId& id) {
    const auto it = std::ranges::find(members, id, &Member::id);
    return it == members.end() ? nullptr : &*it;
  }

  // One event; false when nothing happens until `limit`.
  bool step(TimePoint limit) {
    Member* first = nullptr;
    std::optional<TimePoint> due;
    for (Member& member : members) {
      if (!member.alive) continue;
      const auto timeout = member.dht->poll_timeout();
      if (timeout && (!due || *timeout < *due)) {
        due = timeout;
        first = &member;
      }
    }
    if (!flights_.empty() && (!due || flights_.begin()->first <= *due)) {
      if (flights_.begin()->first > limit) return false;
      auto node = flights_.extract(flights_.begin());
      now = std::max(now, node.key());
      Flight& flight = node.mapped();
      Member* to = find(flight.to);
      const Member* from = find(flight.source);
      if (std::ranges::find(deaf, flight.to) != deaf.end()) return true;
      if (to == nullptr || !to->alive || (from != nullptr && from->part != to->part)) return true;
      to->dht->handle_message(now, {flight.source, flight.destination, flight.source}, flight.message);
      drain(*to);
      return true;
    }
    if (!due || *due > limit) return false;
    now = std::max(now, *due);
    first->dht->handle_timeout(now);
    drain(*first);
    return true;
  }

  SeededRng rng_;
  std::multimap<TimePoint, Flight> flights_;
  std::map<std::size_t, std::size_t> member_size_;
};

}  // namespace ipop::dht::test
