#include "node/ring_walk.hpp"

#include <algorithm>

namespace ipop::node {

RingWalk::RingWalk(std::uint64_t id, MemberRow self, std::size_t limit) : id_(id), limit_(limit), self_(self.id) {
  rows_.emplace(self.id, std::move(self));
}

void RingWalk::start(TimePoint now, const std::vector<NodeId>& known) {
  learn(known);
  proceed(now);
}

void RingWalk::learn(const std::vector<NodeId>& known) {
  for (const NodeId& id : known) {
    if (rows_.contains(id)) continue;
    if (rows_.size() >= limit_) {
      cut_ = true;
      return;
    }
    MemberRow row;
    row.id = id;
    row.answered = false;
    rows_.emplace(id, std::move(row));
    waiting_.push_back(id);
  }
}

void RingWalk::handle_answer(TimePoint now, const NodeId& from, const QueryAnswer& answer) {
  const auto asked = asked_.find(from);
  if (asked == asked_.end() || answer.id != id_) return;
  asked_.erase(asked);
  MemberRow& row = rows_.at(from);
  row.answered = true;
  if (!answer.address.is_unspecified()) row.address = answer.address;
  row.name = answer.name;
  row.nat = answer.nat;
  row.links = answer.links;
  row.version = answer.version;
  row.address_after = answer.address_after;
  outputs_.push(Answered{row});
  learn(answer.known);
  proceed(now);
}

void RingWalk::handle_timeout(TimePoint now) {
  for (auto it = asked_.begin(); it != asked_.end();) {
    if (it->second.again > now) {
      ++it;
    } else if (it->second.tries >= tries) {
      it = asked_.erase(it);
    } else {
      ++it->second.tries;
      it->second.again = now + retry;
      outputs_.push(Ask{it->first, id_});
      ++it;
    }
  }
  proceed(now);
}

void RingWalk::proceed(TimePoint now) {
  while (asked_.size() < in_flight && !waiting_.empty()) {
    const NodeId next = waiting_.back();
    waiting_.pop_back();
    asked_.emplace(next, Asked{now + retry, 1});
    outputs_.push(Ask{next, id_});
  }
  if (!asked_.empty() || finished_) return;
  finished_ = true;
  Finished result;
  result.answer.complete = !cut_;
  // Ring order with this node first.
  const auto first = rows_.find(self_);
  for (auto it = first; it != rows_.end(); ++it)
    result.answer.members.push_back(it->second);
  for (auto it = rows_.begin(); it != first; ++it)
    result.answer.members.push_back(it->second);
  outputs_.push(std::move(result));
}

std::optional<RingWalk::Output> RingWalk::poll_output() {
  return outputs_.poll();
}

std::optional<TimePoint> RingWalk::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const auto& [id, asked] : asked_)
    next = earliest(next, asked.again);
  return next;
}

}  // namespace ipop::node
