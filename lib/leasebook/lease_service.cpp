#include "leasebook/lease_service.hpp"

#include <algorithm>
#include <utility>

#include "leasing/lease_grant.hpp"

namespace ipop::leasebook {
namespace {

/// An unsigned client has no key: it is known by the address that it has, which no other member can use.
leasing::Requester unsigned_requester(const std::string& source, const std::string& client) {
  const std::string text = "unsigned " + source + " " + client;
  return {NodeId::from_prefix(crypto::sha256(as_bytes(text))), {}, std::nullopt};
}

// Some milliseconds.
constexpr std::size_t judged_at_once = 4096;

std::string host_of(const net::Endpoint& source) {
  std::string text = to_string(source);
  text.resize(std::min(text.size(), text.rfind(':')));
  return text;
}

/// Whose fault an error is: what a member may cause has a code of ours, what the machine lacks one of the system.
bool is_clients(const Error& error) {
  return error.code.category() == make_error_code(Errc::malformed).category();
}

}  // namespace

LeaseService::LeaseService(LeaseBook& book, const crypto::PrivateKey& key, TrustOf trust_of)
    : book_(book), key_(key), trust_of_(std::move(trust_of)) {}

std::vector<LeaseService::Answer> LeaseService::answer(WallTime now, std::span<const Question> questions) {
  auto answers = answer_all(now, questions);
  if (!answers && answers.error().code == std::errc::no_space_on_device && book_.make_room())
    answers = answer_all(now, questions);
  if (answers) return *std::move(answers);
  // The transaction is taken back, so none of its answers is true.
  counters_.add("refused_unavailable", questions.size());
  const Error error = std::move(answers).error().in("the lease server can't write its book");
  return std::vector<Answer>(questions.size(), Answer{error, false});
}

Result<std::vector<LeaseService::Answer>> LeaseService::answer_all(WallTime now, std::span<const Question> questions) {
  counters_.add("lease_batches");
  auto transaction = book_.begin();
  if (!transaction) return std::move(transaction).error();
  const auto follower = book_.is_follower();
  if (!follower) return follower.error();
  if (*follower)
    return make_error(std::make_error_code(std::errc::operation_not_permitted),
                      "this server follows another one, and gives out nothing until `ipop-dhcp promote`");
  const auto groups = book_.groups();
  if (!groups) return groups.error();
  std::vector<Answer> answers;
  answers.reserve(questions.size());
  Counters told;
  for (const Question& question : questions) {
    answers.push_back(answer_one(now, question, *groups, told));
    const Answer& last = answers.back();
    if (!last.lease && !last.is_clients_fault) return last.lease.error();
  }
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  counters_.merge(told);
  return answers;
}

Result<LeaseBook::Ended> LeaseService::end_revoked(WallTime now, const LeaseGroup& group,
                                                   const crypto::TrustStore& trust, net::Ipv4Address after) {
  if (trust.revocation_number() == 0) return LeaseBook::Ended{};
  auto transaction = book_.begin();
  if (!transaction) return std::move(transaction).error();
  const auto follower = book_.is_follower();
  if (!follower) return follower.error();
  if (*follower) return LeaseBook::Ended{};
  auto ended = book_.end_leases(group.id, now, after, judged_at_once, [&](const Lease& lease) {
    return lease.key ? trust.is_revoked(*lease.key, lease.user)
                     : !lease.user.empty() && trust.revocations()->contains_user(lease.user);
  });
  if (!ended) return ended;
  if (auto committed = transaction->commit(); !committed) return std::move(committed).error();
  counters_.add("lease_revoked", ended->count);
  return ended;
}

LeaseService::Answer LeaseService::answer_one(WallTime now, const Question& question,
                                              const std::vector<LeaseGroup>& groups, Counters& told) {
  const auto refuse = [&](Error error) {
    const bool clients = is_clients(error);
    if (clients) told.add("refused_" + error.code.message());
    return Answer{std::move(error), clients};
  };
  const auto group = std::ranges::find(groups, question.request.request.name_space, &LeaseGroup::name_space);
  if (group == groups.end()) return refuse(make_error(Errc::not_found, "this server has no such group"));
  auto ask = judge(now, question, *group);
  if (!ask) return refuse(std::move(ask).error());
  const auto lease = book_.take(*group, now, *ask);
  if (!lease) return refuse(lease.error());
  told.add("lease_" + std::string(to_string(ask->action)));
  leasing::SoapLease out{lease->address,
                         group->plan.prefix.mask(),
                         lease->expires - now,
                         lease->expires,
                         group->plan.domain,
                         group->plan.mtu,
                         {}};
  if (question.request.is_signed && ask->action != leasing::LeaseAction::release) {
    leasing::LeaseGrant grant{lease->address, lease->node, now, lease->expires, {}, {}};
    sign(grant, group->name_space, key_);
    encode(grant, out.grant);
  }
  return {std::move(out), true};
}

Result<Ask> LeaseService::judge(WallTime now, const Question& question, const LeaseGroup& group) {
  const leasing::LeaseRequest& request = question.request.request;
  Ask ask{request.action, {}, {}, request.address, request.host_name, host_of(question.source)};
  if (!question.request.is_signed) {
    if (!group.plan.takes_unsigned) return {Errc::not_authorized, "the group takes signed requests only"};
    const auto address = question.source.ipv4();
    if (!address || !group.plan.prefix.contains(*address))
      return {Errc::not_authorized, "unsigned requests are taken from addresses of the virtual network only"};
    ask.who = unsigned_requester(ask.source, question.request.client);
    return ask;
  }
  const auto trust = trust_of_(group);
  if (!trust) return {Errc::not_authorized, "who is a member of the group is not known here"};
  auto who = check(request, *trust, now);
  if (!who) return std::move(who).error();
  ask.who = *std::move(who);
  ask.sequence = request.sequence;
  return ask;
}

}  // namespace ipop::leasebook
