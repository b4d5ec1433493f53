#pragma once

// What was found out about one group on this machine, as values. Whoever looks fills in what was looked at;
// what nobody looked at is empty, and nothing is concluded from it.

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "net/endpoint.hpp"
#include "net/ipv4_address.hpp"
#include "node/command.hpp"

namespace ipop::health {

/// Whether something may be used, and if not, why.
struct FileFact {
  std::string path{};
  std::string problem{};  ///< empty: good
  bool is_state = false;  ///< the directory where the node keeps what it knows: it runs on without
};

/// The control socket of the group's node.
enum class NodeFact { answers, not_running, not_permitted, silent };

struct ClockFact {
  bool is_synchronized = false;                  ///< as the kernel says (adjtimex(2))
  std::optional<std::chrono::seconds> behind{};  ///< this machine's clock against a file that was written later
};

/// A bootstrap node of the group's file.
struct BootstrapFact {
  std::string name{};     ///< as the file has it: host and port
  std::string problem{};  ///< of finding its address; empty: found
  bool is_self = false;
  bool is_linked = false;         ///< this node has a link to it
  std::optional<bool> answers{};  ///< to a first message; empty: not tried
};

/// A look-up through the system's own resolver.
struct LookUpFact {
  std::string name{};
  std::string problem{};  ///< empty: the right answer came
  std::string servers{};  ///< that the resolver asks
};

/// Pings to a member, small ones and the largest that are said to pass.
struct PathFact {
  std::string name{};
  net::Ipv4Address address{};
  std::size_t largest =
      0;                   ///< octets of the large ones' packets: what the interface takes, or the node says it cuts to
  bool is_narrow = false;  ///< the interface takes larger ones
  bool small_answered = false;
  bool large_answered = false;
};

struct FirewallFact {
  enum class State { none, applied, differs, missing, unknown };
  State state = State::none;  ///< none: no settings are kept, so no firewall is wanted
  std::string role{};
  std::string problem{};  ///< why it is unknown
};

/// HTCondor on this machine, where a role file says that it is in a pool.
struct PoolFact {
  std::string group{};  ///< of the pool
  std::string roles{};
  std::string manager{};
  std::string problem{};  ///< of role file or configuration, in the words of `ga-condorcfg check`
  std::string next{};     ///< its next command
  bool is_running = false;
  std::optional<std::size_t> slots{};    ///< of the pool
  std::optional<std::size_t> my_jobs{};  ///< in this machine's queue
};

/// This machine is in the network in which it asks for its certificate of a closed group, and has none yet.
struct EnrolmentFact {
  enum class Step { wanted, waiting, denied };
  Step step = Step::wanted;
  std::string authority{};  ///< its name; empty: not known yet
  std::string user{};
  std::string request{};  ///< what `ga-cert accept` takes
  std::string at{};       ///< of this step, as a person reads it
  std::string reason{};   ///< of a denial
};

/// An authority that this machine is.
struct AuthorityFact {
  std::string name{};
  std::size_t waiting = 0;
  std::string problem{};  ///< why nothing can be asked of it; empty: it works
  std::string next{};     ///< the command that it suggests then
};

/// The server of this machine's authority in the group: machines ask it for certificates.
struct AuthorityServerFact {
  std::string place{};    ///< where it listens
  std::string problem{};  ///< empty: it answers
};

struct Facts {
  bool has_systemd = false;
  bool has_resolved = false;  ///< systemd-resolved runs
  bool is_root = true;
  bool has_sudo = true;
  WallTime now{};
  std::string group{};                    ///< empty: this machine has none
  std::string group_file{};               ///< path; empty: the node runs without one in the usual place
  std::vector<FileFact> files{};          ///< the group's file, key, state; in this order
  bool is_closed = false;                 ///< by the group's file
  std::optional<FileFact> certificate{};  ///< of this node, in a closed group
  bool has_authority = false;             ///< of this closed group, and the way into it: restored, or made here
  std::optional<EnrolmentFact> enrolment{};
  std::optional<FileFact> tun{};  ///< /dev/net/tun, where the node wants an interface
  std::optional<ClockFact> clock{};
  std::optional<NodeFact> node{};
  bool is_node_replaced = false;     ///< its program was replaced since it started
  std::string node_problem{};        ///< the words of why it does not answer
  std::string start_problem{};       ///< why a node that does not run would not start, as `ipop-node config check` says
  std::optional<bool> has_uplink{};  ///< an address that is neither loopback nor the group's
  std::optional<std::vector<BootstrapFact>> bootstrap{};
  std::optional<node::StatusAnswer> status{};
  std::vector<node::PeerRow> peers{};
  std::optional<bool> is_interface_ready{};  ///< the leased address is on the interface
  std::optional<LookUpFact> inside{};
  std::optional<LookUpFact> outside{};
  std::vector<PathFact> paths{};
  std::string path_problem{};  ///< why nothing was pinged
  std::optional<FirewallFact> firewall{};
  std::optional<PoolFact> pool{};
  std::vector<AuthorityFact> authorities{};
  /// The closed group for which machines ask in this open one, where this machine is its authority; empty: none.
  std::string entrance_of{};
  std::string lost_authority{};  ///< what says that this machine was the authority, and is not; empty: nothing does
  std::optional<AuthorityServerFact> authority_server{};
  std::optional<bool> is_lease_server_running{};  ///< the group's, where its book is on this machine
  std::string lease_server{};  ///< that the group's file names; empty: the ring gives out the addresses
};

}  // namespace ipop::health
