#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/node_id.hpp"
#include "base/time.hpp"
#include "overlay/connection.hpp"

namespace ipop::overlay {

/// Numbered questions to whoever is nearest to a point: asked again with doubling pauses until
/// answered or given up.
class RequestReply {
 public:
  static constexpr unsigned tries = 4;
  static constexpr Duration retry_first = 1s;  ///< as RFC 6298 begins: an answer comes over some eight links
  static constexpr std::size_t max_requests = 32;
  /// To one request: the nearest node answers, and two more on each of its sides.
  static constexpr unsigned max_answers = 8;

  enum class Purpose { own_place, shortcut };
  struct Request {
    Purpose purpose{};
    NodeId destination{};
    Roles roles{};                      ///< the link that who answers is to make; none: he only says who is there
    std::optional<NodeId> first_hop{};  ///< the link to ask through; else wherever routing says
  };
  struct Due {
    std::uint64_t token = 0;
    Request request{};
    bool given_up = false;  ///< forgotten; else to be sent (again) now
  };

  /// The first due() after this gives the request. False when too many are running.
  bool add(TimePoint now, std::uint64_t token, Request request);
  std::vector<Due> due(TimePoint now);
  /// The request that an answer belongs to; it stays for a while after note_answer(), since
  /// several nodes may answer.
  [[nodiscard]] const Request* find(std::uint64_t token) const;
  /// One more answer to the request came; false when there were enough.
  bool take_answer(std::uint64_t token);
  /// No further repetition; answers are still known for `answers_live` from now. True when it was
  /// answered before.
  bool note_answer(TimePoint now, std::uint64_t token);
  void clear() { running_.clear(); }
  [[nodiscard]] std::optional<TimePoint> deadline() const;

  static constexpr Duration answers_live = 2s;

 private:
  struct Running {
    Request request{};
    unsigned sent = 0;
    unsigned answers = 0;
    TimePoint next{};
    bool answered = false;
  };
  std::map<std::uint64_t, Running> running_;
};

}  // namespace ipop::overlay
