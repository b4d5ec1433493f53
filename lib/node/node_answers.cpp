// What clients and other nodes ask of a node, and whom an answer of the DHT is for.

#include "node/node_state.hpp"
#include "router/lease_record.hpp"

namespace ipop::node {

bool Node::State::pump_questions(TimePoint now) {
  bool any = false;
  while (auto output = questions.poll_output()) {
    any = true;
    std::visit(
        Overloaded{
            [&](CommandAnswer& done) { outputs.push(std::move(done)); },
            [&](const Questions::AskNode& ask) { send_query(now, ask.to, ask.question); },
            [&](const Questions::MemberAnswered& answered) { keepsakes.handle_member(now, answered.row); },
            [&](Questions::Walked& walked) {
              const auto& members = walked.found.members;
              questions.handle_gone(std::move(walked), keepsakes.gone(now, members));
            },
            [&](Questions::Get& get) {
              waiting_.emplace(table.get(now, get.kind, std::move(get.name)), ClientWaits{get.id});
            },
            [&](const Questions::Put& put) {
              auto record = values_.write(basis.wall_at(now), put.value.key, put.value.value, put.value.time_to_live);
              const auto operation =
                  put.value.exclusive ? table.create(now, std::move(record)) : table.put(now, std::move(record));
              waiting_.emplace(operation, ClientWaits{put.id});
            },
            [&](const Questions::Resolve& resolve) {
              if (router) router->handle_dns_query(now, resolve.tag, resolve.query);
            },
            [&](const Questions::Watch& watch) {
              questions.handle_done(watch.id, table.watch(now, dht::RecordKind::value, watch.name));
            },
            [&](const Questions::Adopt& adopt) { questions.handle_done(adopt.id, adopt_list(now, adopt.list, true)); },
            [&](const Questions::Stop& stop) { outputs.push(stop); },
        },
        *output);
  }
  return any;
}

void Node::State::send_query(TimePoint now, const NodeId& to, const QueryMessage& message) {
  const auto mode = is_answer(message) ? overlay::RouteMode::back : overlay::RouteMode::exact;
  ring.send(now, overlay::PacketType::query, mode, to, encoded(message), number_of(message));
}

void Node::State::handle_query(TimePoint now, const NodeId& from, ByteSpan octets) {
  auto message = decode_query_message(octets);
  if (!message) return counters.add("drop_query_malformed");
  std::visit(Overloaded{
                 [&](const Query& query) {
                   if (!described_.take(now, from)) return counters.add("drop_query_pace");
                   send_query(now, from, report.describe(query.id));
                 },
                 [&](LeaseQuestion& question) {
                   leases.handle_question(now, from, std::move(question), *basis.trust(), basis.wall_at(now));
                 },
                 [&](LeaseReply& reply) { leases.handle_reply(from, std::move(reply)); },
                 [&](const QueryAnswer& answered) {
                   if (!questions.handle_query_answer(now, from, answered)) counters.add("drop_query_unasked");
                 },
             },
             *message);
}

void Node::State::handle_table_answer(TimePoint now, const dht::Dht::Answer& answered) {
  const auto it = waiting_.find(answered.id);
  if (it == waiting_.end()) return;
  const Waiting waiting = it->second;
  waiting_.erase(it);
  std::visit(Overloaded{
                 [&](const RouterWaits& waits) { router->handle_dht_answer(now, waits.id, answered); },
                 [&](const ClientWaits& waits) { questions.handle_dht_answer(now, waits.id, answered); },
                 [&](const ArchiveWaits& waits) {
                   std::vector<RevocationArchive::Value> values;
                   for (const dht::Record& record : answered.records) {
                     if (record.is_tombstone()) continue;
                     values.push_back({record.owner, record.value, record.expires - basis.wall_at(now)});
                   }
                   archive->handle_values(now, waits.key, values);
                 },
                 [&](const LeaseWaits& waits) {
                   const dht::Group group{name_space, basis.trust().get(), grants.get()};
                   leases.handle_found(
                       now, router::holder_of_name(answered.records, waits.server, group, basis.wall_at(now)));
                 },
             },
             waiting);
}

}  // namespace ipop::node
