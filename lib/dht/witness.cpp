#include "dht/witness.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "crypto/certificate.hpp"
#include "crypto/hash.hpp"
#include "dht/replica_set.hpp"

namespace ipop::dht {

namespace {

struct Witness {
  Receipt receipt{};
  std::string user{};  ///< of the certificate; empty in an open group
};

/// The witnesses that count for a record, by who speaks.
using Voices = std::map<std::string, std::vector<Receipt>>;

std::string user_of(const Record& record) {
  const auto certificate = crypto::Certificate::from_der(record.certificate);
  return certificate ? certificate->user() : std::string();
}

std::optional<Witness> witness_of(const Receipt& receipt, const Record& record, const Group& group) {
  if (!group.is_closed()) {
    if (!is_signed(receipt, record, group.name_space)) return std::nullopt;
    return Witness{receipt, {}};
  }
  const auto certificate = crypto::Certificate::from_der(receipt.certificate);
  if (!certificate || certificate->public_key() != receipt.replica) return std::nullopt;
  if (!is_signed(receipt, record, group.name_space)) return std::nullopt;
  // At the time of the receipt: a lease outlives the certificates of those who granted it, and the verdict must not
  // depend on when a replica comes to judge.
  const auto member = group.trust->verify(*certificate, receipt.stored);
  if (!member) return std::nullopt;
  return Witness{receipt, member->user};
}

// One for each key, the oldest, in the order of the keys.
std::vector<Witness> witnesses_of(const Record& record, const Group& group) {
  std::vector<Receipt> receipts = record.receipts;
  std::ranges::sort(receipts, {},
                    [](const Receipt& r) { return std::tie(r.replica, r.stored, r.signature, r.certificate); });
  std::vector<Witness> out;
  for (const Receipt& receipt : receipts) {
    if (!out.empty() && out.back().receipt.replica == receipt.replica) continue;
    if (auto witness = witness_of(receipt, record, group)) out.push_back(*std::move(witness));
  }
  return out;
}

// Takes away what is too much: receipts that somebody adds must not push out those of other users.
void drop_surplus(std::vector<Witness>& witnesses, const Record& record, const Group& group) {
  const std::size_t most = group.is_closed() ? max_certified_witnesses : Record::max_receipts;
  if (witnesses.size() <= most) return;
  std::ranges::sort(witnesses, {}, [](const Witness& w) { return std::tie(w.receipt.stored, w.receipt.replica); });
  if (group.is_closed()) {
    std::map<std::string, std::size_t> turns;
    turns[user_of(record)] = 1;
    std::vector<std::pair<std::size_t, Witness>> ranked;
    ranked.reserve(witnesses.size());
    for (Witness& witness : witnesses) {
      const std::size_t turn = turns[witness.user]++;
      ranked.emplace_back(turn, std::move(witness));
    }
    std::ranges::stable_sort(ranked, {}, &std::pair<std::size_t, Witness>::first);
    witnesses.clear();
    for (auto& [turn, witness] : ranked)
      witnesses.push_back(std::move(witness));
  }
  witnesses.resize(most);
  std::ranges::sort(witnesses, {}, [](const Witness& w) { return w.receipt.replica; });
}

// `by_user`: users speak, but not the owner's; else keys do.
Voices voices_of(const Record& record, const Group& group, bool by_user) {
  const std::string own = by_user ? user_of(record) : std::string();
  Voices out;
  for (Witness& witness : witnesses_of(record, group)) {
    if (by_user && witness.user == own) continue;
    std::string who = by_user ? witness.user : std::string(as_text(witness.receipt.replica.point()));
    out[std::move(who)].push_back(std::move(witness.receipt));
  }
  return out;
}

WallTime median(const Voices& voices) {
  std::vector<WallTime> times;
  times.reserve(voices.size());
  for (const auto& [who, receipts] : voices)
    times.push_back(std::ranges::min_element(receipts, {}, &Receipt::stored)->stored);
  std::ranges::sort(times);
  return times[times.size() / 2];
}

// Which of the two a voice signed for later, by the keys that signed for both: 1 ours, -1 theirs; none without such a
// key.
std::optional<int> later_of(const std::vector<Receipt>& ours, const std::vector<Receipt>& theirs) {
  bool common = false;
  int balance = 0;
  for (const Receipt& receipt : ours) {
    const auto other = std::ranges::find(theirs, receipt.replica, &Receipt::replica);
    if (other == theirs.end()) continue;
    common = true;
    if (receipt.stored > other->stored) ++balance;
    if (receipt.stored < other->stored) --balance;
  }
  if (!common) return std::nullopt;
  return balance > 0 ? 1 : balance < 0 ? -1 : 0;
}

// Of the voices that signed for both: how many signed for `ours` later, less those for `theirs`. Fewer than `enough`
// in common say nothing: one replica may have lost its store in a restart.
int later_at_common_voices(const Voices& ours, const Voices& theirs, std::size_t enough) {
  std::size_t common = 0;
  int balance = 0;
  for (const auto& [who, receipts] : ours) {
    const auto same = theirs.find(who);
    if (same == theirs.end()) continue;
    const auto later = later_of(receipts, same->second);
    if (!later) continue;
    ++common;
    balance += *later;
  }
  return common >= enough ? balance : 0;
}

// Which of two grants their voices decide for; none where they are alike.
std::optional<bool> weigh(const Record& a, const Record& b, const Group& group, bool by_user, unsigned replicas) {
  const Voices ours = voices_of(a, group, by_user);
  const Voices theirs = voices_of(b, group, by_user);
  const std::size_t majority = majority_of(replicas);
  const std::size_t our_rank = std::min(ours.size(), majority);
  const std::size_t their_rank = std::min(theirs.size(), majority);
  if (our_rank != their_rank) return our_rank > their_rank;
  if (our_rank == 0) return std::nullopt;
  // Where few users are, a single one in common may be all there is.
  const std::size_t enough = by_user ? std::min<std::size_t>(2, our_rank) : 2;
  const int later = later_at_common_voices(ours, theirs, enough);
  if (later != 0) return later > 0;
  const WallTime our_grant = median(ours);
  const WallTime their_grant = median(theirs);
  if (our_grant != their_grant) return our_grant < their_grant;
  return std::nullopt;
}

// Where no voice decides between two users the name and they do, so that certificates are no lots.
crypto::Digest256 lot_of(const Record& record, const std::string& user, const Group& group) {
  Bytes text;
  ByteWriter out(text);
  out.write_sized8(as_bytes("ga dht lot 1"));
  out.write_sized16(group.name_space);
  out.write(static_cast<std::uint8_t>(record.kind));
  out.write_sized8(record.name);
  out.write_sized8(as_bytes(user));
  return crypto::sha256(text);
}

}  // namespace

bool is_witness(const Receipt& receipt, const Record& record, const Group& group) {
  return witness_of(receipt, record, group).has_value();
}

void keep_witnesses(Record& record, const Group& group) {
  auto witnesses = witnesses_of(record, group);
  drop_surplus(witnesses, record, group);
  record.receipts.clear();
  for (Witness& witness : witnesses)
    record.receipts.push_back(std::move(witness.receipt));
}

void merge_receipts(Record& into, const std::vector<Receipt>& more, const Group& group) {
  into.receipts.insert(into.receipts.end(), more.begin(), more.end());
  keep_witnesses(into, group);
}

std::size_t voices(const Record& record, const Group& group) {
  return voices_of(record, group, group.is_closed()).size();
}

std::optional<WallTime> granted_at(const Record& record, const Group& group, unsigned replicas) {
  const Voices counted = voices_of(record, group, group.is_closed());
  if (counted.size() < majority_of(replicas)) return std::nullopt;
  return median(counted);
}

bool prevails(const Record& a, const Record& b, const Group& group, unsigned replicas) {
  if (a.owner == b.owner) {
    // The last fields only order two records that an owner signed with one sequence, so that all
    // replicas keep the same one.
    return std::tie(a.sequence, a.created, a.expires, a.value) > std::tie(b.sequence, b.created, b.expires, b.value);
  }
  if (a.is_tombstone() != b.is_tombstone()) return b.is_tombstone();
  if (group.is_granted_elsewhere(a)) {
    const auto ours = group.grants->granted(a);
    const auto theirs = group.grants->granted(b);
    if (ours != theirs) return ours > theirs;  // none is less than any
  }
  // Each answer decodes a certificate.
  const bool a_is_pinned = is_pinned(a);
  if (a_is_pinned != is_pinned(b)) return a_is_pinned;
  return prevails_by_grant(a, b, group, replicas);
}

bool prevails_by_grant(const Record& a, const Record& b, const Group& group, unsigned replicas) {
  if (group.is_closed()) {
    if (const auto decided = weigh(a, b, group, true, replicas)) return *decided;
    const std::string our_user = user_of(a);
    const std::string their_user = user_of(b);
    if (our_user != their_user) return lot_of(a, our_user, group) < lot_of(b, their_user, group);
  }
  // Keys speak in an open group; and between machines of one user, who have no reason to cheat each other.
  if (const auto decided = weigh(a, b, group, false, replicas)) return *decided;
  const auto our_id = owner_id_of(a);
  const auto their_id = owner_id_of(b);
  if (!our_id || !their_id) return our_id.has_value() && !their_id.has_value();
  return *our_id < *their_id;
}

bool has_voice(const Record& record, const Record& rival, const Group& group) {
  const bool by_user = group.is_closed() && user_of(record) != user_of(rival);
  return !voices_of(record, group, by_user).empty();
}

}  // namespace ipop::dht
