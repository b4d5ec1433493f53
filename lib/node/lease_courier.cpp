#include "node/lease_courier.hpp"

#include <utility>

namespace ipop::node {
namespace {

/// For a log and a status: what another machine wrote, as one line of visible characters.
std::string as_words(std::string_view text) {
  std::string out;
  for (const char c : text)
    out += c >= ' ' && c <= '~' ? c : '?';
  return out;
}

}  // namespace

void LeaseCourier::handle_request(TimePoint /*now*/, Bytes request) {
  carried_ = Carried{{rng_.next(), std::move(request)}, std::nullopt, 0, std::nullopt};
  outputs_.push(Find{});
}

void LeaseCourier::handle_found(TimePoint now, const std::optional<NodeId>& holder) {
  if (!carried_ || carried_->to) return;
  if (!holder) return fail("no member has the name " + server_);
  carried_->to = holder;
  send(now);
}

bool LeaseCourier::handle_reply(const NodeId& from, LeaseReply reply) {
  if (!carried_ || carried_->to != from || carried_->question.id != reply.id) return false;
  if (reply.grant.empty()) {
    fail("the member " + server_ + " says: " + as_words(reply.why));
    return true;
  }
  carried_.reset();
  outputs_.push(Answered{std::move(reply.grant)});
  return true;
}

void LeaseCourier::send(TimePoint now) {
  outputs_.push(Send{*carried_->to, carried_->question});
  ++carried_->sent;
  carried_->next = now + pause;
}

void LeaseCourier::handle_timeout(TimePoint now) {
  if (!carried_ || !carried_->next || *carried_->next > now) return;
  if (carried_->sent >= tries) return fail("the member " + server_ + " does not answer");
  send(now);
}

void LeaseCourier::fail(std::string why) {
  carried_.reset();
  outputs_.push(Failed{std::move(why)});
}

std::optional<TimePoint> LeaseCourier::poll_timeout() const {
  return carried_ ? carried_->next : std::nullopt;
}

}  // namespace ipop::node
