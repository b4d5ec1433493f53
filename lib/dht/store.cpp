#include "dht/store.hpp"

#include <utility>

namespace ipop::dht {

namespace {

Store::Decision refuse(Refusal why) {
  return {.verdict = Verdict::refused, .refusal = why, .held = std::nullopt, .changed = false, .overruled = {}};
}

Store::Decision refuse(Refusal why, const Record& held) {
  return {.verdict = Verdict::refused, .refusal = why, .held = held, .changed = false, .overruled = {}};
}

Store::Decision accepted(Verdict verdict, bool changed) {
  return {.verdict = verdict, .refusal = Refusal::none, .held = std::nullopt, .changed = changed, .overruled = {}};
}

Refusal refusal_of_times(const Error& error) {
  return error.code == make_error_code(Errc::expired) ? Refusal::expired : Refusal::lifetime;
}

}  // namespace

Store::Decision Store::accept(TimePoint now, WallTime wall, Record record, Arrival arrival, PositionSet positions,
                              unsigned replicas, const NodeId& hop) {
  expire(now);
  if (auto times = check_times(record, wall); !times) return refuse(refusal_of_times(times.error()));
  const auto mine = entries_.find(entry_key_of(record));
  // What is equal to a record that was checked needs no second check.
  const std::optional<Record> kept =
      mine != entries_.end() ? std::optional(mine->second.record.unpack()) : std::nullopt;
  const bool known = kept && same_content(*kept, record) && kept->signature == record.signature;
  if (!known) {
    if (auto good = check(record, name_space_); !good) {
      return refuse(good.error().code == make_error_code(Errc::bad_checksum) ? Refusal::signature : Refusal::form);
    }
    if (!check_owner(record, *basis_.trust(), wall)) return refuse(Refusal::membership);
    if (group().lacks_grant(record)) return refuse(Refusal::not_granted);
    // Certificates that prove nothing would fill the store.
    if (group().is_closed() && is_exclusive(record.kind)) keep_witnesses(record, group());
  }
  if (arrival == Arrival::cancel && !record.is_tombstone()) return refuse(Refusal::form);
  if (!is_exclusive(record.kind)) record.receipts.clear();
  if (record.receipts.size() > Record::max_receipts) record.receipts.resize(Record::max_receipts);

  const Bringer by{hop, arrival == Arrival::handover};
  if (mine != entries_.end())
    return accept_known(now, wall, mine->second, std::move(record), arrival, positions, replicas, by);
  if (record.is_tombstone()) return accept_tombstone(now, wall, std::move(record), arrival, positions, by);
  return accept_new(now, wall, std::move(record), arrival, positions, replicas, by);
}

Store::Decision Store::accept_known(TimePoint now, WallTime wall, Entry& mine, Record record, Arrival arrival,
                                    PositionSet positions, unsigned replicas, const Bringer& by) {
  const bool confirms = arrival == Arrival::put || arrival == Arrival::handover;
  Record kept = mine.record;
  // A copy from another replica may come before the owner's own request.
  if (mine.by.is_handed && !by.is_handed) bring_by(entry_key_of(kept), mine, by);
  if (same_content(kept, record)) {
    mine.positions |= positions;
    bool changed = false;
    if (record.receipts != kept.receipts) {
      const auto before = kept.receipts;
      merge_receipts(kept, record.receipts, group());
      changed = kept.receipts != before;
      if (changed) mine.record = kept;
    }
    if (confirms && !mine.confirmed) {
      mine.confirmed = true;
      note_change(entry_key_of(kept), mine);
      schedule(mine, now + (kept.expires - wall));
      changed = true;
      return accepted(Verdict::granted, changed);
    }
    return accepted(mine.confirmed ? Verdict::renewed : Verdict::granted, changed && mine.confirmed);
  }
  // Handed over from elsewhere, two records with one sequence are ordered by their content, so
  // that all replicas end with the same one; asked for directly the second one is refused.
  const bool later =
      record.sequence > kept.sequence || (arrival == Arrival::handover && prevails(record, kept, group(), replicas));
  if (!later) return refuse(Refusal::old_sequence, kept);

  if (record.is_tombstone()) {
    if (!mine.confirmed) {
      erase(entry_key_of(record));
      return accepted(Verdict::granted, false);
    }
    mine.positions |= positions;
    replace(now, wall, mine, record, true);
    return accepted(Verdict::renewed, true);
  }
  if (kept.is_tombstone()) {
    // Claimed again after its release: others may have come in between.
    const EntryKey key = entry_key_of(record);
    const Entry tombstone = mine;
    erase(key);
    auto decision = accept_new(now, wall, std::move(record), arrival, positions | tombstone.positions, replicas, by);
    if (decision.verdict != Verdict::granted) restore(key, tombstone);
    return decision;
  }
  mine.positions |= positions;
  const bool confirmed = mine.confirmed || confirms;
  replace(now, wall, mine, record, confirmed);
  return accepted(confirmed ? Verdict::renewed : Verdict::granted, confirmed);
}

Store::Decision Store::accept_tombstone(TimePoint now, WallTime wall, Record record, Arrival arrival,
                                        PositionSet positions, const Bringer& by) {
  // Nothing to release. It is kept all the same: the record may be on its way here from another
  // replica. A cancelled create was never confirmed, so nothing of it can come.
  if (arrival == Arrival::put || arrival == Arrival::handover) {
    if (make_room(record, by) == Refusal::none) insert(now, wall, record, positions, true, by);
  }
  return accepted(Verdict::granted, false);
}

Store::Decision Store::accept_new(TimePoint now, WallTime wall, Record record, Arrival arrival, PositionSet positions,
                                  unsigned replicas, const Bringer& by) {
  const bool exclusive = is_exclusive(record.kind);
  std::optional<Record> overruled;
  if (exclusive || arrival == Arrival::create) {
    if (const Entry* held = other_owner(record); held != nullptr) {
      if (!may_replace(record, *held, arrival, replicas)) {
        if (arrival != Arrival::create) return refuse(Refusal::held, held->record);
        return {.verdict = held->confirmed ? Verdict::exists : Verdict::contended,
                .refusal = Refusal::none,
                .held = held->record,
                .changed = false,
                .overruled = {}};
      }
      positions |= held->positions;
      if (held->confirmed) overruled = held->record;
      erase(entry_key_of(held->record.unpack()));
    }
  }
  if (exclusive && arrival == Arrival::put) {
    if (!group().is_closed()) keep_witnesses(record, group());
    if (record.receipts.empty()) return refuse(Refusal::not_granted);
  }
  if (const Refusal room = make_room(record, by); room != Refusal::none) return refuse(room);
  const bool confirmed = !exclusive || arrival != Arrival::create;
  insert(now, wall, record, positions, confirmed, by);
  Decision decision = accepted(Verdict::granted, confirmed);
  decision.overruled = std::move(overruled);
  return decision;
}

const Store::Entry* Store::other_owner(const Record& record) const {
  const Key key{record.kind, record.name};
  for (auto it = entries_.lower_bound(EntryKey{key, {}}); it != entries_.end() && it->first.key == key; ++it) {
    if (it->first.owner != record.owner && !it->second.record.unpack().is_tombstone()) return &it->second;
  }
  return nullptr;
}

bool Store::may_replace(const Record& record, const Entry& held, Arrival arrival, unsigned replicas) const {
  if (!is_exclusive(record.kind)) return false;
  if (group().is_granted_elsewhere(record)) return prevails(record, held.record, group(), replicas);
  if (arrival == Arrival::handover) {
    // A grant gives way to a record that stood confirmed elsewhere.
    return !held.confirmed || prevails(record, held.record, group(), replicas);
  }
  // Whoever was granted the name may count on it until he puts it or the grant lapses.
  if (arrival == Arrival::create && !held.confirmed) return false;
  const bool is_ours_pinned = is_pinned(record);
  if (is_ours_pinned != is_pinned(held.record)) return is_ours_pinned;
  // Without a witness a record can only win by the smaller node id, and that is for records that
  // were granted apart from each other, not for a newcomer.
  return has_voice(record, held.record, group()) && prevails_by_grant(record, held.record, group(), replicas);
}

Refusal Store::exceeds_quota(const Record& record) const {
  const auto it = owners_.find(record.owner);
  if (it == owners_.end()) return Refusal::none;
  const OwnerCount& owner = it->second;
  // Every record may become a tombstone, so an owner with too many of them gets no new record.
  if (owner.tombstones >= limits_.tombstones_per_owner) return Refusal::quota;
  if (record.is_tombstone()) return Refusal::none;
  bool room = true;
  switch (record.kind) {
    case RecordKind::lease: room = owner.leases < limits_.exclusive_per_owner; break;
    case RecordKind::name: room = owner.names < limits_.exclusive_per_owner; break;
    case RecordKind::value: room = owner.values < limits_.values_per_owner; break;
  }
  return room ? Refusal::none : Refusal::quota;
}

Refusal Store::make_room(const Record& record, const Bringer& by) {
  if (const Refusal quota = exceeds_quota(record); quota != Refusal::none) return quota;
  const bool exclusive = is_exclusive(record.kind);
  std::optional<EntryKey> victim;
  if (!exclusive) {
    const Shares of_key = shares_under({record.kind, record.name});
    if (of_key.size() >= limits_.owners_per_value) {
      victim = of_key.gives_way(by);
      if (!victim) return Refusal::full;
    }
  }
  const std::size_t held = exclusive ? entries_.size() - values_ : values_;
  if (!victim && held >= (exclusive ? limits_.exclusive : limits_.values)) {
    victim = shares_of(record.kind).gives_way(by);
    if (!victim) return Refusal::full;
  }
  if (victim) erase(EntryKey(*victim));
  return Refusal::none;
}

void Store::drop_revoked() {
  if (basis_.trust()->revocation_number() == 0) return;
  std::vector<EntryKey> revoked;
  for (const auto& [key, entry] : entries_) {
    const auto certificate = crypto::Certificate::from_der(entry.record.unpack().certificate);
    const std::string user = certificate ? certificate->user() : std::string();
    if (basis_.trust()->is_revoked(key.owner, user)) revoked.push_back(key);
  }
  for (const EntryKey& key : revoked)
    erase(key);
}

std::vector<Record> Store::find(const Key& key) const {
  std::vector<Record> out;
  for (auto it = entries_.lower_bound(EntryKey{key, {}}); it != entries_.end() && it->first.key == key; ++it) {
    if (it->second.confirmed) out.push_back(it->second.record);
  }
  return out;
}

const Store::Entry* Store::find(const EntryKey& key) const {
  const auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : &it->second;
}

void Store::forget(const EntryKey& key, PositionSet positions) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  it->second.positions &= ~positions;
  if (it->second.positions.any()) return;
  const bool was_noted = changed_.contains(key.key);
  erase(key);
  if (!was_noted) changed_.erase(key.key);
}

