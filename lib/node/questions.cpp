#include "node/questions.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "router/lease_record.hpp"

namespace ipop::node {
namespace {

constexpr std::string_view wrong_key = "a key has 1 to 255 octets";

bool is_key(std::string_view key) {
  return !key.empty() && key.size() <= 255;
}

}  // namespace

void Questions::handle_command(TimePoint now, CommandId id, const Command& command) {
  std::visit(Overloaded{
                 [&](const StatusCommand&) { answer(id, report_.status(now)); },
                 [&](const PeersCommand&) { answer(id, report_.peers(now)); },
                 [&](const MembersCommand& members) { begin_walk(now, id, members); },
                 [&](const WhyCommand& why) { begin_why(now, id, why.target); },
                 [&](const DhtGetCommand& get) { begin_get(id, get); },
                 [&](const DhtPutCommand& put) { begin_put(id, put); },
                 [&](const DhtWatchCommand& watch) {
                   outputs_.push(Watch{id, to_bytes(as_bytes(watch.key))});
                 },
                 [&](const DnsCommand& dns) { begin_resolve(id, dns); },
                 [&](const EndpointsCommand&) { answer(id, report_.endpoints()); },
                 [&](const RevokeCommand& revoke) {
                   if (!report_.is_in_closed_group())
                     return refuse(
                         id, {make_error_code(Errc::unsupported), "an open group has no authority that could revoke"});
                   outputs_.push(Adopt{id, revoke.list});
                 },
                 [&](const ReloadCommand&) {
                   refuse(id, {make_error_code(Errc::unsupported), "this node has no files to read again"});
                 },
                 [&](const StopCommand&) {
                   answer(id, DoneAnswer{});
                   outputs_.push(Stop{});
                 },
             },
             command);
}

void Questions::handle_done(CommandId id, const Result<void>& done) {
  if (!done) return refuse(id, done.error());
  answer(id, DoneAnswer{});
}

void Questions::handle_gone(Walked walked, std::vector<GoneRow> gone) {
  walked.found.gone = std::move(gone);
  answer(walked.id, std::move(walked.found));
}

void Questions::begin_walk(TimePoint now, CommandId id, const MembersCommand& command) {
  if (walks_.size() >= max_walks) return refuse(id, {make_error_code(Errc::exhausted), "too many walks at once"});
  Walk& walk = walks_.emplace_back(Walk{id, command.all, RingWalk(rng_.next(), report_.own_row(), command.limit)});
  walk.walk.start(now, report_.known_nodes());
  pass_from_walks();
}

void Questions::begin_get(CommandId id, const DhtGetCommand& command) {
  if (!is_key(command.key)) return refuse(id, {make_error_code(Errc::out_of_range), std::string(wrong_key)});
  if (const auto question = wait(id, WantsValues{}))
    outputs_.push(Get{*question, dht::RecordKind::value, to_bytes(as_bytes(command.key))});
}

void Questions::begin_put(CommandId id, const DhtPutCommand& command) {
  if (!is_key(command.key)) return refuse(id, {make_error_code(Errc::out_of_range), std::string(wrong_key)});
  if (command.value.empty() || command.value.size() > dht::Record::max_value)
    return refuse(id, {make_error_code(Errc::out_of_range), "a value has 1 to 1024 octets"});
  if (command.time_to_live < std::chrono::seconds(1) || command.time_to_live > max_time_to_live)
    return refuse(id, {make_error_code(Errc::out_of_range), "a time to live is 1 second to 7 days"});
  if (const auto question = wait(id, WantsValues{})) outputs_.push(Put{*question, command});
}

void Questions::begin_resolve(CommandId id, const DnsCommand& command) {
  if (!report_.has_network())
    return refuse(id, {make_error_code(Errc::unsupported), "this node has no virtual network"});
  if (resolving_.size() >= max_look_ups)
    return refuse(id, {make_error_code(Errc::exhausted), "too many look-ups at once"});
  const std::uint64_t tag = next_tag_++;
  resolving_.emplace(tag, id);
  outputs_.push(Resolve{tag, command.query});
}

void Questions::begin_why(TimePoint now, CommandId id, const std::string& target) {
  auto found = report_.find(target);
  if (!found) return refuse(id, std::move(found).error());
  if (const auto* known = std::get_if<SelfReport::Known>(&*found)) return answer(id, report_.why(now, *known));
  auto& look_up = std::get<SelfReport::LookUp>(*found);
  if (const auto question = wait(id, WantsHolder{look_up.address}))
    outputs_.push(Get{*question, look_up.kind, std::move(look_up.name)});
}

void Questions::answer_why(TimePoint now, CommandId id, const WantsHolder& wants, const dht::Dht::Answer& answered) {
  const auto record =
      std::ranges::find_if(answered.records, [](const dht::Record& one) { return !one.is_tombstone(); });
  if (answered.outcome != dht::Outcome::done || record == answered.records.end())
    return refuse(id, {make_error_code(Errc::not_found), "no member holds that address or name"});
  const auto holder = dht::owner_id_of(*record);
  if (!holder) return refuse(id, {make_error_code(Errc::malformed), "damaged record"});
  auto address = wants.address ? wants.address : report_.address_of(*holder);
  if (!address && record->kind == dht::RecordKind::name) {
    if (const auto named = router::check_name(*record, name_space_, clock_.at(now))) address = named->address;
  }
  answer(id, report_.why(now, {*holder, address}));
}

std::optional<QuestionId> Questions::wait(CommandId id, std::variant<WantsValues, WantsHolder> wants) {
  if (waiting_.size() >= max_operations) {
    refuse(id, {make_error_code(Errc::exhausted), "too many DHT operations at once"});
    return std::nullopt;
  }
  const QuestionId question{next_id_++};
  waiting_.emplace(question, Waiting{id, wants});
  return question;
}

void Questions::handle_dht_answer(TimePoint now, QuestionId question, const dht::Dht::Answer& answered) {
  const auto it = waiting_.find(question);
  if (it == waiting_.end()) return;
  const Waiting waiting = it->second;
  waiting_.erase(it);
  if (const auto* wants = std::get_if<WantsHolder>(&waiting.wants))
    return answer_why(now, waiting.id, *wants, answered);
  DhtAnswer out;
  out.outcome = answered.outcome;
  out.detail = answered.detail;
  for (const dht::Record& record : answered.records) {
    const auto owner = dht::owner_id_of(record);
    if (!owner || record.is_tombstone()) continue;
    out.values.push_back({record.value, *owner, record.expires});
  }
  answer(waiting.id, std::move(out));
}

void Questions::handle_dns_answer(std::uint64_t tag, Bytes message) {
  const auto it = resolving_.find(tag);
  if (it == resolving_.end()) return;
  answer(it->second, DnsAnswer{std::move(message)});
  resolving_.erase(it);
}

bool Questions::handle_query_answer(TimePoint now, const NodeId& from, const QueryAnswer& answered) {
  const auto it = std::ranges::find_if(walks_, [&](const Walk& one) { return one.walk.id() == answered.id; });
  if (it == walks_.end()) return false;
  it->walk.handle_answer(now, from, answered);
  pass_from_walks();
  return true;
}

void Questions::handle_timeout(TimePoint now) {
  for (Walk& one : walks_)
    one.walk.handle_timeout(now);
  pass_from_walks();
}

void Questions::pass_from_walks() {
  for (auto it = walks_.begin(); it != walks_.end();) {
    bool has_finished = false;
    while (auto output = it->walk.poll_output()) {
      std::visit(Overloaded{
                     [&](const RingWalk::Ask& ask) {
                       outputs_.push(AskNode{ask.to, Query{ask.id}});
                     },
                     [&](RingWalk::Answered& answered) { outputs_.push(MemberAnswered{std::move(answered.row)}); },
                     [&](RingWalk::Finished& finished) {
                       has_finished = true;
                       if (it->all)
                         outputs_.push(Walked{it->id, std::move(finished.answer)});
                       else
                         answer(it->id, std::move(finished.answer));
                     },
                 },
                 *output);
    }
    it = has_finished ? walks_.erase(it) : std::next(it);
  }
}

void Questions::refuse_names(std::string_view why) {
  for (const auto& [tag, id] : resolving_)
    refuse(id, {make_error_code(Errc::not_found), std::string(why)});
  resolving_.clear();
}

void Questions::refuse_all(std::string_view why) {
  std::set<CommandId> open;
  for (const auto& [question, waiting] : waiting_)
    open.insert(waiting.id);
  for (const Walk& walk : walks_)
    open.insert(walk.id);
  for (const auto& [tag, id] : resolving_)
    open.insert(id);
  waiting_.clear();
  walks_.clear();
  resolving_.clear();
  for (const CommandId id : open)
    refuse(id, {make_error_code(Errc::conflict), std::string(why)});
}

std::optional<TimePoint> Questions::poll_timeout() const {
  std::optional<TimePoint> next;
  for (const Walk& one : walks_)
    next = earliest(next, one.walk.poll_timeout());
  return next;
}

}  // namespace ipop::node
