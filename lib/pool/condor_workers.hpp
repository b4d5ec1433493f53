#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "net/ipv4_address.hpp"

namespace ipop::pool {

/// A start of HTCondor on a machine: what a claim holds on to.
struct WorkerStart {
  net::Ipv4Address address{};
  std::int64_t began{};  ///< seconds since 1970, by the worker's clock
  friend auto operator<=>(const WorkerStart&, const WorkerStart&) = default;
};

/// A job that runs, as the queue of its submit machine has it.
struct RunningJob {
  std::string job{};      ///< "12.0"
  std::string machine{};  ///< "bob.ipop"
  WorkerStart worker{};
  friend bool operator==(const RunningJob&, const RunningJob&) = default;
};

/// A worker as the pool's manager shows it.
struct SeenWorker {
  std::string machine{};
  WorkerStart worker{};
  std::int64_t heard{};  ///< when the manager heard from it last, by the manager's clock
  friend bool operator==(const SeenWorker&, const SeenWorker&) = default;
};

/// What condor_q and condor_status print for these, a line each with tabs between the values: the numbers of a job's
/// cluster and process, RemoteHost and PublicClaimId; Machine, MyAddress, DaemonStartTime and LastHeardFrom. Other
/// lines are left out.
std::vector<RunningJob> parse_running_jobs(std::string_view text);
std::vector<SeenWorker> parse_seen_workers(std::string_view text);

/// Who holds a virtual address, as the group's hash table says.
struct AddressHolder {
  std::optional<NodeId> node{};  ///< none: nobody does
};

/// A job whose worker is known to be gone.
struct LostJob {
  RunningJob job{};
  std::string why{};  ///< "began again", "silent for 10 min"
  friend bool operator==(const LostJob&, const LostJob&) = default;
};

/// Which workers that run jobs of this machine are gone: those whose HTCondor began again, whose address is another
/// machine's or nobody's, and those that are silent for longer than `patience` while this machine hears others.
///
/// A machine in look_at() and judge(), one after the other with the same jobs; it keeps nothing of workers
/// that run none.
class WorkerFates {
 public:
  explicit WorkerFates(Duration patience) : patience_(patience) {}

  /// What is to be found out before judge().
  struct Questions {
    std::set<net::Ipv4Address> holder{};   ///< who holds this address
    std::set<net::Ipv4Address> answers{};  ///< whether HTCondor's port answers there
  };
  /// `seen`: none when the manager did not answer.
  Questions look_at(TimePoint now, const std::vector<RunningJob>& jobs,
                    const std::optional<std::vector<SeenWorker>>& seen);

  /// What was found out; an address that could not be asked for is missing.
  struct Answers {
    std::map<net::Ipv4Address, AddressHolder> holders{};
    std::set<net::Ipv4Address> answering{};
    bool is_connected = false;  ///< this machine's node has links: who is silent is so by himself
  };
  /// The jobs that are lost, each once until it runs elsewhere.
  std::vector<LostJob> judge(TimePoint now, const std::vector<RunningJob>& jobs, const Answers& answers);

 private:
  struct Worker {
    TimePoint alive{};                        ///< last sign of it
    std::int64_t heard = 0;                   ///< SeenWorker's
    std::optional<NodeId> node{};             ///< that held its address first
    std::size_t unheld = 0;                   ///< answers in a row that nobody holds the address
    std::string other{};                      ///< what its name is by now; empty: nothing else
    std::optional<net::Ipv4Address> moved{};  ///< where
  };

  [[nodiscard]] std::string fate_of(TimePoint now, const Worker& worker, const AddressHolder* holder) const;

  Duration patience_;
  std::map<WorkerStart, Worker> workers_;
  std::map<std::string, std::pair<WorkerStart, TimePoint>> told_;  // by job
};

}  // namespace ipop::pool