void Store::expire(TimePoint now) {
  while (!ends_.empty() && ends_.begin()->first.first <= now) {
    const EntryKey key = *ends_.begin()->second;
    erase(key);
  }
}

std::optional<TimePoint> Store::next_end() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.begin()->first.first;
}

void Store::insert(TimePoint now, WallTime wall, const Record& record, PositionSet positions, bool confirmed,
                   const Bringer& by) {
  const EntryKey key = entry_key_of(record);
  TimePoint ends = now + (record.expires - wall);
  if (!confirmed) ends = std::min(ends, now + limits_.grant_lives);
  restore(key, Entry{record, positions, ends, confirmed, by, ++arrivals_});
}

void Store::restore(const EntryKey& key, Entry entry) {
  const auto& [kept_key, kept] = *entries_.emplace(key, std::move(entry)).first;
  count(kept.record, true);
  shares_of(kept_key.key.kind).add(kept.by, kept.number, kept_key);
  ends_.emplace(std::pair(kept.ends, kept.number), &kept_key);
  note_change(kept_key, kept);
}

void Store::replace(TimePoint now, WallTime wall, Entry& entry, const Record& record, bool confirmed) {
  count(entry.record, false);
  entry.record = record;
  entry.confirmed = confirmed;
  count(record, true);
  TimePoint ends = now + (record.expires - wall);
  if (!confirmed) ends = std::min(ends, entry.ends);
  note_change(entry_key_of(record), entry);
  schedule(entry, ends);
}

