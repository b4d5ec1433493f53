#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "base/fifo.hpp"
#include "base/node_id.hpp"
#include "base/time.hpp"

namespace ipop::overlay {

/// What a relay gives away of its rate ahead of time, to whoever passes packets on beside this machine.
///
/// Three quarters of the rate are lent at the most, as much to each sender as to the others; who sends to several
/// shares his part among them. The queue goes on with the rest, so all together stay within the rate, and what goes
/// beyond a pair's loan takes its turn there.
class RelayLending {
 public:
  static constexpr Duration lent_for = 200ms;
  static constexpr std::size_t max_pairs = 1024;

  /// Octets that may go from `source` to `destination` until now + lent_for. 0: they have a loan, used up or not, or
  /// all is lent.
  std::uint64_t lend(TimePoint now, std::uint64_t rate, const NodeId& source, const NodeId& destination);
  /// Octets a second of `rate` that are not lent.
  std::uint64_t rest(TimePoint now, std::uint64_t rate);

 private:
  using Pair = std::pair<NodeId, NodeId>;
  struct Loan {
    Pair pair{};
    std::uint64_t octets = 0;
    TimePoint until{};
  };
  void forget_old(TimePoint now);

  // A pair counts as a borrower for one more loan's time, so that those who share the rate know of one another.
  std::map<Pair, TimePoint> until_;
  std::map<NodeId, std::size_t> pairs_of_;  // by sender
  Fifo<Loan> running_;
  Fifo<Loan> ended_;
  std::uint64_t lent_ = 0;  // octets of `running_`
};

}  // namespace ipop::overlay
