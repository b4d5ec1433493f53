#include "node/lease_way.hpp"

#include <algorithm>
#include <utility>

#include "leasing/lease_request.hpp"

namespace ipop::node {
namespace {

bool is_same_name(std::string_view one, std::string_view other) {
  const auto same = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
  };
  return std::ranges::equal(one, other, same);
}

}  // namespace

LeaseWay::LeaseWay(std::string name_space, const std::optional<router::LeaseServer>& server,
                   const std::optional<std::string>& host_name, Rng& rng)
    : name_space_(std::move(name_space)) {
  if (!server || server->member.empty()) return;
  if (host_name && is_same_name(server->member, *host_name))
    desk_.emplace();
  else
    courier_.emplace(server->member, rng);
}

void LeaseWay::handle_request(TimePoint now, Bytes request) {
  if (courier_) {
    courier_->handle_request(now, std::move(request));
  } else if (desk_) {
    desk_->handle_own(std::move(request));
  } else {
    outputs_.push(AskServer{std::move(request)});
  }
  pass_values();
}

void LeaseWay::handle_found(TimePoint now, const std::optional<NodeId>& holder) {
  if (courier_) courier_->handle_found(now, holder);
  pass_values();
}

void LeaseWay::handle_answer(TimePoint now, ByteSpan grant) {
  if (!desk_) return outputs_.push(Answered{to_bytes(grant)});
  desk_->handle_answer(now, grant);
  pass_values();
}

void LeaseWay::handle_failure(TimePoint now, std::string why) {
  if (!desk_) return outputs_.push(Failed{std::move(why)});
  desk_->handle_failure(now, std::move(why));
  pass_values();
}

void LeaseWay::handle_question(TimePoint now, const NodeId& from, LeaseQuestion question,
                               const crypto::TrustStore& trust, WallTime wall) {
  if (!desk_) return counters_.add("drop_lease_question_no_server");
  const auto request = leasing::decode_lease_request(question.request);
  if (!request || request->name_space != name_space_) return counters_.add("drop_lease_question_malformed");
  if (!leasing::check(*request, trust, wall)) return counters_.add("drop_lease_question_unproven");
  if (!desk_->handle_question(now, from, request->node, std::move(question)))
    return counters_.add("drop_lease_question_full");
  pass_values();
}

void LeaseWay::handle_reply(const NodeId& from, LeaseReply reply) {
  if (!courier_ || !courier_->handle_reply(from, std::move(reply))) return counters_.add("drop_lease_reply_unasked");
  pass_values();
}

void LeaseWay::handle_timeout(TimePoint now) {
  if (courier_) courier_->handle_timeout(now);
  pass_values();
}

void LeaseWay::pass_values() {
  while (auto output = courier_ ? courier_->poll_output() : std::nullopt) {
    std::visit(Overloaded{
                   [&](const LeaseCourier::Find&) { outputs_.push(Find{courier_->server()}); },
                   [&](LeaseCourier::Send& send) {
                     outputs_.push(Send{send.to, std::move(send.question)});
                   },
                   [&](LeaseCourier::Answered& answered) { outputs_.push(Answered{std::move(answered.grant)}); },
                   [&](LeaseCourier::Failed& failed) { outputs_.push(Failed{std::move(failed.why)}); },
               },
               *output);
  }
  while (auto output = desk_ ? desk_->poll_output() : std::nullopt) {
    std::visit(Overloaded{
                   [&](LeaseDesk::Ask& ask) { outputs_.push(AskServer{std::move(ask.request)}); },
                   [&](LeaseDesk::Reply& reply) {
                     outputs_.push(Send{reply.to, std::move(reply.reply)});
                   },
                   [&](LeaseDesk::OwnAnswer& answered) { outputs_.push(Answered{std::move(answered.grant)}); },
                   [&](LeaseDesk::OwnFailure& failed) { outputs_.push(Failed{std::move(failed.why)}); },
               },
               *output);
  }
}

std::optional<TimePoint> LeaseWay::poll_timeout() const {
  return courier_ ? courier_->poll_timeout() : std::nullopt;
}

}  // namespace ipop::node
