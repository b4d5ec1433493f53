#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.hpp"
#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "base/rng.hpp"
#include "node/query.hpp"

namespace ipop::node {

/// Takes this node's lease requests to the member that runs the group's lease server, over the ring: a node has no
/// address yet when it asks.
///
/// The member is found anew for each request, by the record of its name. Whoever holds that name could keep a lease
/// from us and no more: the request is signed, and so is the grant.
class LeaseCourier {
 public:
  static constexpr unsigned tries = 4;
  /// The server's machine starts a program for each request; a busy one takes seconds for a few dozen.
  static constexpr Duration pause = 2s;

  struct Find {};  ///< who holds the server's name; answered by handle_found()
  struct Send {
    NodeId to{};
    LeaseQuestion question{};
  };
  struct Answered {
    Bytes grant{};
  };
  struct Failed {
    std::string why{};
  };
  using Output = std::variant<Find, Send, Answered, Failed>;

  /// `server` is the member's name; `rng` outlives the courier.
  LeaseCourier(std::string server, Rng& rng) : server_(std::move(server)), rng_(rng) {}

  [[nodiscard]] const std::string& server() const { return server_; }
  /// An encoded leasing::LeaseRequest; what was under way before is forgotten.
  void handle_request(TimePoint now, Bytes request);
  /// None: nobody holds the name, or the ring did not say.
  void handle_found(TimePoint now, const std::optional<NodeId>& holder);
  /// False: nobody asked for it.
  bool handle_reply(const NodeId& from, LeaseReply reply);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output() { return outputs_.poll(); }
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;

 private:
  struct Carried {
    LeaseQuestion question{};
    std::optional<NodeId> to{};
    unsigned sent = 0;
    std::optional<TimePoint> next{};
  };

  void send(TimePoint now);
  void fail(std::string why);

  std::string server_;
  Rng& rng_;
  std::optional<Carried> carried_;
  OutputQueue<Output> outputs_;
};

static_assert(Machine<LeaseCourier>);

}  // namespace ipop::node
