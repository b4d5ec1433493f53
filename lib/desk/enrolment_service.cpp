#include "desk/enrolment_service.hpp"

#include "authority/pinned_addresses.hpp"
#include "base/hex.hpp"
#include "base/machine.hpp"
#include "crypto/trust_store.hpp"

namespace ipop::desk {
namespace {

namespace est = authority::est;

// Two people who talk to each other decide at once; later a person may look at any time. Both stay below
// the limit of an address.
constexpr std::chrono::seconds ask_soon{3};
constexpr unsigned soon_questions = 5;
constexpr std::chrono::seconds ask_later{10};
constexpr Duration forget_questions = 10min;

std::string address_of(const net::Endpoint& source) {
  if (const auto v4 = source.ipv4()) return to_string(*v4);
  return to_string(std::get<net::Ipv6Address>(source.address));
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

net::HttpAnswer EnrolmentService::answer(const Moment& at, const net::Endpoint& source,
                                         const net::HttpRequest& request) {
  const std::string from = address_of(source);
  // Before anything is decoded: to verify a request's signature costs more than to send it.
  if (request.method == "POST" && !limiter_.take(at.now, source)) {
    log_({LogLevel::info, "too many requests from one address", {{"source", from}}});
    return est::too_many_answer(limiter_.wait(at.now, source));
  }
  auto decoded = est::decode_wish(request);
  if (auto* refusal = std::get_if<net::HttpAnswer>(&decoded)) {
    if (refusal->status >= 400)
      log_({LogLevel::info,
            "request refused",
            {{"source", from},
             {"status", std::to_string(refusal->status)},
             {"path", request.path.substr(0, 100)},
             {"reason", first_line(refusal->body)}}});
    return std::move(*refusal);
  }
  if (is_on_hold_ && !std::holds_alternative<est::WantsAuthority>(std::get<est::Wish>(decoded))) {
    log_({LogLevel::info, "request waits for the ledger", {{"source", from}}});
    return est::on_hold_answer(
        "the authority's ledger is not the newest; it decides again when its administrator has"
        " put that right");
  }
  return std::visit(Overloaded{
                        [&](const est::WantsAuthority&) { return est::authority_answer(desk_.authority()); },
                        [&](const est::WantsCertificate& wish) { return enrol(at, from, wish); },
                        [&](const est::WantsRenewal& wish) { return renew(at, from, wish); },
                        [&](const est::WantsGroup& wish) { return give_group(at, from, wish.member); },
                        [&](const est::WantsRequests& wish) { return show_requests(at, from, wish.member); },
                        [&](const est::WantsDecision& wish) { return decide(at, from, wish); },
                    },
                    std::get<est::Wish>(decoded));
}

net::HttpAnswer EnrolmentService::enrol(const Moment& at, const std::string& source,
                                        const est::WantsCertificate& wish) {
  const crypto::CertificateRequest& request = wish.request;
  const bool is_known = desk_.look_up(request.key_fingerprint()).has_value();
  const auto state = desk_.submit(request, source, at.wall, wish.token);
  if (!state) return fail(source, state.error());
  const std::vector<std::pair<std::string, std::string>> fields{
      {"source", source}, {"user", request.user()}, {"key", to_hex(request.key_fingerprint())}};
  switch (state->what) {
    case AuthorityDesk::State::What::waiting:
      log_({is_known ? LogLevel::debug : LogLevel::info, "request waits for a person", fields});
      return est::waiting_answer(next_question(at.now, request.key_fingerprint()));
    case AuthorityDesk::State::What::denied:
      log_({LogLevel::info, "denial handed out", fields});
      return est::denied_answer(state->reason);
    case AuthorityDesk::State::What::accepted: break;
  }
  if (!state->certificate) return fail(source, make_error(Errc::not_found, "the certificate is gone"));
  log_({LogLevel::info, "certificate handed out", fields});
  return est::certificate_answer(*state->certificate);
}

std::chrono::seconds EnrolmentService::next_question(TimePoint now, const crypto::Digest256& key) {
  const unsigned* before = questions_.find(key, now);
  const unsigned asked = before == nullptr ? 0 : *before;
  questions_.put(now, key, asked + 1, now + forget_questions);
  return asked < soon_questions ? ask_soon : ask_later;
}

net::HttpAnswer EnrolmentService::renew(const Moment& at, const std::string& source, const est::WantsRenewal& wish) {
  const auto state = desk_.renew(wish.present, wish.request, at.wall);
  if (!state) return fail(source, state.error());
  const std::vector<std::pair<std::string, std::string>> fields{
      {"source", source}, {"user", wish.present.user()}, {"key", to_hex(wish.request.key_fingerprint())}};
  switch (state->what) {
    case AuthorityDesk::State::What::waiting:
      log_({LogLevel::info, "renewal waits for a person", fields});
      return est::waiting_answer(ask_later);
    case AuthorityDesk::State::What::denied:
      log_({LogLevel::info, "denial handed out", fields});
      return est::denied_answer(state->reason);
    case AuthorityDesk::State::What::accepted: break;
  }
  if (!state->certificate) return fail(source, make_error(Errc::not_found, "the certificate is gone"));
  log_({LogLevel::info, "certificate renewed", fields});
  return est::certificate_answer(*state->certificate);
}

net::HttpAnswer EnrolmentService::give_group(const Moment& at, const std::string& source,
                                             const crypto::Certificate& member) {
  auto list = desk_.revocations();
  if (!list) return fail(source, list.error());
  const auto trust = crypto::TrustStore::closed_group(desk_.authority(), *std::move(list));
  if (!trust) return fail(source, trust.error());
  const auto who = (*trust)->verify(member, at.wall);
  // Nothing of the authority's own is wrong when a certificate is not its work.
  if (!who) return fail(source, make_error(Errc::not_authorized, who.error().message()));
  if (desk_.book().is_left_out(who->key))
    return fail(source, make_error(Errc::not_authorized, "the group has moved on without this key"));
  auto text = group_();
  if (!text && text.error().code == Errc::not_found) {
    log_({LogLevel::warning, "no group file to give", {{"source", source}, {"reason", text.error().message()}}});
    return {404, "text/plain; charset=utf-8", "the authority has no group file\n"};
  }
  if (!text) return fail(source, text.error());
  log_({LogLevel::info, "group file handed out", {{"source", source}, {"user", who->user}, {"key", to_hex(who->key)}}});
  return est::group_answer(*std::move(text));
}

net::HttpAnswer EnrolmentService::show_requests(const Moment& at, const std::string& source,
                                                const crypto::Certificate& member) {
  const auto who = desk_.check_administrator(member, at.wall);
  if (!who) return fail(source, who.error());
  std::vector<authority::WaitingRow> rows;
  for (const auto* request : desk_.book().waiting())
    rows.push_back({request->key, request->user, authority::to_text(request->addresses), request->source, request->at});
  return est::requests_answer(rows);
}

net::HttpAnswer EnrolmentService::decide(const Moment& at, const std::string& source, const est::WantsDecision& wish) {
  const auto who = desk_.check_administrator(wish.member, at.wall);
  if (!who) return fail(source, who.error());
  const auto& decision = wish.decision;
  authority::Wishes wishes;
  wishes.another_machine = decision.another_machine;
  const auto done = decision.accepts ? desk_.accept(decision.key, wishes, at.wall, *who)
                                     : Result<crypto::Certificate>(crypto::Certificate());
  if (!done) return fail(source, done.error());
  if (!decision.accepts) {
    if (auto denied = desk_.deny(decision.key, decision.reason, at.wall, *who); !denied)
      return fail(source, denied.error());
  }
  const char* word = decision.accepts ? "accepted" : "denied";
  log_({LogLevel::info,
        std::string("request ") + word + " by an administrator",
        {{"source", source}, {"user", wish.member.user()}, {"key", to_hex(decision.key)}}});
  return est::decided_answer(std::string(word) + " " + to_hex(decision.key));
}

net::HttpAnswer EnrolmentService::fail(const std::string& source, const Error& error) {
  auto out = est::failure_answer(error);
  const LogLevel level = out.status == 500 ? LogLevel::error : LogLevel::info;
  const char* text = out.status == 500 ? "authority can't do its work" : "request refused";
  log_({level, text, {{"source", source}, {"status", std::to_string(out.status)}, {"reason", error.message()}}});
  return out;
}

}  // namespace ipop::desk
