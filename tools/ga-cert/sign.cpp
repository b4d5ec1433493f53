#include "base/hex.hpp"
#include "cli/human.hpp"
#include "cli/json_writer.hpp"
#include "cli/text.hpp"
#include "desk_choice.hpp"
#include "group_memory.hpp"
#include "io/system_clock.hpp"
#include "papers.hpp"
#include "verbs.hpp"

namespace ipop::ga_cert {
namespace {

using cli::ExitStatus;

ExitStatus show_plan(const Context& context, const authority::Grant& granted) {
  context.streams.out << "would sign for " << cli::printable(granted.user);
  if (!granted.addresses.empty()) context.streams.out << ", pinned to " << to_text(granted.addresses);
  context.streams.out << ", until " << cli::utc_text(io::wall_time_now() + granted.life) << '\n';
  return ExitStatus::done;
}

/// The certificate goes to `out`; a line about it to stderr, so that stdout is the certificate alone.
ExitStatus hand_out(const Context& context, const crypto::Certificate& certificate, const std::string& out,
                    std::string_view schema) {
  const bool json = context.options.output.json;
  if (!json || out != "-") {
    if (auto written = write_output(context, out, certificate.to_pem(), 0644); !written) {
      report(context, written.error());
      cli::suggest(context.streams,
                   "ga-cert export " + short_hex(certificate.serial()) + same_authority(context) + "  # it is signed");
      return ExitStatus::partly;
    }
  }
  if (json) {
    cli::JsonWriter writer(schema);
    for (const auto& [key, value] : rows_of(certificate))
      writer.field(key, value);
    writer.field("certificate", certificate.to_pem());
    context.streams.out << writer.text() << '\n';
  }
  context.streams.err << "Signed for " << cli::printable(certificate.user()) << ", serial "
                      << short_hex(certificate.serial()) << ", until " << cli::utc_text(certificate.not_after())
                      << '\n';
  return ExitStatus::done;
}

/// The certificate that is meant, from a file or the ledger.
Result<crypto::Certificate> find(const Context& context, const AuthorityDesk& desk, const std::string& what) {
  if (is_path(what)) return read_certificate(context, what);
  const auto known = find_certificate(desk.book(), what);
  if (!known) return known.error();
  return crypto::Certificate::from_der((*known)->certificate);
}

/// Reports why a request can't be used.
ExitStatus report_request(const Context& context, const Error& error) {
  const ExitStatus status = report(context, error);
  const bool ours = error.code.category() == make_error_code(Errc::malformed).category();
  return ours ? ExitStatus::bad_config : status;
}

}  // namespace

ExitStatus carry_out(const Context& context, const SubmitRequest& verb) {
  const auto request = read_request(context, verb.request);
  if (!request) return report_request(context, request.error());
  auto opened = open_desk_to_change(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const auto state = desk.submit(*request, verb.source, io::wall_time_now());
  report_notes(context, desk);
  if (!state) return report(context, state.error());
  using What = AuthorityDesk::State::What;
  if (state->what == What::accepted) return hand_out(context, *state->certificate, verb.out, "ga-cert.submit/1");
  const bool waits = state->what == What::waiting;
  const std::string key = to_hex(request->key_fingerprint());
  if (context.options.output.json) {
    cli::JsonWriter writer("ga-cert.submit/1");
    writer.field("key", key);
    writer.field("state", waits ? "waiting" : "denied");
    writer.field("reason", state->reason);
    context.streams.out << writer.text() << '\n';
  } else {
    context.streams.err << (waits ? "Waiting for a decision: " + key.substr(0, 16)
                                  : "Denied: " + cli::printable(state->reason))
                        << '\n';
  }
  return waits ? ExitStatus::done : ExitStatus::no;
}

ExitStatus carry_out(const Context& context, const SignRequest& verb) {
  const auto request = read_request(context, verb.request);
  if (!request) return report_request(context, request.error());
  auto opened = verb.dry_run ? open_desk(context) : open_unlocked_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const WallTime now = io::wall_time_now();
  if (verb.dry_run) {
    const auto granted = desk.preview(*request, verb.wishes, now);
    return granted ? show_plan(context, *granted) : report(context, granted.error());
  }
  const auto certificate = desk.sign(*request, verb.wishes, now);
  report_notes(context, desk);
  if (!certificate) return report(context, certificate.error());
  (void)remember_ledger(context, desk);
  return hand_out(context, *certificate, verb.out, "ga-cert.sign/1");
}

ExitStatus carry_out(const Context& context, const RenewCertificate& verb) {
  auto opened = verb.dry_run ? open_desk(context) : open_unlocked_desk(context);
  if (const auto* status = std::get_if<ExitStatus>(&opened)) return *status;
  auto& desk = std::get<AuthorityDesk>(opened);
  const auto present = find(context, desk, verb.what);
  if (!present) {
    const ExitStatus status = report(context, present.error());
    return present.error().code == Errc::out_of_range ? ExitStatus::usage : status;
  }
  crypto::PublicKey key = present->public_key();
  if (!verb.request.empty()) {
    const auto request = read_request(context, verb.request);
    if (!request) return report_request(context, request.error());
    if (!request->user().empty() && request->user() != present->user()) {
      cli::complain(context.streams, tool,
                    "the request is of " + request->user() + ", the certificate of " + present->user());
      return ExitStatus::no;
    }
    key = request->public_key();
  }
  const WallTime now = io::wall_time_now();
  if (verb.dry_run) {
    const auto life = verb.life.value_or(desk.policy().life);
    return show_plan(context, {present->user(), addresses_of(present->pinned_addresses()), life});
  }
  const auto certificate = desk.renew_by_hand(*present, key, verb.life, now);
  report_notes(context, desk);
  if (!certificate) return report(context, certificate.error());
  (void)remember_ledger(context, desk);
  return hand_out(context, *certificate, verb.out, "ga-cert.renew/1");
}

}  // namespace ipop::ga_cert
