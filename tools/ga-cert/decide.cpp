#include <algorithm>

#include "authority/fingerprint_text.hpp"
#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/question.hpp"
#include "cli/table.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "remote.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

/// What became of one request.
struct Outcome {
  std::string request{};  ///< fingerprint, or as typed when none was found
  std::string user{};
  std::string addresses{};
  std::string serial{};
  std::string not_after{};
  std::string certificate{};   ///< PEM
  std::string problem{};       ///< empty: done
  bool is_mistyped = false;    ///< the problem is what the user typed
  bool other_machine = false;  ///< the problem is another machine of the user
};

/// All done, some, or none.
ExitStatus status_of(const std::vector<Outcome>& outcomes) {
  std::size_t failed = 0;
  for (const Outcome& outcome : outcomes)
    failed += outcome.problem.empty() ? 0U : 1U;
  if (failed == 0) return ExitStatus::done;
  if (std::ranges::all_of(outcomes, &Outcome::is_mistyped)) return ExitStatus::usage;
  return failed == outcomes.size() ? ExitStatus::no : ExitStatus::partly;
}

ExitStatus write(const Context& context, const std::vector<Outcome>& outcomes, std::string_view word, bool dry_run) {
  std::ostream& out = context.streams.out;
  if (context.options.output.json) {
    cli::JsonWriter json(word == "accepted" ? "ga-cert.accept/1" : "ga-cert.deny/1");
    json.field("dry_run", dry_run);
    json.begin_array("requests");
    for (const Outcome& outcome : outcomes) {
      json.begin_element();
      json.field("key", outcome.request);
      json.field("done", outcome.problem.empty() && !dry_run);
      if (!outcome.problem.empty()) json.field("problem", outcome.problem);
      if (!outcome.user.empty()) json.field("user", outcome.user);
      if (!outcome.addresses.empty()) json.field("addresses", outcome.addresses);
      if (!outcome.serial.empty()) json.field("serial", outcome.serial);
      if (!outcome.not_after.empty()) json.field("not_after", outcome.not_after);
      if (!outcome.certificate.empty()) json.field("certificate", outcome.certificate);
      json.end();
    }
    json.end();
    out << json.text() << '\n';
  } else if (context.options.output.plain) {
    cli::Table table({{""}, {""}, {""}, {""}, {""}});
    for (const Outcome& outcome : outcomes)
      if (outcome.problem.empty())
        table.add_row({std::string(word), outcome.request, outcome.user, outcome.serial, outcome.not_after});
    table.write_plain(out);
  } else {
    for (const Outcome& outcome : outcomes) {
      if (!outcome.problem.empty()) continue;
      out << (dry_run ? "would be " : "") << word << ": " << outcome.request.substr(0, 16) << ' '
          << cli::printable(outcome.user);
      if (!outcome.addresses.empty()) out << ", pinned to " << outcome.addresses;
      if (!outcome.not_after.empty()) out << ", until " << outcome.not_after;
      if (!outcome.serial.empty()) out << ", serial " << outcome.serial.substr(0, 16);
      out << '\n';
    }
  }
  for (const Outcome& outcome : outcomes)
    if (!outcome.problem.empty())
      cli::complain(context.streams, tool, outcome.request.substr(0, 64) + ": " + outcome.problem);
  for (const Outcome& outcome : outcomes) {
    if (!outcome.other_machine) continue;
    const std::string key = outcome.request.substr(0, 16);
    cli::suggest(context.streams, "ga-cert" + same_authority(context) + " accept --another-machine " + key +
                                      "  # if it is the same person");
    cli::suggest(context.streams, "ga-cert" + same_authority(context) + " deny " + key + " --reason TEXT");
  }
  return status_of(outcomes);
}

void fill_in(Outcome& outcome, const crypto::Certificate& certificate) {
  outcome.user = certificate.user();
  outcome.addresses = to_text(addresses_of(certificate.pinned_addresses()));
  outcome.serial = to_hex(certificate.serial());
  outcome.not_after = cli::utc_text(certificate.not_after());
  outcome.certificate = certificate.to_pem();
}

/// Two people who call themselves alike look like one with two machines: whether it is one, a person knows. What is
/// wrong; empty: nothing is.
std::string judge_other_machine(const Context& context, const authority::LedgerSigned& other, std::string_view request,
                                bool may_ask) {
  if (!may_ask || !cli::can_ask(context.streams)) return desk::other_machine_text(other);
  const std::string question = cli::printable(other.user) + " has a valid certificate for another machine (key " +
                               short_hex(other.key) + ", until " + cli::utc_text(other.not_after) +
                               ").\nIs the request " + std::string(request.substr(0, 16)) + " of the same person?";
  return cli::ask_yes(context.streams, question) ? "" : "left waiting: it is somebody else's";
}

