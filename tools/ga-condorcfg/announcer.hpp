#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"
#include "io/directory_changes.hpp"
#include "io/event_loop.hpp"
#include "pool/condor_manager.hpp"

namespace ipop::ga_condorcfg {

/// Announces the manager that this machine is, as soon as its collector can be asked: a worker that asks
/// earlier stays unseen until its next update. The event is the file in which the collector says where it is.
class Announcer {
 public:
  struct Handlers {
    std::function<void(std::string)> announce;  ///< the text for the group; empty: takes it back
    std::function<void(const LogLine&)> log;
  };

  Announcer(io::EventLoop& loop, Handlers handlers) : loop_(loop), handlers_(std::move(handlers)) {}

  /// HTCondor is about to be started, or started again: what is announced waits for that start's collector.
  void expect_start();
  /// At once when the collector is there. `own` says everything but since when; `known` is what the group
  /// knows, this machine's earlier announcement among it, whose node is `self`.
  void announce(pool::ManagerAnnouncement own, const std::vector<pool::KnownManager>& known, const NodeId& self);
  void withdraw();

 private:
  using FileTime = std::optional<std::filesystem::file_time_type>;

  [[nodiscard]] FileTime written_at() const;
  void look();
  void publish();

  io::EventLoop& loop_;
  Handlers handlers_;
  std::string file_;                             // the collector's address
  FileTime before_;                              // of the file, when the start was expected
  std::optional<io::DirectoryChanges> changes_;  // while the collector is waited for
  std::optional<WallTime> since_;
  std::string text_;
};

}  // namespace ipop::ga_condorcfg
