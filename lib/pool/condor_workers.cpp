#include "pool/condor_workers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace ipop::pool {
namespace {

// A worker tells its manager of itself every 20 s (UPDATE_INTERVAL); one update may be late.
constexpr Duration update_life = 35s;
// One answer may come of replicas that have not heard yet.
constexpr std::size_t enough_unheld = 2;
// What ends a job's shadow takes HTCondor most of a minute; then it is told again.
constexpr Duration told_life = 180s;

template <std::size_t count>
std::optional<std::array<std::string_view, count>> columns(std::string_view line) {
  std::array<std::string_view, count> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto end = line.find('\t');
    if ((end == std::string_view::npos) != (i + 1 == count)) return std::nullopt;
    out[i] = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end == std::string_view::npos ? line.size() : end + 1));
  }
  return out;
}

template <std::size_t count, class Take>
void for_each_line(std::string_view text, const Take& take) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (const auto values = columns<count>(line)) take(*values);
  }
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// The address in `<10.128.0.5:9618?...>`.
std::optional<net::Ipv4Address> address_in(std::string_view text) {
  if (!text.starts_with('<')) return std::nullopt;
  return net::parse_ipv4_address(text.substr(1, text.find(':') - 1));
}

/// `<10.128.0.5:9618?...>#1795869591#5#...`
std::optional<WorkerStart> start_in(std::string_view claim) {
  const auto address = address_in(claim);
  const auto mark = claim.find(">#");
  if (!address || mark == std::string_view::npos) return std::nullopt;
  claim.remove_prefix(mark + 2);
  const auto began = whole_number(claim.substr(0, claim.find('#')));
  if (!began) return std::nullopt;
  return WorkerStart{*address, *began};
}

std::string whole_minutes(Duration time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::minutes>(time).count()) + " min";
}

}  // namespace

std::vector<RunningJob> parse_running_jobs(std::string_view text) {
  std::vector<RunningJob> out;
  for_each_line<4>(text, [&](const auto& values) {
    const auto& [cluster, process, host, claim] = values;
    const auto worker = start_in(claim);
    if (!worker || !whole_number(cluster) || !whole_number(process)) return;
    out.push_back(
        {std::string(cluster) + "." + std::string(process), std::string(host.substr(host.find('@') + 1)), *worker});
  });
  return out;
}

std::vector<SeenWorker> parse_seen_workers(std::string_view text) {
  std::vector<SeenWorker> out;
  for_each_line<4>(text, [&](const auto& values) {
    const auto address = address_in(values[1]);
    const auto began = whole_number(values[2]);
    const auto heard = whole_number(values[3]);
    if (address && began && heard) out.push_back({std::string(values[0]), {*address, *began}, *heard});
  });
  return out;
}

WorkerFates::Questions WorkerFates::look_at(TimePoint now, const std::vector<RunningJob>& jobs,
                                            const std::optional<std::vector<SeenWorker>>& seen) {
  std::map<WorkerStart, Worker> kept;
  std::map<std::string_view, std::vector<Worker*>> by_name;
  for (const RunningJob& job : jobs) {
    const auto known = workers_.find(job.worker);
    const auto [it, is_new] = kept.try_emplace(job.worker, known == workers_.end() ? Worker{now} : known->second);
    if (is_new) by_name[job.machine].push_back(&it->second);
    it->second.other.clear();
    it->second.moved.reset();
  }
  workers_ = std::move(kept);
  for (const SeenWorker& row : seen.value_or(std::vector<SeenWorker>())) {
    if (const auto same = workers_.find(row.worker); same != workers_.end()) {
      if (std::exchange(same->second.heard, row.heard) < row.heard) same->second.alive = now;
      continue;
    }
    const auto named = by_name.find(row.machine);
    if (named == by_name.end()) continue;
    for (auto& [start, worker] : workers_) {
      const bool is_later = row.worker.began > start.began;
      if (!is_later || std::ranges::find(named->second, &worker) == named->second.end()) continue;
      if (row.worker.address == start.address) {
        worker.other = "HTCondor began again there";
      } else {
        worker.other = "its machine is at " + to_string(row.worker.address) + " by now";
        worker.moved = row.worker.address;
      }
    }
  }
  Questions out;
  for (const auto& [start, worker] : workers_) {
    const bool is_doubtful = now - worker.alive > update_life || worker.moved;
    if (is_doubtful) out.answers.insert(start.address);
    if (is_doubtful || !worker.node) out.holder.insert(start.address);
  }
  return out;
}

std::vector<LostJob> WorkerFates::judge(TimePoint now, const std::vector<RunningJob>& jobs, const Answers& answers) {
  std::map<WorkerStart, std::string> lost;
  for (auto& [start, worker] : workers_) {
    const auto found = answers.holders.find(start.address);
    const AddressHolder* holder = found == answers.holders.end() ? nullptr : &found->second;
    if (holder != nullptr && !worker.node) worker.node = holder->node;
    if (answers.answering.contains(start.address)) {
      worker.alive = now;
      // Its name is another's who says so himself; what is there goes on.
      if (worker.moved) worker.other.clear();
    }
    // Who has no links hears nobody, and learns nothing of others by that.
    if (!answers.is_connected) worker.alive = now;
    if (holder != nullptr) worker.unheld = holder->node ? 0 : worker.unheld + 1;
    if (auto why = fate_of(now, worker, holder); !why.empty()) lost.emplace(start, std::move(why));
  }
  std::vector<LostJob> out;
  std::map<std::string, std::pair<WorkerStart, TimePoint>> told;
  for (const RunningJob& job : jobs) {
    const auto it = lost.find(job.worker);
    if (it == lost.end()) continue;
    const auto before = told_.find(job.job);
    const bool is_told =
        before != told_.end() && before->second.first == job.worker && now - before->second.second < told_life;
    told.emplace(job.job, is_told ? before->second : std::pair{job.worker, now});
    if (!is_told) out.push_back({job, it->second});
  }
  told_ = std::move(told);
  return out;
}

std::string WorkerFates::fate_of(TimePoint now, const Worker& worker, const AddressHolder* holder) const {
  if (!worker.other.empty()) return worker.other;
  if (now - worker.alive <= update_life) return {};
  if (holder != nullptr && holder->node && worker.node && *holder->node != *worker.node)
    return "its address belongs to another machine by now";
  if (worker.unheld >= enough_unheld) return "nobody holds its address any more";
  if (now - worker.alive >= patience_) return "silent for " + whole_minutes(now - worker.alive);
  return {};
}

}  // namespace ipop::pool