void Store::erase(const EntryKey& key) {
  const auto it = entries_.find(key);
  if (it == entries_.end()) return;
  count(it->second.record, false);
  shares_of(key.key.kind).remove(it->second.by, it->second.number);
  note_change(key, it->second);
  ends_.erase({it->second.ends, it->second.number});
  entries_.erase(it);
}

Shares Store::shares_under(const Key& key) const {
  Shares out;
  for (auto it = entries_.lower_bound(EntryKey{key, {}}); it != entries_.end() && it->first.key == key; ++it)
    out.add(it->second.by, it->second.number, it->first);
  return out;
}

void Store::bring_by(const EntryKey& key, Entry& entry, const Bringer& by) {
  Shares& shares = shares_of(key.key.kind);
  const Shares of_key = shares_under(key.key);
  if (shares.size_of(by) >= shares.size_of(entry.by) || of_key.size_of(by) >= of_key.size_of(entry.by)) return;
  shares.remove(entry.by, entry.number);
  entry.by = by;
  shares.add(entry.by, entry.number, entries_.find(key)->first);
}

void Store::note_change(const EntryKey& key, const Entry& entry) {
  if (entry.confirmed) changed_.insert(key.key);
}

void Store::schedule(Entry& entry, TimePoint ends) {
  auto ending = ends_.extract({entry.ends, entry.number});
  entry.ends = ends;
  ending.key().first = ends;
  ends_.insert(std::move(ending));
}

void Store::count(const Record& record, bool in) {
  OwnerCount& owner = owners_[record.owner];
  std::size_t& counter = counter_of(owner, record);
  counter = in ? counter + 1 : counter - 1;
  if (!is_exclusive(record.kind)) values_ = in ? values_ + 1 : values_ - 1;
  if (owner.leases + owner.names + owner.values + owner.tombstones == 0) owners_.erase(record.owner);
}

std::size_t& Store::counter_of(OwnerCount& owner, const Record& record) const {
  if (record.is_tombstone()) return owner.tombstones;
  switch (record.kind) {
    case RecordKind::lease: return owner.leases;
    case RecordKind::name: return owner.names;
    case RecordKind::value: break;
  }
  return owner.values;
}

}  // namespace ipop::dht
