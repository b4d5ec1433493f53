#include "ledger_watch.hpp"

#include "io/system_clock.hpp"

namespace ipop::ga_cert {
namespace {

// Until a node of a group could say what the group remembers of the ledger.
constexpr Duration asked_pause = 20s;
// While somebody waits for it: for the ledger that is to come, or for the first member.
constexpr Duration soon = 3s;
// The hash table keeps it for a week, and who was away longer hears of it within a day.
constexpr Duration told_pause = std::chrono::hours(12);
// Requests may come faster than anybody can be asked.
constexpr Duration least_pause = 1s;

}  // namespace

bool LedgerWatch::is_due(TimePoint now) const {
  return fault_.empty() && (desk_.is_replaced() || (waits_for_member_ && now >= looked_ + least_pause));
}

Duration LedgerWatch::pause() const {
  if (!fault_.empty() || waits_for_member_) return soon;
  return is_told() ? told_pause : asked_pause;
}

void LedgerWatch::look() {
  const GroupMemory heard = recall(context_, desk_.authority());
  looked_ = io::monotonic_now();
  if (heard.mark && (!known_.mark || known_.mark->count < heard.mark->count)) known_.mark = heard.mark;
  if (heard.list && (!known_.list || known_.list->number() < heard.list->number())) known_.list = heard.list;
  fault_ = compare();
  waits_for_member_ = fault_.empty() && is_unheard(desk_, heard);
  const bool was_heard = heard.was_asked && !waits_for_member_;
  if (fault_.empty() && was_heard && remember_ledger(context_, desk_)) told_ = desk_.book().count();
}

std::string LedgerWatch::compare() {
  if (!fault_.empty() || desk_.is_replaced()) {
    if (auto opened = desk_.reopen(); !opened) return opened.error().message();
  }
  if (auto fresh = desk_.refresh(); !fresh) return fresh.error().message();
  return find_ledger_fault(desk_, known_).value_or("");
}

}  // namespace ipop::ga_cert
