// How a node's lease request reaches a lease server that is a member, and what that member's node does with it.

#include "leasing/lease_request.hpp"
#include "node/node_state.hpp"
#include "router/lease_record.hpp"

namespace ipop::node {

void Node::State::ask_lease_server(TimePoint now, Bytes request) {
  if (courier) return courier->handle_request(now, std::move(request));
  if (desk) return desk->handle_own(std::move(request));
  outputs.push(AskLeaseServer{std::move(request)});
}

void Node::State::take_lease_answer(TimePoint now, ByteSpan grant) {
  if (desk) return desk->handle_answer(now, grant);
  if (router) router->handle_lease_answer(now, grant);
}

void Node::State::take_lease_failure(TimePoint now, std::string why) {
  if (desk) return desk->handle_failure(now, std::move(why));
  if (router) router->handle_lease_failure(now, std::move(why));
}

void Node::State::handle_lease_question(TimePoint now, const NodeId& from, LeaseQuestion question) {
  if (!desk) return counters_.add("drop_lease_question_no_server");
  const auto request = leasing::decode_lease_request(question.request);
  if (!request || request->name_space != config.name_space) return counters_.add("drop_lease_question_malformed");
  // A request costs the server a program's start, so it has to be a member's before it waits for one.
  if (!leasing::check(*request, *trust, wall_at(now))) return counters_.add("drop_lease_question_unproven");
  if (!desk->handle_question(now, from, request->node, std::move(question))) counters_.add("drop_lease_question_full");
}

std::optional<NodeId> Node::State::holder_of_name(TimePoint now, const std::string& name,
                                                  const dht::Dht::Answer& answered) const {
  const WallTime wall = wall_at(now);
  const auto best =
      router::prevailing(answered.records, router::record_name(name), {name_space, trust.get(), grants.get()}, wall);
  if (!best) return std::nullopt;
  const auto checked = router::check_name(answered.records[*best], name_space, wall);
  if (!checked) return std::nullopt;
  return checked->holder;
}

bool Node::State::pump_courier(TimePoint now) {
  bool any = false;
  while (auto output = courier ? courier->poll_output() : std::nullopt) {
    any = true;
    std::visit(Overloaded{
                   [&](const LeaseCourier::Find&) {
                     waiting_.emplace(table.get(now, dht::RecordKind::name, router::record_name(courier->server())),
                                      CourierWaits{});
                   },
                   [&](const LeaseCourier::Send& send) {
                     ring.send(now, overlay::PacketType::query, overlay::RouteMode::exact, send.to, send.message);
                   },
                   [&](const LeaseCourier::Answered& answered) {
                     if (router) router->handle_lease_answer(now, answered.grant);
                   },
                   [&](LeaseCourier::Failed& failed) {
                     if (router) router->handle_lease_failure(now, std::move(failed.why));
                   },
               },
               *output);
  }
  return any;
}

bool Node::State::pump_desk(TimePoint now) {
  bool any = false;
  while (auto output = desk ? desk->poll_output() : std::nullopt) {
    any = true;
    std::visit(Overloaded{
                   [&](LeaseDesk::Ask& ask) { outputs.push(AskLeaseServer{std::move(ask.request)}); },
                   [&](const LeaseDesk::Reply& reply) {
                     ring.send(now, overlay::PacketType::query, overlay::RouteMode::exact, reply.to, reply.message);
                   },
                   [&](const LeaseDesk::OwnAnswer& answered) {
                     if (router) router->handle_lease_answer(now, answered.grant);
                   },
                   [&](LeaseDesk::OwnFailure& failed) {
                     if (router) router->handle_lease_failure(now, std::move(failed.why));
                   },
               },
               *output);
  }
  return any;
}

}  // namespace ipop::node
