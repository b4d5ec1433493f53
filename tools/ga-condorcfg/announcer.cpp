#include "announcer.hpp"

#include <algorithm>
#include <utility>

#include "condor/condor_program.hpp"
#include "condor_place.hpp"
#include "io/system_clock.hpp"
#include "validation/verdicts.hpp"

namespace ipop::ga_condorcfg {

void Announcer::expect_start() {
  changes_.reset();
  const auto said = condor::run_condor({"condor_config_val", "COLLECTOR_ADDRESS_FILE"});
  file_ = said && said->status == 0 ? validation::first_line(said->output) : std::string();
  before_ = written_at();
  const std::string directory = file_.substr(0, file_.rfind('/'));
  auto changes = said ? io::DirectoryChanges::watch(loop_, directory, [this] { look(); })
                      : Result<io::DirectoryChanges>(said.error());
  if (changes)
    changes_ = *std::move(changes);
  else
    handlers_.log({LogLevel::warning,
                   "the manager is announced but cannot be reached yet",
                   {{"reason", changes.error().message()}}});
}

void Announcer::announce(pool::ManagerAnnouncement own, const std::vector<pool::KnownManager>& known,
                         const NodeId& self) {
  // A manager that was away for a moment is as old as it was.
  if (!since_) {
    since_ = io::wall_time_now();
    for (const pool::KnownManager& manager : known)
      if (manager.owner == self) since_ = std::min(*since_, manager.announcement.since);
  }
  own.since = *since_;
  text_ = to_string(own);
  if (!changes_) publish();
}

void Announcer::withdraw() {
  text_.clear();
  publish();
}

Announcer::FileTime Announcer::written_at() const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file_, error);
  return error ? std::nullopt : FileTime(time);
}

void Announcer::look() {
  const FileTime written = written_at();
  if (!written || written == before_) return;
  changes_.reset();
  if (!text_.empty()) publish();
}

void Announcer::publish() {
  handlers_.announce(text_);
}

}  // namespace ipop::ga_condorcfg
