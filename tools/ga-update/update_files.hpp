#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "io/directory_lock.hpp"
#include "updates/history.hpp"
#include "updates/journal.hpp"
#include "verbs.hpp"

namespace ipop::ga_update {

/// Where an update's files are in a store; packaging/appliance/boot-layers spells the same names.
struct UpdateFiles {
  explicit UpdateFiles(const Context& context) : directory(context.store.root + "/update") {}

  [[nodiscard]] std::string journal() const { return directory + "/journal"; }
  [[nodiscard]] std::string history() const { return directory + "/history"; }
  [[nodiscard]] std::string hold() const { return directory + "/hold"; }
  [[nodiscard]] std::string home() const { return directory + "/home"; }          ///< as it was before the trial
  [[nodiscard]] std::string home_new() const { return directory + "/home.new"; }  ///< a copy that is not whole
  [[nodiscard]] std::string tried() const { return directory + "/tried"; }  ///< what was written before it went back
  [[nodiscard]] std::string packages() const { return directory + "/packages"; }
  [[nodiscard]] std::string archives() const { return packages() + "/archives"; }  ///< what apt has downloaded
  [[nodiscard]] std::string plan() const { return packages() + "/plan"; }  ///< what the boot upgrades; gone when it has

  std::string directory{};
};

/// The update that is under way, if any. Errors: errno, those of parse_journal.
Result<std::optional<updates::Journal>> load_journal(const Context& context);
/// The first step of an update. Makes the directory.
Result<void> save_journal(const Context& context, const updates::Journal& journal);
/// The next one, with the store for this process alone: the journal becomes `next` while it says what was `judged`.
/// Errors: conflict (it says something else by now), those of load_journal and save_journal.
Result<void> step_on(const Context& context, const updates::Journal& judged, const updates::Journal& next);
Result<updates::History> load_history(const Context& context);
/// Why no update is taken; none: updates are taken.
Result<std::optional<std::string>> load_hold(const Context& context);

/// The store for this process alone, after what an earlier one left unfinished was put right: texts that were being
/// written, and what came in for an update which never began. Waits at most `limit`. Errors: those of
/// layerstore::open_store and load_stack.
Result<io::DirectoryLock> open_for_update(const Context& context, Duration limit = {});

/// Writes down an update that is content or was put back, and removes what only it needed. The journal goes last, so
/// that all can be repeated.
Result<void> finish_update(const Context& context, const updates::Journal& journal);

/// What the boot disk has done about updates at this boot: its word; empty: it does not know any.
std::string word_of_boot(const Context& context);
/// Whether this boot disk also upgrades packages for a trial.
bool boot_upgrades_packages(const Context& context);
/// Lets the machine start again, by systemd or without.
Result<void> restart_machine();

}  // namespace ipop::ga_update
