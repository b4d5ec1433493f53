#include "node/lease_desk.hpp"

#include <algorithm>

namespace ipop::node {

void LeaseDesk::handle_own(Bytes request) {
  const auto next = waiting_.begin() + (asking_ ? 1 : 0);
  waiting_.insert(next, Waiting{std::nullopt, {}, {0, std::move(request)}});
  ask_next();
}

bool LeaseDesk::handle_question(TimePoint now, const NodeId& from, const NodeId& node, LeaseQuestion question) {
  if (const LeaseReply* told = told_.find({node, question.id}, now)) {
    outputs_.push(Reply{from, *told});
    return true;
  }
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    Waiting& there = waiting_[i];
    if (there.node != node) continue;
    if (there.question.id == question.id) return true;
    if (i == 0 && asking_) continue;
    // Its newer request, in the place of the one that it has given up.
    there.from = from;
    there.question = std::move(question);
    return true;
  }
  if (waiting_.size() >= most_waiting) return false;
  waiting_.push_back({node, from, std::move(question)});
  ask_next();
  return true;
}

void LeaseDesk::ask_next() {
  if (asking_ || waiting_.empty()) return;
  asking_ = true;
  outputs_.push(Ask{waiting_.front().question.request});
}

void LeaseDesk::handle_answer(TimePoint now, ByteSpan grant) {
  if (!asking_) return;
  asking_ = false;
  const Waiting answered = std::move(waiting_.front());
  waiting_.pop_front();
  if (answered.node)
    reply(now, answered, {answered.question.id, to_bytes(grant), {}});
  else
    outputs_.push(OwnAnswer{to_bytes(grant)});
  ask_next();
}

void LeaseDesk::handle_failure(TimePoint now, std::string why) {
  if (!asking_) return;
  asking_ = false;
  const Waiting refused = std::move(waiting_.front());
  waiting_.pop_front();
  if (refused.node)
    reply(now, refused, {refused.question.id, {}, std::move(why)});
  else
    outputs_.push(OwnFailure{std::move(why)});
  ask_next();
}

void LeaseDesk::reply(TimePoint now, const Waiting& waiting, LeaseReply reply) {
  told_.put(now, {*waiting.node, waiting.question.id}, reply, now + remembered);
  outputs_.push(Reply{waiting.from, std::move(reply)});
}

}  // namespace ipop::node
