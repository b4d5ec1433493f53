#pragma once

#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/machine.hpp"
#include "base/node_id.hpp"
#include "node/command.hpp"
#include "node/query.hpp"

namespace ipop::node {

/// Finds all members: asks every node that it hears of who it is and whom it knows, several at a
/// time, until nobody new is named. A silent node is asked three times and then listed as silent.
class RingWalk {
 public:
  static constexpr std::size_t in_flight = 16;
  static constexpr unsigned tries = 3;
  static constexpr Duration retry = 1s;

  struct Ask {  ///< route Query{id} to the node
    NodeId to{};
    std::uint64_t id = 0;
  };
  struct Answered {  ///< when it came, not when the last of them did
    MemberRow row{};
  };
  struct Finished {
    MembersAnswer answer{};
  };
  using Output = std::variant<Ask, Answered, Finished>;

  /// `id` marks the queries of this walk; `self` is the first row.
  RingWalk(std::uint64_t id, MemberRow self, std::size_t limit);

  void start(TimePoint now, const std::vector<NodeId>& known);
  void handle_answer(TimePoint now, const NodeId& from, const QueryAnswer& answer);
  void handle_timeout(TimePoint now);

  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<TimePoint> poll_timeout() const;
  [[nodiscard]] std::uint64_t id() const { return id_; }

 private:
  struct Asked {
    TimePoint again{};
    unsigned tries = 0;
  };

  void learn(const std::vector<NodeId>& known);
  void proceed(TimePoint now);

  std::uint64_t id_;
  std::size_t limit_;
  NodeId self_;
  std::map<NodeId, MemberRow> rows_;
  std::map<NodeId, Asked> asked_;
  std::vector<NodeId> waiting_;
  bool finished_ = false;
  bool cut_ = false;
  OutputQueue<Output> outputs_;
};

}  // namespace ipop::node
