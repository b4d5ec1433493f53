#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/counters.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "crypto/trust_store.hpp"
#include "node/lease_courier.hpp"
#include "node/lease_desk.hpp"
#include "node/query.hpp"
#include "router/lease_server.hpp"

namespace ipop::node {

/// How a node's lease request reaches the group's lease server: through the node's owner; or over the ring, where a
/// member runs the server; or, on that member, together with the requests of all others.
class LeaseWay {
 public:
  struct Find {  ///< who holds this name; answered by handle_found()
    std::string name{};
  };
  struct Send {
    NodeId to{};
    QueryMessage message{};
  };
  struct AskServer {  ///< for the owner; answered by handle_answer() or handle_failure()
    Bytes request{};
  };
  struct Answered {  ///< to handle_request()
    Bytes grant{};
  };
  struct Failed {
    std::string why{};
  };
  using Output = std::variant<Find, Send, AskServer, Answered, Failed>;

  /// This node has the host name, by its own word; whether the ring lets it have the name is seen by the others, who
  /// ask whoever holds it. `rng` outlives this.
  LeaseWay(std::string name_space, const std::optional<router::LeaseServer>& server,
           const std::optional<std::string>& host_name, Rng& rng);

  /// An encoded leasing::LeaseRequest of this node.
  void handle_request(TimePoint now, Bytes request);
  /// None: nobody holds the name, or the ring did not say.
  void handle_found(TimePoint now, const std::optional<NodeId>& holder);
  void handle_answer(TimePoint now, ByteSpan grant);
  void handle_failure(TimePoint now, std::string why);
  /// Of another member. It has to be a member's request before it waits for the server, whom it costs a program's
  /// start.
  void handle_question(TimePoint now, const NodeId& from, LeaseQuestion question, const crypto::TrustStore& trust,
                       WallTime wall);
  void handle_reply(const NodeId& from, LeaseReply reply);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void pass_values();

  std::string name_space_;
  std::optional<LeaseCourier> courier_;
  std::optional<LeaseDesk> desk_;
  OutputQueue<Output> outputs_;
  Counters counters_;
};

static_assert(Machine<LeaseWay>);

}  // namespace ipop::node
