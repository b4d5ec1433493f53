#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "base/strong_id.hpp"
#include "base/wall_clock.hpp"
#include "dht/dht.hpp"
#include "net/ipv4_address.hpp"
#include "node/command.hpp"
#include "node/query.hpp"
#include "node/ring_walk.hpp"
#include "node/self_report.hpp"

namespace ipop::node {

/// Names a client's question that waits for records of the DHT.
using QuestionId = StrongId<struct QuestionTag, std::uint64_t>;

/// What clients ask. Some of it is answered from the report at once; walks, records and names wait for the ring: so
/// many of each, and each gets an answer or a refusal.
class Questions {
 public:
  static constexpr std::size_t max_walks = 8;
  static constexpr std::size_t max_look_ups = 1024;
  static constexpr std::size_t max_operations = 1024;
  static constexpr std::chrono::seconds max_time_to_live = std::chrono::hours(24 * 7);

  struct AskNode {  ///< routed to the node
    NodeId to{};
    Query question{};
  };
  struct MemberAnswered {  ///< a walk heard of it
    MemberRow row{};
  };
  struct Walked {  ///< who was here before and is not? Answered by handle_gone()
    CommandId id{};
    MembersAnswer found{};
  };
  struct Get {  ///< answered by handle_dht_answer()
    QuestionId id{};
    dht::RecordKind kind{};
    Bytes name{};
  };
  struct Put {  ///< likewise
    QuestionId id{};
    DhtPutCommand value{};
  };
  struct Resolve {  ///< answered by handle_dns_answer()
    std::uint64_t tag = 0;
    Bytes query{};
  };
  struct Watch {  ///< answered by handle_done()
    CommandId id{};
    Bytes name{};
  };
  struct Adopt {  ///< a revocation list that somebody brought here; likewise
    CommandId id{};
    Bytes list{};
  };
  struct Stop {};  ///< a client asked the daemon to end
  using Output = std::variant<CommandAnswer, AskNode, MemberAnswered, Walked, Get, Put, Resolve, Watch, Adopt, Stop>;

  /// Report, clock and `rng` outlive this.
  Questions(const SelfReport& report, Bytes name_space, const WallClock& clock, Rng& rng)
      : report_(report), name_space_(std::move(name_space)), clock_(clock), rng_(rng) {}

  void handle_command(TimePoint now, CommandId id, const Command& command);
  /// Answers Watch and Adopt.
  void handle_done(CommandId id, const Result<void>& done);
  void handle_gone(Walked walked, std::vector<GoneRow> gone);
  void handle_dht_answer(TimePoint now, QuestionId id, const dht::Dht::Answer& answered);
  void handle_dns_answer(std::uint64_t tag, Bytes message);
  /// False: no walk asked for it.
  [[nodiscard]] bool handle_query_answer(TimePoint now, const NodeId& from, const QueryAnswer& answered);
  void handle_timeout(TimePoint now);
  /// Whoever would answer names is gone.
  void refuse_names(std::string_view why);
  void refuse_all(std::string_view why);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

 private:
  struct Walk {
    CommandId id{};
    bool all = false;
    RingWalk walk;
  };
  struct WantsValues {};
  struct WantsHolder {
    std::optional<net::Ipv4Address> address{};
  };
  struct Waiting {
    CommandId id{};
    std::variant<WantsValues, WantsHolder> wants{};
  };

  void begin_walk(TimePoint now, CommandId id, const MembersCommand& command);
  void begin_get(CommandId id, const DhtGetCommand& command);
  void begin_put(CommandId id, const DhtPutCommand& command);
  void begin_resolve(CommandId id, const DnsCommand& command);
  void begin_why(TimePoint now, CommandId id, const std::string& target);
  void answer_why(TimePoint now, CommandId id, const WantsHolder& wants, const dht::Dht::Answer& answered);
  void refuse(CommandId id, Error error) { outputs_.push(CommandAnswer{id, Result<Answer>(std::move(error))}); }
  void answer(CommandId id, Answer value) { outputs_.push(CommandAnswer{id, Result<Answer>(std::move(value))}); }
  /// None: too many wait, which the client was told.
  std::optional<QuestionId> wait(CommandId id, std::variant<WantsValues, WantsHolder> wants);
  void pass_from_walks();

  const SelfReport& report_;
  Bytes name_space_;
  const WallClock& clock_;
  Rng& rng_;
  std::list<Walk> walks_;
  std::map<QuestionId, Waiting> waiting_;
  std::map<std::uint64_t, CommandId> resolving_;  // by tag
  std::uint64_t next_id_ = 1;
  std::uint64_t next_tag_ = 1;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<Questions>);

}  // namespace ipop::node
