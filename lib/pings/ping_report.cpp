#include "pings/ping_report.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace ipop::pings {

std::uint32_t PingPair::runs() const {
  std::uint32_t out = 0;
  for (const std::uint32_t count : by_received)
    out += count;
  return out;
}

std::uint32_t PingPair::lost_pings() const {
  std::uint32_t out = 0;
  for (std::size_t received = 0; received <= pings_a_run; ++received)
    out += by_received[received] * static_cast<std::uint32_t>(pings_a_run - received);
  return out;
}

double PingPair::loss() const {
  const std::uint32_t count = runs();
  return count == 0 ? 0 : static_cast<double>(lost_pings()) / (static_cast<double>(count) * pings_a_run);
}

std::vector<const PingPair*> PingSummary::worst(std::size_t most) const {
  std::vector<const PingPair*> out;
  for (const PingPair& pair : pairs)
    if (pair.lost_pings() > 0 || pair.runs() == 0) out.push_back(&pair);
  const auto rank = [](const PingPair* pair) {
    // Lost throughout, then by share, then what was never pinged; many runs say more than few.
    return std::tuple(!pair->lost_throughout(), pair->runs() == 0, -pair->loss(), -std::int64_t{pair->lost_pings()},
                      pair->from, pair->to);
  };
  std::ranges::sort(out, [&](const PingPair* a, const PingPair* b) { return rank(a) < rank(b); });
  if (out.size() > most) out.resize(most);
  return out;
}

void PingReport::add(std::string_view log, std::optional<NodeId> writer) {
  while (!log.empty()) {
    const auto stop = log.find('\n');
    add_line(log.substr(0, stop), writer);
    if (stop == std::string_view::npos) return;
    log.remove_prefix(stop + 1);
  }
}

void PingReport::add_line(std::string_view line, const std::optional<NodeId>& writer) {
  const auto result = parse_ping_line(line);
  if (!result) {
    const auto& code = result.error().code;
    return counters_.add(code == Errc::too_large     ? "drop_ping_line_long"
                         : code == Errc::unsupported ? "drop_ping_line_version"
                                                     : "drop_ping_line_malformed");
  }
  if (writer && result->from.id != *writer) return counters_.add("drop_ping_line_writer");
  if (result->run < since_) return counters_.add("skip_ping_older");
  if (entries_.size() >= max_results) return counters_.add("drop_ping_line_full");
  const auto from = note(result->from, result->run, true);
  const auto to = note(result->to, result->run, false);
  if (!from || !to) return counters_.add("drop_ping_line_full");
  counters_.add("ping_lines");
  const auto mean = result->round_trips ? result->round_trips->mean.count() : 0;
  entries_.push_back({*from, *to, result->run.seconds, static_cast<std::uint32_t>(mean),
                      static_cast<std::uint8_t>(result->received), result->pinged, result->path});
  if (result->reason.empty()) return;
  const PairKey key{*from, *to};
  const auto it = reasons_.find(key);
  if (it == reasons_.end()) {
    if (reasons_.size() < max_reasons) reasons_.emplace(key, std::pair(result->run, result->reason));
  } else if (it->second.first <= result->run) {
    it->second = {result->run, result->reason};
  }
}

std::optional<std::uint32_t> PingReport::note(const PingMember& member, WallTime at, bool by_itself) {
  const auto it = members_.find(member.id);
  if (it == members_.end()) {
    if (members_.size() >= max_members) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(members_.size());
    members_.emplace(member.id, Seen{number, member, at, by_itself, by_itself});
    return number;
  }
  Seen& seen = it->second;
  seen.has_log = seen.has_log || by_itself;
  // What a member says of itself is above what others say of it; then the later is above the earlier.
  if (std::tuple(by_itself, at) >= std::tuple(seen.by_itself, seen.at)) {
    const bool forgets = !member.address && seen.member.address;
    const auto address = forgets ? seen.member.address : member.address;
    std::string name = member.name.empty() ? seen.member.name : member.name;
    seen.member = {member.id, address, std::move(name)};
    seen.at = at;
    seen.by_itself = by_itself;
  }
  return seen.number;
}

PingSummary PingReport::take_summary() {
  PingSummary out;
  // Numbers were given in the order of arrival; the summary is in the order of ids.
  std::vector<std::uint32_t> place(members_.size());
  for (const auto& [id, seen] : members_) {
    place[seen.number] = static_cast<std::uint32_t>(out.members.size());
    out.members.push_back({seen.member, seen.has_log});
  }
  std::vector<Entry> sorted = std::exchange(entries_, {});
  for (Entry& entry : sorted) {
    entry.from = place[entry.from];
    entry.to = place[entry.to];
  }
  const auto key = [](const Entry& entry) { return std::tuple(entry.from, entry.to, entry.run); };
  std::ranges::sort(sorted, [&](const Entry& a, const Entry& b) {
    return std::tuple(key(a), a.received, a.mean_round_trip) < std::tuple(key(b), b.received, b.mean_round_trip);
  });
  // Not of std::ranges: clang 14 does not compile what that gives back.
  const auto first_repeated =
      std::unique(sorted.begin(), sorted.end(), [&](const Entry& a, const Entry& b) { return key(a) == key(b); });
  const auto repeated = static_cast<std::uint64_t>(std::distance(first_repeated, sorted.end()));
  if (repeated > 0) counters_.add("skip_ping_repeated", repeated);
  sorted.erase(first_repeated, sorted.end());

  std::uint64_t answered = 0;
  std::uint64_t sum = 0;
  for (const Entry& entry : sorted) {
    const WallTime run{entry.run};
    if (&entry == sorted.data() || run < out.first_run) out.first_run = run;
    if (run > out.last_run) out.last_run = run;
    if (out.pairs.empty() || out.pairs.back().from != entry.from || out.pairs.back().to != entry.to) {
      PingPair pair;
      pair.from = entry.from;
      pair.to = entry.to;
      out.pairs.push_back(std::move(pair));
      answered = 0;
      sum = 0;
    }
    PingPair& pair = out.pairs.back();
    pair.path = entry.path;
    if (entry.pinged) {
      ++pair.by_received[entry.received];
      ++out.by_received[entry.received];
      ++out.runs;
    } else {
      const bool silent = entry.path == PingPath::silent;
      ++(silent ? pair.silent : pair.without_address);
      ++(silent ? out.silent : out.without_address);
    }
    if (entry.received > 0) {
      sum += entry.mean_round_trip;
      ++answered;
      pair.mean_round_trip = std::chrono::microseconds(sum / answered);
    }
  }
  std::map<PairKey, const std::string*> reasons;
  for (const auto& [pair, reason] : reasons_)
    reasons[{place[pair.first], place[pair.second]}] = &reason.second;
  for (PingPair& pair : out.pairs) {
    const auto it = reasons.find({static_cast<std::uint32_t>(pair.from), static_cast<std::uint32_t>(pair.to)});
    if (it != reasons.end()) pair.reason = *it->second;
    if (pair.runs() > 0) ++out.measured_pairs;
    if (pair.lost_throughout()) ++out.pairs_lost_throughout;
  }
  return out;
}

std::uint64_t PingReport::dropped() const {
  std::uint64_t out = 0;
  for (const auto& [name, count] : counters_.all())
    if (name.starts_with("drop_")) out += count;
  return out;
}

}  // namespace ipop::pings
