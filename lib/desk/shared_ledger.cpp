#include "desk/shared_ledger.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "cli/human.hpp"
#include "desk/damaged.hpp"
#include "io/file.hpp"
#include "io/system_clock.hpp"

namespace ipop::desk {
namespace {

// A decision takes a few milliseconds; somebody who holds the ledger for longer hangs.
constexpr auto turn_limit = std::chrono::seconds(10);

std::string entry_text(std::uint64_t count) {
  return "entry " + std::to_string(count);
}

}  // namespace

Result<void> SharedLedger::begin(const AuthorityFiles& files, const authority::LedgerEntry& made) {
  auto journal = io::Journal::make(files.ledger(), 0600);
  if (!journal) return journal.error();
  if (auto locked = journal->lock(turn_limit); !locked) return locked.error();
  authority::LedgerLink link{};
  return journal->append(to_line(made, link));
}

Result<SharedLedger> SharedLedger::open(const AuthorityFiles& files) {
  auto journal = io::Journal::open(files.ledger());
  if (!journal) return std::move(journal).error();
  return SharedLedger(files, *std::move(journal));
}

Result<void> SharedLedger::take_turn() {
  // The journal gives each line once: with one that is not understood the book would end there for good.
  if (damage_) return *damage_;
  const auto found = journal_.lock(turn_limit);
  if (!found) return found.error();
  if (auto taken = take_in(*found); !taken) {
    damage_ = std::move(taken).error();
    return *damage_;
  }
  return {};
}

Result<void> SharedLedger::take_in(const io::Journal::Found& found) {
  std::string_view rest = found.lines;
  while (!rest.empty()) {
    const auto stop = rest.find('\n');
    auto entry = authority::parse_ledger_line(rest.substr(0, stop), link_);
    auto applied = entry ? book_.apply(*entry) : Result<void>(entry.error());
    if (!applied) return damaged(files_.ledger() + ":" + std::to_string(line_ + 1), std::move(applied).error());
    ++line_;
    links_.emplace_back(book_.count(), link_);
    rest.remove_prefix(stop + 1);
  }
  if (!found.torn.empty() && book_.made()) put_aside(found.torn);
  return {};
}

void SharedLedger::put_aside(const std::string& torn) {
  notes_.push_back("the ledger's last line was not finished (a process was killed or the disk was full): its " +
                   std::to_string(torn.size()) + " octets are in " + files_.torn_line());
  // On a full disk nothing can be noted; the ledger is whole again all the same.
  static_cast<void>(io::write_file_atomically(files_.torn_line(), torn, 0600));
  static_cast<void>(record(authority::LedgerMended{torn.size()}, io::wall_time_now()));
}

Result<void> SharedLedger::record(authority::LedgerEvent event, WallTime now) {
  const authority::LedgerEntry entry{now, std::move(event)};
  if (auto good = book_.check(entry); !good) return good;
  authority::LedgerLink link = link_;
  if (auto added = journal_.append(to_line(entry, link)); !added) return added;
  link_ = link;
  ++line_;
  auto applied = book_.apply(entry);
  if (applied) links_.emplace_back(book_.count(), link_);
  return applied;
}

Result<void> SharedLedger::compare(const authority::LedgerMark& remembered) const {
  if (remembered.count <= book_.resumed_at()) return {};
  if (remembered.count > book_.count())
    return {Errc::conflict, "the ledger in " + files_.directory() + " ends with " + entry_text(book_.count()) +
                                ", and the group knows " + entry_text(remembered.count) + " of " +
                                cli::utc_text(remembered.at) +
                                ": this is an old backup, or a copy of an authority that went on elsewhere"};
  const auto known = std::ranges::lower_bound(links_, remembered.count, {}, [](const auto& it) { return it.first; });
  if (known == links_.end() || known->first != remembered.count || known->second == remembered.link) return {};
  return {Errc::conflict, "the ledger in " + files_.directory() + " has another " + entry_text(remembered.count) +
                              " than the group knows, of " + cli::utc_text(remembered.at) +
                              ": two copies of this authority went on, each by itself"};
}

}  // namespace ipop::desk
