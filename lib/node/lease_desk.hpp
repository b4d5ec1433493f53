#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/bytes.hpp"
#include "base/expiring_map.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "node/query.hpp"

namespace ipop::node {

/// On the member that runs the group's lease server: the requests that other members sent to this node, and its own,
/// for the server on this machine, one after the other.
///
/// A node waits here with one request at a time, so that nobody keeps others out by asking often; whoever owns the
/// desk has checked the request's signature.
class LeaseDesk {
 public:
  static constexpr std::size_t most_waiting = 256;  ///< some seconds of work
  /// As long as a courier repeats a question.
  static constexpr Duration remembered = 10s;

  struct Ask {  ///< for the server on this machine, one at a time; answered by handle_answer() or handle_failure()
    Bytes request{};
  };
  struct Reply {
    NodeId to{};
    LeaseReply reply{};
  };
  struct OwnAnswer {  ///< to handle_own()
    Bytes grant{};
  };
  struct OwnFailure {
    std::string why{};
  };
  using Output = std::variant<Ask, Reply, OwnAnswer, OwnFailure>;

  /// A request of this node itself, which comes next.
  void handle_own(Bytes request);
  /// The question that came from `from` for `node`, which signed it. False: too many wait.
  bool handle_question(TimePoint now, const NodeId& from, const NodeId& node, LeaseQuestion question);
  void handle_answer(TimePoint now, ByteSpan grant);
  void handle_failure(TimePoint now, std::string why);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }

 private:
  struct Waiting {
    std::optional<NodeId> node{};  ///< none: this one
    NodeId from{};
    LeaseQuestion question{};
  };
  using Asked = std::pair<NodeId, std::uint64_t>;  ///< the node, and the id of its question

  void ask_next();
  void reply(TimePoint now, const Waiting& waiting, LeaseReply reply);

  std::deque<Waiting> waiting_;  // the first one is being asked
  bool asking_ = false;
  ExpiringMap<Asked, LeaseReply> told_{2 * most_waiting};  // replies, for questions that come again
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::node