Outcome accept(const Context& context, AuthorityDesk& desk, const std::string& text, const AcceptRequests& verb) {
  const WallTime now = io::wall_time_now();
  Outcome out{text};
  const auto key = find_request(desk.book(), text);
  if (!key) {
    out.problem = key.error().message();
    out.is_mistyped = key.error().code == Errc::out_of_range;
    return out;
  }
  out.request = to_hex(*key);
  const auto* known = desk.book().request(*key);
  authority::Wishes wishes = verb.wishes;
  const auto* other = known == nullptr || wishes.another_machine
                          ? nullptr
                          : desk.book().other_machine(wishes.user.empty() ? known->user : wishes.user, *key, now);
  if (other != nullptr) {
    out.user = other->user;
    out.problem = judge_other_machine(context, *other, out.request, !verb.dry_run);
    out.other_machine = !out.problem.empty();
    if (out.other_machine) return out;
    wishes.another_machine = true;
  }
  if (verb.dry_run) {
    const auto request = desk.request(*key);
    const auto granted = request ? desk.preview(*request, wishes, now) : Result<authority::Grant>(request.error());
    if (!granted) {
      out.problem = granted.error().message();
      return out;
    }
    out.user = granted->user;
    out.addresses = to_text(granted->addresses);
    out.not_after = cli::utc_text(now + granted->life);
    return out;
  }
  const auto certificate = desk.accept(*key, wishes, now);
  if (certificate)
    fill_in(out, *certificate);
  else
    out.problem = certificate.error().message();
  return out;
}

Outcome deny(AuthorityDesk& desk, const std::string& text, const DenyRequests& verb) {
  Outcome out{text};
  const auto key = find_request(desk.book(), text);
  if (!key) {
    out.problem = key.error().message();
    out.is_mistyped = key.error().code == Errc::out_of_range;
    return out;
  }
  out.request = to_hex(*key);
  const auto* request = desk.book().request(*key);
  out.user = request == nullptr ? "" : request->user;
  if (verb.dry_run) return out;
  if (auto denied = desk.deny(*key, verb.reason, io::wall_time_now()); !denied) out.problem = denied.error().message();
  return out;
}

/// Who is denied without a word can't put right what was wrong.
void tell_of_silence(const Context& context, const DenyRequests& verb, ExitStatus status) {
  const bool is_silent = verb.reason == no_reason && !verb.dry_run;
  if (!is_silent || (status != ExitStatus::done && status != ExitStatus::partly)) return;
  context.streams.err << "No reason was given: the requester reads only \"" << no_reason
                      << "\" (--reason TEXT says why).\n";
}

}  // namespace

ExitStatus carry_out(const Context& context, const AcceptRequests& verb) {
  if (verb.remote.is_meant) {
    return decide_remotely(context, verb.remote, join_groups(verb.requests),
                           {{}, true, {}, verb.wishes.another_machine});
  }
  auto opened = verb.dry_run ? open_desk(context) : open_unlocked_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  std::vector<Outcome> outcomes;
  for (const std::string& text : join_groups(verb.requests)) {
    outcomes.push_back(accept(context, desk, text, verb));
  }
  report_notes(context, desk);
  if (!verb.dry_run) (void)remember_ledger(context, desk);
  return write(context, outcomes, "accepted", verb.dry_run);
}

ExitStatus carry_out(const Context& context, const DenyRequests& verb) {
  if (verb.reason.empty() || verb.reason.size() > 500 || cli::printable(verb.reason) != verb.reason) {
    cli::complain(context.streams, tool, "--reason needs 1 to 500 octets of printable text in one line");
    return ExitStatus::usage;
  }
  if (verb.remote.is_meant) {
    const ExitStatus status =
        decide_remotely(context, verb.remote, join_groups(verb.requests), {{}, false, verb.reason});
    tell_of_silence(context, verb, status);
    return status;
  }
  auto opened = verb.dry_run ? open_desk(context) : open_desk_to_change(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  std::vector<Outcome> outcomes;
  for (const std::string& text : join_groups(verb.requests))
    outcomes.push_back(deny(desk, text, verb));
  report_notes(context, desk);
  const ExitStatus status = write(context, outcomes, "denied", verb.dry_run);
  tell_of_silence(context, verb, status);
  return status;
}

}  // namespace ipop::ga_cert
